"""What a page says about its license, in its own words: evidence, nowhere read, and the weaker kinds kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from dagster_project.corpus.extraction.json_ld import words_of
from dagster_project.corpus.extraction.statements import Statements, worded
from dagster_project.corpus.extraction.tags import Tag

LIMIT_VALUES = 50  # different ones of one kind
RELATION_CHARACTERS = 200

META = frozenset(
    {
        "cc.license",
        "cc:license",
        "dc.license",
        "dc.rights",
        "dc.rights.license",
        "dc.rights.uri",
        "dc:license",
        "dc:rights",
        "dcterms.license",
        "dcterms.rights",
        "dcterms:license",
        "dcterms:rights",
        "eprints.rights",
        "licence",
        "license",
        "og:license",
        "rights",
    }
)
META_COPYRIGHT = frozenset({"copyright", "dcterms.rightsstatement", "prism.copyright"})
STATING = frozenset({"license", "copyright"})  # HTML: the second is a synonym of the first
LINK_RELATIONS = frozenset(
    {"cc:license", "dc.license", "dc.rights", "dct:license", "dcterms.license", "dcterms.rights", "schema.license"}
)
HOSTS = frozenset({"creativecommons.org", "www.creativecommons.org"})
PATHS = ("/licenses", "/licences", "/publicdomain")

_RELATION = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_ANCHOR = re.compile(r""";\s*anchor\s*=\s*"[^"#]""", re.IGNORECASE)

Said = tuple[str, str, str]  # kind, value, where


def license_evidence(said: Statements) -> list[dict[str, str]]:
    """Every statement once, in the order of the places: links, HTTP, JSON-LD, microdata, meta, links in the text."""
    found: dict[tuple[str, str], str] = {}
    counts: dict[str, int] = {}
    for kind, value, where in _all(said):
        if value and (kind, value) not in found:
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= LIMIT_VALUES:
                found[kind, value] = where
    evidence = [{"kind": kind, "value": value, "where": where} for (kind, value), where in found.items()]
    for kind, count in counts.items():
        if count > LIMIT_VALUES:  # nothing may be concluded from a part of what is said
            evidence.append({"kind": kind, "value": f"… and {count - LIMIT_VALUES} more", "where": "the same page"})
    return evidence


def _all(said: Statements) -> Iterator[Said]:
    if said.links:
        yield from _of_links(said)
    if said.anchors:
        yield from _of_anchors(said)
    if said.headers:
        yield from _of_headers(said)
    yield from _of_json_ld(said)
    for name, tag in said.items:
        if name == "license":
            yield "microdata.license", _value(said, tag), f"{tag.name} itemprop=license, byte {tag.position}"
    for name, content in said.contents(META):
        yield "html.meta", worded(content), f"meta {name}"
    for name, content in said.contents(META_COPYRIGHT):
        yield "html.copyright", worded(content), f"meta {name}"


def _of_links(said: Statements) -> Iterator[Said]:
    for tag in said.links:
        relation = tag.attributes.get("rel")
        if not relation or relation in ("stylesheet", "canonical", "alternate", "icon", "preload"):
            continue
        names = _names(relation)
        if stated := next((name for name in names if name in STATING), None):
            yield "html.rel-license", _value(said, tag), f"link rel={stated}"
        elif stated := next((name for name in names if name in LINK_RELATIONS), None):
            yield "html.meta", _value(said, tag), f"link rel={stated}"


def _of_anchors(said: Statements) -> Iterator[Said]:
    """Of HTML, rel=license speaks of the page's main content; any other link may speak of anything."""
    for tag in said.anchors:
        href = tag.attributes.get("href", "")
        stated = next((name for name in _names(tag.attributes.get("rel", "")) if name in STATING), None)
        if stated and not tag.attributes.get("about"):  # RDFa: said about another thing
            yield "html.rel-license", _value(said, tag), f"a rel={stated}, byte {tag.position}"
        elif "creativecommons.org" in href.lower() and _is_creative_commons(said.address(href.strip())):
            yield "html.link", _value(said, tag), f"a href, byte {tag.position}"


def _of_headers(said: Statements) -> Iterator[Said]:
    """RFC 8288; a link with an anchor speaks of another resource."""
    for value in said.header("link"):
        if "license" not in value.lower():
            continue
        for piece in value.split("<")[1:]:
            target, closed, parameters = piece.partition(">")
            relation = _RELATION.search(parameters)
            relations = (relation[1] or relation[2] or "").lower().split() if relation else ()
            if closed and "license" in relations and not _ANCHOR.search(parameters):
                yield "http.link", worded(said.address(target.strip())), "header Link"


def _of_json_ld(said: Statements) -> Iterator[Said]:
    for node in said.json_ld.own:
        for value in words_of(node.get("license")):
            yield "json-ld.license", _address_or_name(said, value), f"license of {_kind(node)}"
        for value in words_of(node.get("copyrightNotice")):
            yield "json-ld.copyright", worded(value), f"copyrightNotice of {_kind(node)}"
    for node in said.json_ld.others:
        for value in words_of(node.get("license")):
            yield "json-ld.part-license", _address_or_name(said, value), f"license of {_kind(node)}"


def _address_or_name(said: Statements, value: str) -> str:
    """JSON-LD does not tell a name from a relative address; only what begins like a path is one."""
    return worded(said.address(value.strip()) if value.strip()[0] in "/." else value)


def _kind(node: dict[str, object]) -> str:
    kind = node.get("@type")
    return worded(" ".join(map(str, kind)) if isinstance(kind, list) else str(kind or "a node"))[:100]


def _value(said: Statements, tag: Tag) -> str:
    """The address that a tag leads to; failing that, its content or its text."""
    attributes = tag.attributes
    address = attributes.get("href") or attributes.get("src")
    return worded(said.address(address.strip())) if address else worded(attributes.get("content") or tag.text)


def _names(relation: str) -> list[str]:
    return relation[:RELATION_CHARACTERS].lower().split()


def _is_creative_commons(address: str) -> bool:
    try:
        parts = urlsplit(address.lower())
    except ValueError:
        return False
    return parts.netloc in HOSTS and parts.path.startswith(PATHS)
