"""A page with its structure marked, what its tags say of it, and the way back from marked text to text and spans."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import ada_url
import numpy as np

from dagster_project.corpus.extraction.tags import Tag
from dagster_project.corpus.kernels import elements, marks
from dagster_project.corpus.kernels import spans as written
from dagster_project.corpus.kernels.marking import mark
from dagster_project.corpus.kernels.unmarking import unmark
from dagster_project.corpus.model.structure import CODES, Structure

TAG_BYTES, TAG_TEXT_BYTES, TAGS = 1 << 14, 1 << 20, 10_000  # what is read of one tag, of its text, and how many
LANGUAGE_CHARACTERS, FORMULA_BYTES, ADDRESS_CHARACTERS = 40, 10_000, 1 << 13
NO_LANGUAGES = frozenset({"", "none", "default", "nohighlight", "plain", "plaintext"})
FORMULA_SIGNS = ("\\", "$", "^", "_")

_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"""([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*))?""")
_MARK = re.compile("<img alt=[\U000f0000-\U0010ffff]{1,2}>|[\U000f0000-\U0010ffff]")
_INNER_TAG = re.compile(r"<[^>]*>")
_TARGET_NOISE = str.maketrans("", "", "\t\r\n")

_NAMES = {
    **dict.fromkeys(range(elements.H1, elements.H6 + 1), "heading"),
    **{elements.PARAGRAPH: "paragraph", elements.UNORDERED: "list", elements.ORDERED: "list", elements.ITEM: "item"},
    **{elements.TABLE: "table", elements.ROW: "row", elements.CELL: "cell", elements.HEADER: "cell"},
    **{elements.CAPTION: "caption", elements.CODE_BLOCK: "code", elements.CODE: "code", elements.MATH: "math"},
    **{elements.MATHML: "math", elements.QUOTE: "quote", elements.LINK: "link", elements.IMAGE: "image"},
}
_VALUES = {
    **{level: str(level) for level in range(elements.H1, elements.H6 + 1)},
    **{elements.UNORDERED: "unordered", elements.ORDERED: "ordered", elements.HEADER: "header"},
    elements.MATHML: "mathml",
}
_KINDS = np.array([CODES[_NAMES.get(kind, "paragraph")] for kind in range(elements.END + 1)], np.uint8)
_READ = frozenset({elements.CODE_BLOCK, elements.CODE, elements.MATH, elements.LINK, elements.IMAGE})


class MarkedPage(NamedTuple):
    """A page in UTF-8 and its marked copy."""

    page: bytes
    marked: bytes
    tags: list[Tag]
    visible: int  # characters that a reader of the page would see, white space apart
    room: marks.Room


class Unmarked(NamedTuple):
    """A text, its spans, and how many of its characters are no white space."""

    text: str
    structure: Structure
    visible: int


def mark_page(page: bytes) -> MarkedPage:
    """Mark a page in UTF-8 without NUL (see kernels.marking)."""
    room = mark(np.frombuffer(page, np.uint8))
    marked = room.out[: room.state[marks.OUT]].tobytes()
    rows = room.tags[: min(int(room.state[marks.TAGS]), TAGS)].tolist()
    return MarkedPage(page, marked, [_tag(page, row) for row in rows], int(room.state[marks.VISIBLE]), room)


def plain_page(source: MarkedPage) -> str:
    """The page for a parser that needs no marks; elements nested without bound are left out of it too."""
    if not source.room.state[marks.IS_CUT]:
        return source.page.decode()
    return _MARK.sub("", source.marked.decode())


_SIMPLE = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,200})?(?:#[A-Za-z0-9_.-]{0,200})?", re.ASCII)


def base_of(tags: Sequence[Tag], url: str | None) -> str | None:
    """What relative addresses of a page are relative to."""
    for tag in tags:
        if tag.name == "base" and (href := tag.attributes.get("href", "").strip()):
            return resolve(href, url)
    return url


def resolve(target: str, base: str | None) -> str | None:
    """An address made absolute; None for one that is none: empty, javascript and data, too long, or unreadable."""
    if base and target and _SIMPLE.fullmatch(target) and (places := _places(base)):
        return places.page + target if target[0] == "#" else places.folder + target
    return _resolved(target, base) if 0 < len(target) <= ADDRESS_CHARACTERS else None


class _Places(NamedTuple):
    """What a fragment, and what a name, is added to."""

    page: str
    folder: str


@lru_cache(maxsize=1 << 8)
def _places(base: str) -> _Places | None:
    """Of a web page, for the targets whose joining needs no parser: most links of most pages are such."""
    try:
        page, folder = ada_url.join_url(base, ""), ada_url.join_url(base, ".")
    except ValueError:
        return None
    return _Places(page.partition("#")[0], folder) if page.startswith(("http://", "https://")) else None


@lru_cache(maxsize=1 << 12)
def _resolved(target: str, base: str | None) -> str | None:
    target = target.strip().translate(_TARGET_NOISE)
    if target[:11].lower().startswith(("javascript:", "data:", "vbscript:")):
        return None
    try:
        return ada_url.join_url(base, target) if base else ada_url.URL(target).href
    except ValueError:
        return None if base else target or None


def unmark_text(marked: str, source: MarkedPage, base: str | None) -> Unmarked:
    """What the parser made of a marked page, with its marks taken out."""
    room, count = source.room, int(source.room.state[marks.MARKED])
    kinds = room.kinds[:count]
    raw = np.frombuffer(marked.encode("utf-8", "replace"), np.uint8)
    found = unmark(raw, kinds, room.partners[:count], room.starts[:count])
    text = found.out[: int(found.state[written.END])].tobytes()
    structure = _structure(found, source, text, base)
    return Unmarked(text.decode(), structure, int(found.state[written.VISIBLE]))


def _structure(found: written.Text, source: MarkedPage, text: bytes, base: str | None) -> Structure:
    """The spans as `structure_of` orders them, with their values, less those that say nothing."""
    spans = int(found.state[written.SPANS])
    numbers, starts, ends = found.marks[:spans], found.starts[:spans], found.ends[:spans]
    whats = np.where(numbers < 0, elements.PARAGRAPH, source.room.kinds[numbers])
    order = np.argsort((starts.astype(np.int64) << 36) - (ends.astype(np.int64) << 5) + _KINDS[whats], kind="stable")
    numbers, starts, ends, whats = numbers[order], starts[order], ends[order], whats[order]
    values = [_VALUES.get(what) for what in whats.tolist()]
    dropped = []
    has_value = source.room.ends[numbers] > source.room.starts[numbers]
    places = np.flatnonzero(_IS_READ[whats] & (has_value | ~_IS_CODE[whats]))
    read = numbers[places]
    for at, what, value, value_end, start, end in zip(
        places.tolist(),
        whats[places].tolist(),
        source.room.starts[read].tolist(),
        source.room.ends[read].tolist(),
        starts[places].tolist(),
        ends[places].tolist(),
        strict=True,
    ):
        said = text[start:end] if what == elements.MATH else source.page[value:value_end]
        values[at] = _value(what, said, value == 1, base)
        if _is_nothing(what, values[at], start, end):
            dropped.append(at)
    return _without(Structure(_KINDS[whats], starts, ends, values), dropped)


_IS_READ = np.array([kind in _READ for kind in range(elements.END + 1)])


_IS_CODE = np.array([kind in (elements.CODE_BLOCK, elements.CODE) for kind in range(elements.END + 1)])


def _value(kind: int, value: bytes, is_guessed: bool, base: str | None) -> str | None:
    said = value.decode("utf-8", "replace")
    if kind == elements.MATH:
        return "tex" if not is_guessed or any(sign in said for sign in FORMULA_SIGNS) else None
    said = html.unescape(said) if "&" in said else said
    if kind == elements.LINK or kind == elements.IMAGE:
        return resolve(said, base)
    said = said.strip().lower()[:LANGUAGE_CHARACTERS]
    return None if said in NO_LANGUAGES else said


def _is_nothing(kind: int, value: str | None, start: int, end: int) -> bool:
    """Whether a span says nothing: a link to no address, an image without text and address, a class called math."""
    if kind == elements.LINK:
        return value is None
    if kind == elements.IMAGE:
        return value is None and start == end
    return kind == elements.MATH and (value is None or end - start > FORMULA_BYTES)


def _without(structure: Structure, places: list[int]) -> Structure:
    if not places:
        return structure
    kept = np.ones(len(structure.kinds), bool)
    kept[places] = False
    values = [value for value, keep in zip(structure.values, kept.tolist(), strict=True) if keep]
    return Structure(structure.kinds[kept], structure.starts[kept], structure.ends[kept], values)


def _tag(page: bytes, row: list[int]) -> Tag:
    start, end, text, text_end = row
    name, attributes = _read_tag(page[start : min(end, start + TAG_BYTES)])
    return Tag(name, attributes, _text(page, text, text_end, name), start)


@lru_cache(maxsize=1 << 10)  # the pages of a site repeat their tags
def _read_tag(source: bytes) -> tuple[str, Mapping[str, str]]:
    name = _NAME.match(source)
    if name is None:
        raise AssertionError("a tag begins with its name")
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(source, name.end()):
        attributes.setdefault(match[1].decode("utf-8", "replace").lower(), _unquoted(match[2] or b""))
    return name[1].decode("utf-8", "replace").lower(), MappingProxyType(attributes)


def _unquoted(value: bytes) -> str:
    said = (value[1:-1] if value[:1] in (b'"', b"'") else value).decode("utf-8", "replace")
    return html.unescape(said) if "&" in said else said


def _text(page: bytes, start: int, end: int, name: str) -> str:
    if end <= start:
        return ""
    said = page[start : min(end, start + TAG_TEXT_BYTES)].decode("utf-8", "replace")
    if name == "script":
        return said
    said = _INNER_TAG.sub("", said) if "<" in said and name != "title" else said
    return html.unescape(said)
