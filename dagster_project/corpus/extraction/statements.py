"""The places in which a page and its sender speak of the page, sorted once so that each reader finds its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from dagster_project.corpus.extraction.json_ld import JsonLd, read_json_ld
from dagster_project.corpus.extraction.tags import Tag

VALUE_CHARACTERS = 1_000
HEADER_CHARACTERS = 8_000
ADDRESS_CHARACTERS = 4_000  # a longer one is left as it is


class Statements(NamedTuple):
    """What is said of a page, by the place that says it, each in the order of the page."""

    html: Tag | None
    titles: Sequence[Tag]
    metas: Mapping[str, Sequence[str]]  # by name, property or http-equiv in lower case: the contents
    links: Sequence[Tag]
    anchors: Sequence[Tag]
    times: Sequence[Tag]
    items: Sequence[tuple[str, Tag]]  # of microdata: the property, the tag
    json_ld: JsonLd
    headers: Sequence[tuple[str, str]]  # of HTTP: name in lower case, value
    base: str | None  # what relative addresses are relative to

    def contents(self, names: frozenset[str]) -> Iterator[tuple[str, str]]:
        """(name, content) of the meta elements of such names."""
        if names.isdisjoint(self.metas):
            return iter(())
        return ((name, content) for name, contents in self.metas.items() if name in names for content in contents)

    def header(self, name: str) -> Iterator[str]:
        """The values of an HTTP header, as often as it was sent; `name` in lower case."""
        return (value for said, value in self.headers if said == name)

    def address(self, said: str) -> str:
        """An address as said, made absolute where it is relative and the page's own address is known."""
        if said.startswith(("https://", "http://")) or len(said) > ADDRESS_CHARACTERS:
            return said
        try:
            parts = urlsplit(said)
            if parts.scheme or not said or said[0] == "#":
                return said
            return urljoin(self.base or ("https:" if parts.netloc else ""), said)
        except ValueError:  # brackets that are not an IPv6 address
            return said


def sort_statements(tags: Sequence[Tag], headers: Sequence[tuple[str, str]], url: str | None) -> Statements:
    """One pass over the tags of a page."""
    found: dict[str, list[Tag]] = {}
    items: list[tuple[str, Tag]] = []
    for tag in tags:
        found.setdefault(tag.name, []).append(tag)
        if "itemprop" in tag.attributes:
            items += [(name, tag) for name in tag.attributes["itemprop"].split()[:10]]
    lowered = [(name.strip().lower(), value[:HEADER_CHARACTERS]) for name, value in headers]
    json_ld = read_json_ld([tag.text for tag in found.get("script", ())])
    return Statements(
        html=found["html"][0] if "html" in found else None,
        titles=found.get("title", ()),
        metas=_metas(found.get("meta", ())),
        links=found.get("link", ()),
        anchors=found.get("a", ()),
        times=found.get("time", ()),
        items=items,
        json_ld=json_ld,
        headers=lowered,
        base=_base(found.get("base", ()), url),
    )


def worded(text: str) -> str:
    """A value in its own words: white space collapsed, cut at VALUE_CHARACTERS with a mark that it was."""
    if len(text) < VALUE_CHARACTERS and text.isascii():
        return " ".join(text.split())
    words = " ".join(text[: 8 * VALUE_CHARACTERS].split())
    if len(words) > VALUE_CHARACTERS or len(text) > 8 * VALUE_CHARACTERS:
        words = words[: VALUE_CHARACTERS - 1] + "…"  # no longer the whole statement, and must not be read as one
    return words if words.isascii() else words.encode("utf-8", "replace").decode()


def _metas(tags: Sequence[Tag]) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for tag in tags:
        attributes = tag.attributes
        if content := attributes.get("content"):
            name, said = attributes.get("name") or attributes.get("http-equiv"), attributes.get("property")
            for key in (name, said) if said != name else (name,):
                if key:
                    metas.setdefault(key.strip().lower(), []).append(content)
    return metas


def _base(bases: Sequence[Tag], url: str | None) -> str | None:
    """The first base element that has an address, itself relative to the page's own."""
    href = next((tag.attributes["href"] for tag in bases if tag.attributes.get("href")), None)
    if href is None or len(href) > ADDRESS_CHARACTERS:
        return url
    try:
        return urljoin(url or "", href.strip())
    except ValueError:
        return url
