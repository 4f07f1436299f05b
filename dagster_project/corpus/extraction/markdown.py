"""Markdown as its author wrote it, less the front matter; the structure says which of its bytes are what.

Blocks and links are those of CommonMark with tables (markdown-it-py); math is pandoc's `$…$` and `$$…$$`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from dagster_project.corpus.extraction import front_matter
from dagster_project.corpus.extraction.markdown_math import math, math_block
from dagster_project.corpus.extraction.plain_text import (
    MARKUP_BYTES,
    MOST_SPANS,
    Lines,
    Marked,
    comments_in,
    paragraphs,
)
from dagster_project.corpus.model.structure import NO_STRUCTURE, Structure, structure_of

INLINE_CHARACTERS = 65_536  # of one paragraph; in a longer one no links are looked for
VALUE_CHARACTERS = 2_000
Span = tuple[str, int, int, str | None]
InlineRule = Callable[[StateInline, bool], bool]


def read_markdown(text: str) -> Marked:
    """The text below the front matter, its structure, and the fields of the front matter."""
    fields, written, body = front_matter.split(text)
    comments = f"{written}\n{comments_in(body)}"
    if len(body.encode()) > MARKUP_BYTES:
        return Marked(body, paragraphs(body.encode()), None, fields, "front matter", comments)
    tokens = _parser().parse(body.replace("\0", "\1"))  # it would become another character, of another length
    return Marked(body, _structure(tokens, body), _title(tokens), fields, "front matter", comments)


def _structure(tokens: list[Token], text: str) -> Structure:
    spans = list(_Blocks(Lines(text.replace("\0", "\1"))).spans(tokens))
    return NO_STRUCTURE if len(spans) > MOST_SPANS else structure_of(spans)


def _title(tokens: list[Token]) -> str | None:
    """The words of the first heading of level 1."""
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            said = "".join(child.content for child in following.children or () if not child.nesting)
            return " ".join(said.split()) or None
    return None


class _Piece(NamedTuple):
    """A stretch of inline content that lies in one line of the source."""

    start: int  # in the content
    line: int
    column: int
    length: int


class _Blocks:
    """The tokens of a text as spans of its bytes."""

    def __init__(self, lines: Lines):
        self._lines = lines
        self._cells: list[tuple[int, str]] = []  # of the row at hand, those still to come: column and text

    def spans(self, tokens: list[Token]) -> Iterator[Span]:
        holder = tokens[0] if tokens else None
        for token in tokens:
            if token.type == "inline" and holder is not None:
                yield from self._inline(holder, token)
            elif token.nesting >= 0:
                holder = token
                yield from self._block(token)

    def _block(self, token: Token) -> Iterator[Span]:
        if token.type == "tr_open" and token.map:
            self._cells = list(_cells(self._lines.texts[token.map[0]]))
        if token.type in ("fence", "code_block"):
            yield from self._code(token)
        elif token.type == "math_block" and (place := self._place(token)):
            yield "math", place[0] + 2, max(place[1] - 2, place[0] + 2), "tex"
        elif token.type in BLOCKS and (place := self._place(token)):
            kind, value = BLOCKS[token.type]
            yield kind, *place, value

    def _place(self, token: Token) -> tuple[int, int] | None:
        return self._lines.block(*token.map) if token.map else None

    def _code(self, token: Token) -> Iterator[Span]:
        """The lines of code, without their fence."""
        if not token.map or not token.content.strip():
            return
        first, end = token.map
        if token.type == "fence":
            first += 1
            last = self._lines.texts[end - 1].strip(" \t>")
            end -= len(last) >= len(token.markup) and set(last) == set(token.markup)
        if place := self._lines.block(first, end):
            language = token.info.split()[0][:VALUE_CHARACTERS] if token.info.split() else None
            yield "code", *place, language

    def _inline(self, holder: Token, token: Token) -> Iterator[Span]:
        pieces = self._cell(token) if holder.type in ("th_open", "td_open") else self._pieces(token)
        if not pieces or not token.content:
            return
        last = pieces[-1]
        start, end = self._byte(pieces, 0), self._byte(pieces, last.start + last.length)
        if holder.type == "heading_open":
            yield "heading", start, end, holder.tag[1:]
        elif holder.type == "paragraph_open" and not holder.hidden:
            yield "paragraph", start, end, None
        elif holder.type in ("th_open", "td_open"):
            yield "cell", start, end, "header" if holder.type == "th_open" else None
        if last.start + last.length == len(token.content):  # not so where a bar lost its backslash
            for kind, first, after, value in token.meta.get("spans", ()):
                yield kind, self._byte(pieces, first), self._byte(pieces, after), value

    def _pieces(self, token: Token) -> list[_Piece]:
        """Where each line of the content stands; none where one was changed, as tabs are."""
        found: list[_Piece] = []
        at = 0
        for number, text in enumerate(token.content.split("\n"), token.map[0] if token.map else 0):
            column = self._lines.texts[number].rfind(text) if number < len(self._lines.texts) else -1
            if column < 0:
                return []
            found.append(_Piece(at, number, column, len(text)))
            at += len(text) + 1
        return found

    def _cell(self, token: Token) -> list[_Piece]:
        while self._cells and token.map:
            column, text = self._cells.pop(0)
            if text.replace("\\|", "|") == token.content:
                return [_Piece(0, token.map[0], column, len(text))]
        return []

    def _byte(self, pieces: list[_Piece], at: int) -> int:
        """The byte at which a character of the content stands."""
        low, high = 0, len(pieces)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if pieces[middle].start <= at else (low, middle)
        piece = pieces[low]
        within = at - piece.start
        return self._lines.byte(piece.line, piece.column + min(within, piece.length))


BLOCKS: dict[str, tuple[str, str | None]] = {
    "bullet_list_open": ("list", "unordered"),
    "ordered_list_open": ("list", "ordered"),
    "list_item_open": ("item", None),
    "blockquote_open": ("quote", None),
    "table_open": ("table", None),
    "tr_open": ("row", None),
}


def _cells(row: str) -> Iterator[tuple[int, str]]:
    """What stands between the bars of a row, with the columns; a bar after a backslash is none."""
    start = 0
    for at, sign in enumerate([*row, "|"]):
        if sign == "|" and (at == len(row) or at == 0 or row[at - 1] != "\\"):
            piece = row[start:at]
            bare = piece.lstrip(" \t>") if start == 0 else piece.lstrip()
            yield at - len(bare), bare.rstrip()
            start = at + 1


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    rules = {rule.name: rule.fn for rule in parser.inline.ruler.__rules__}
    for name in ("link", "image", "autolink"):
        parser.inline.ruler.at(name, _located(name, rules[name]))
    parser.inline.ruler.before("escape", "math", math)
    parser.block.ruler.before("fence", "math_block", math_block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.core.ruler.at("inline", _inline)
    return parser


def _inline(state: StateCore) -> None:
    """As the rule of that name, but tokens keep where in their content links, images and math stand."""
    for token in state.tokens:
        if token.type == "inline" and len(token.content) <= INLINE_CHARACTERS:
            spans: list[Span] = []
            state.env["spans"] = spans
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            token.meta = {"spans": spans}


def _located(name: str, rule: InlineRule) -> InlineRule:
    """A rule that also notes where what it found stands."""

    def located(state: StateInline, silent: bool) -> bool:
        start, before, spans = state.pos, len(state.tokens), state.env.get("spans")
        if name == "image":
            state.env["spans"] = None  # the alternative text is parsed as a text of its own
        found = rule(state, silent)
        state.env["spans"] = spans
        if found and not silent and spans is not None:
            token = next(item for item in state.tokens[before:] if item.type in ("link_open", "image"))
            target = str(token.attrs.get("href" if name != "image" else "src", ""))[:VALUE_CHARACTERS]
            spans.append(("image" if name == "image" else "link", *_label(state, name, start), target))
        return found

    return located


def _label(state: StateInline, name: str, start: int) -> tuple[int, int]:
    """The words of a link, or the alternative text of an image, in the content."""
    if name == "autolink":
        return start + 1, state.pos - 1
    opening = start + (name == "image")
    return opening + 1, state.md.helpers.parseLinkLabel(state, opening, name == "link")
