"""JSON-LD in a page: which of its nodes are the page's own work, and what they say. No context is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

SCRIPT_CHARACTERS = 1_000_000  # over all scripts of a page; what lies beyond is not read
LIMIT_NODES, LIMIT_DEPTH = 2_000, 20

# Kinds of schema.org that a page is, or holds as its main content; and all that end in Article, Page or Posting.
OWN = frozenset(
    {
        "AnalysisNewsArticle",
        "Blog",
        "Book",
        "Chapter",
        "Course",
        "CreativeWork",
        "DataCatalog",
        "DataFeed",
        "Dataset",
        "DigitalDocument",
        "Guide",
        "HowTo",
        "LearningResource",
        "Legislation",
        "Manuscript",
        "PresentationDigitalDocument",
        "Question",
        "Recipe",
        "Report",
        "Review",
        "SoftwareSourceCode",
        "TextDigitalDocument",
        "Thesis",
        "WebContent",
        "WebSite",
    }
)
OWN_ENDINGS = ("Article", "Page", "Posting")
OTHER = frozenset({"JobPosting"})
INHERITING = ("mainEntity", "mainEntityOfPage")  # the same work, seen from the page or from the content

_CONTROLS = dict.fromkeys(range(0x20), " ")


class JsonLd(NamedTuple):
    """The nodes of a page's JSON-LD that say something, in the order of the page."""

    own: Sequence[dict[str, Any]] = ()  # the page, its main content, its site
    others: Sequence[dict[str, Any]] = ()  # images, parts and other works that state a license of their own


NOTHING = JsonLd()


def read_json_ld(texts: Sequence[str]) -> JsonLd:
    """The nodes of all scripts; a script that is not JSON says nothing."""
    if not texts:
        return NOTHING
    own: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    room = SCRIPT_CHARACTERS
    for text in texts:
        room -= len(text)
        if room < 0:
            break
        _sort(_parsed(text), "icense" in text, own, others)
    return JsonLd(own, others)


def types_of(node: dict[str, Any]) -> Iterator[str]:
    """The kinds a node says it is, without the prefix of their vocabulary."""
    said = node.get("@type")
    for kind in said if isinstance(said, list) else (said,):
        if isinstance(kind, str):
            yield kind if kind.isalpha() else kind.rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2]


def words_of(value: Any) -> Iterator[str]:
    """What a property says: each text, or of each object its address, else its name."""
    if value is None:
        return
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, dict):
            item = next((item[key] for key in ("url", "@id", "@value", "name") if isinstance(item.get(key), str)), None)
        if isinstance(item, str) and item.strip():
            yield item


def names_of(value: Any) -> Iterator[str]:
    """The names of persons or organizations."""
    for item in value if isinstance(value, list) else (value,):
        name = item.get("name") if isinstance(item, dict) else item
        for text in name if isinstance(name, list) else (name,):
            if isinstance(text, str) and text.strip():
                yield text


def _parsed(text: str) -> Any:
    bare = _unwrapped(text)
    try:
        return orjson.loads(bare)
    except ValueError:
        pass
    try:  # line ends and tabs within strings are no JSON, and common
        return orjson.loads(bare.translate(_CONTROLS))
    except ValueError:
        return None


def _unwrapped(text: str) -> str:
    """The JSON within the comments and CDATA marks that hid scripts from old browsers."""
    bare = text.strip()
    if bare[:1] in "{[" and bare[-1:] in "}]":
        return bare
    starts = [place for place in (_first_brace(bare, "<!--"), _first_brace(bare, "CDATA[")) if place >= 0]
    start = max(starts, default=0)
    end = max(bare.rfind("}"), bare.rfind("]", 0, bare.find("]]>") if "]]>" in bare else None))
    return bare[start : end + 1].lstrip(" \t\r\n*/>")


def _first_brace(text: str, mark: str) -> int:
    """Where the text after an opening mark begins, or -1 where the mark is not."""
    place = text.find(mark, 0, 200)
    return place + len(mark) if place >= 0 else -1


def _sort(value: Any, has_license: bool, own: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """Walk a script breadth first, in its order; what is nested is another work unless it is the same one."""
    level = [(node, _is_own(node)) for node in _top(value)]
    room = LIMIT_NODES
    for _ in range(LIMIT_DEPTH):
        below: list[tuple[dict[str, Any], bool]] = []
        for node, is_own in level[:room]:
            if is_own:
                own.append(node)
            elif has_license and "license" in node:
                others.append(node)
            below += _nested(node, is_own, has_license)
        room -= len(level)
        if not below or room <= 0:
            return
        level = below


def _top(value: Any) -> Iterator[dict[str, Any]]:
    for node in value if isinstance(value, list) else (value,):
        if isinstance(node, dict):
            graph = node.get("@graph")
            if "@type" in node or graph is None:
                yield node
            for inner in graph if isinstance(graph, list) else (graph,):
                if isinstance(inner, dict):
                    yield inner


def _nested(node: dict[str, Any], is_own: bool, has_license: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    """The nodes within a node, and whether they are the same work; none that could say nothing."""
    for key in node if has_license else INHERITING if is_own else ():
        value = node.get(key)
        same = is_own and key in INHERITING
        if key == "@graph":
            continue
        if isinstance(value, dict):
            yield value, same and _is_own(value)
        elif isinstance(value, list):
            yield from ((inner, same and _is_own(inner)) for inner in value if isinstance(inner, dict))


def _is_own(node: dict[str, Any]) -> bool:
    return any(kind in OWN or (kind.endswith(OWN_ENDINGS) and kind not in OTHER) for kind in types_of(node))
