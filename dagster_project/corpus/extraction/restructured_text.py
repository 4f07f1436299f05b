"""reStructuredText as its author wrote it; the structure says which of its bytes are what.

A scanner of lines after the reStructuredText Markup Specification of docutils, for what later stages need: sections by
their adornment, lists, literal blocks, tables, directives of code, math and images, links, and the docinfo fields.
Nothing is included, replaced or run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

from dagster_project.corpus.extraction.plain_text import HEAD_CHARACTERS, MARKUP_BYTES, Lines, Marked, paragraphs
from dagster_project.corpus.extraction.restructured_signs import (
    ADORNMENT,
    BULLET,
    DIRECTIVE,
    EXPLICIT,
    FIELD,
    GRID,
    LINK,
    MATH,
    NAMED,
    NOTE,
    SIMPLE,
    Places,
    closing_borders,
    marker,
    targets_in,
)
from dagster_project.corpus.model.structure import structure_of

DEEPEST = 30  # levels of indented blocks; what lies deeper is one paragraph per run of lines
VALUE_CHARACTERS = 2_000
MOST_FIELDS = 100

CODE = frozenset({"code-block", "code", "sourcecode"})
IMAGES = frozenset({"image", "figure"})
UNREAD = frozenset({"toctree", "raw", "include", "contents", "highlight", "currentmodule", "index", "meta"})
Span = tuple[str, int, int, str | None]
Found = Generator[Span, None, int]  # spans, and the line after what they are of


def read_restructured_text(text: str) -> Marked:
    if len(text.encode()) > MARKUP_BYTES:
        return Marked(text, paragraphs(text.encode()), comments=text[:HEAD_CHARACTERS])
    scan = _Scan(text)
    spans = list(scan.block(0, len(scan.lines.texts), 0))
    comments = "\n".join(scan.comments)[:HEAD_CHARACTERS]
    return Marked(text, structure_of(spans), scan.title, scan.fields, "docinfo", comments)


class _Scan:
    """One pass over the lines of a text."""

    def __init__(self, text: str):
        self.lines = Lines(text)
        self.indents = [len(line) - len(line.lstrip()) if line.strip() else -1 for line in self.lines.texts]
        self.title: str | None = None
        self.fields: dict[str, str] = {}
        self.comments: list[str] = []
        self._styles: list[tuple[str, bool]] = []
        self._targets = targets_in(self.lines.texts)
        self._closing = closing_borders(self.lines.texts)
        self._starts = True  # nothing but a title and comments so far: fields are about the text

    def block(self, first: int, end: int, depth: int, indent: int = 0) -> Iterator[Span]:
        """The spans of some lines, whose own indentation is `indent`."""
        at = first
        while at < end:
            if self.indents[at] < 0:
                at += 1
            elif depth > DEEPEST:
                at = yield from self._paragraph(at, end, depth)
            elif self.indents[at] > indent:
                after = self._below(at, end, indent)
                if place := self.lines.block(at, after):
                    yield "quote", *place, None
                inner = min(item for item in self.indents[at:after] if item >= 0)
                yield from self.block(at, after, depth + 1, inner)
                at = after
            else:
                at = yield from self._element(at, end, depth)

    def _element(self, at: int, end: int, depth: int) -> Found:
        line = self.lines.texts[at].strip()
        if EXPLICIT.match(line):
            return (yield from self._explicit(at, end, depth))
        if at + 1 < end and (heading := self._heading(at, end)):
            span, after = heading
            yield from [span] if span else []
            return after
        if FIELD.match(line) and self._starts and self.indents[at] == 0:
            return self._docinfo(at, end)
        self._starts = False
        if GRID.fullmatch(line) or (SIMPLE.fullmatch(line) and self._closing[at] > at):
            return (yield from self._table(at, end, line))
        if line.startswith(">>> "):
            return (yield from self._code(at, self._run(at, end), None))
        if self._is_item(at, end):
            return (yield from self._list(at, end, depth))
        return (yield from self._paragraph(at, end, depth))

    def _heading(self, at: int, end: int) -> tuple[Span | None, int] | None:
        """A section title, with a line below it or one on either side; or a transition, which is no span."""
        texts, line = self.lines.texts, self.lines.texts[at].rstrip()
        below = texts[at + 1].rstrip()
        if self.indents[at] != 0:
            return None
        if ADORNMENT.fullmatch(line):
            closes = len(line) > 1 and at + 2 < end and texts[at + 2].rstrip() == line and self.indents[at + 1] >= 0
            if closes and len(line) >= len(below.strip()):
                return self._titled(at + 1, (line[0], True)), at + 3
            return (None, at + 1) if len(line) >= 4 and self.indents[at + 1] < 0 else None
        if ADORNMENT.fullmatch(below) and (len(below) >= len(line) or len(below) >= 4):
            return self._titled(at, (below[0], False)), at + 2
        return None

    def _titled(self, at: int, style: tuple[str, bool]) -> Span | None:
        if style not in self._styles:
            self._styles.append(style)
        title = self.lines.texts[at].strip()
        self.title = self.title or title
        place = self.lines.block(at, at + 1)
        return ("heading", *place, str(min(self._styles.index(style) + 1, 6))) if place else None

    def _docinfo(self, at: int, end: int) -> int:
        """Fields at the head of a text, each with the lines indented below it."""
        while at < end and (found := FIELD.match(self.lines.texts[at])) and self.indents[at] == 0:
            after = at + 1
            while after < end and self.indents[after] > 0:
                after += 1
            more = (text.strip() for text in self.lines.texts[at + 1 : after])
            value = " ".join(filter(None, [(found[2] or "").strip(), *more]))
            if value and len(self.fields) < MOST_FIELDS:
                self.fields.setdefault(found[1].strip().lower(), value[:VALUE_CHARACTERS])
            at = after
        self._starts = False
        return at

    def _explicit(self, at: int, end: int, depth: int) -> Found:
        """What begins with two dots: a directive, a footnote, a target, or a comment."""
        line = self.lines.texts[at].strip()
        after = self._below(at + 1, end, self.indents[at])
        if directive := DIRECTIVE.match(line):
            self._starts = False
            yield from self._directive(at, after, depth, directive[1].lower(), (directive[2] or "").strip())
        elif note := NOTE.match(line):
            yield from self._prose(at, self._run(at, after), self.indents[at] + note.end())
        elif not line.startswith(".. _") and not line.startswith("__"):
            self.comments += [line[2:], *self.lines.texts[at + 1 : after]][:50]
        return after

    def _directive(self, at: int, end: int, depth: int, name: str, argument: str) -> Iterator[Span]:
        body = at + 1
        options: dict[str, str] = {}
        while body < end and (option := FIELD.match(self.lines.texts[body].strip())):
            options[option[1].lower()] = (option[2] or "").strip()
            body += 1
        if name in CODE:
            yield from self._code(body, end, argument.split()[0][:VALUE_CHARACTERS] if argument else None)
        elif name == "math":
            inline = self.lines.byte(at, len(self.lines.texts[at].rstrip()) - len(argument)), self._end(at)
            yield "math", *(self.lines.block(body, end) or inline), "tex"
        elif name in IMAGES:
            yield self._image(at, options, argument)
            yield from self._inner(body, end, depth)
        elif name == "csv-table":
            if place := self.lines.block(body, end):
                yield "table", *place, None
        elif name not in UNREAD:
            yield from self._inner(body, end, depth)

    def _inner(self, first: int, end: int, depth: int) -> Iterator[Span]:
        """The content of a directive, in which its own indentation is no quotation."""
        inner = [indent for indent in self.indents[first:end] if indent >= 0]
        if inner:
            yield from self.block(first, end, depth + 1, min(inner))

    def _image(self, at: int, options: Mapping[str, str], target: str) -> Span:
        """The alternative text where there is one, which stands in the lines below; else nothing, at the end."""
        alternative, start = options.get("alt", ""), self._end(at)
        for line in range(at + 1, min(at + 1 + len(options), len(self.lines.texts))) if alternative else ():
            column = self.lines.texts[line].rfind(alternative)
            if self.lines.texts[line].strip().startswith(":alt:") and column >= 0:
                return "image", self.lines.byte(line, column), self.lines.byte(line, column + len(alternative)), target
        return "image", start, start, target[:VALUE_CHARACTERS]

    def _table(self, at: int, end: int, line: str) -> Found:
        after = at + 1
        if line.startswith("+"):
            while after < end and self.lines.texts[after].strip()[:1] in ("+", "|"):
                after += 1
        else:
            after = min(self._closing[at] + 1, end)
        if place := self.lines.block(at, after):
            yield "table", *place, None
        return after

    def _code(self, first: int, end: int, language: str | None) -> Found:
        if place := self.lines.block(first, end):
            yield "code", *place, language
        return end

    def _is_item(self, at: int, end: int) -> bool:
        """Whether a line begins an item: the next must be blank, belong to it, or begin another one."""
        if not marker(self.lines.texts[at].strip()):
            return False
        if at + 1 >= end or self.indents[at + 1] < 0 or self.indents[at + 1] > self.indents[at]:
            return True
        return self.indents[at + 1] < self.indents[at] or marker(self.lines.texts[at + 1].strip()) > 0

    def _list(self, at: int, end: int, depth: int) -> Found:
        """Items that follow each other with the same kind of mark."""
        indent, first, items = self.indents[at], at, list[tuple[int, int]]()
        is_bullet = bool(BULLET.match(self.lines.texts[at].strip()))
        while at < end and self.indents[at] == indent and self._is_item(at, end):
            if bool(BULLET.match(self.lines.texts[at].strip())) != is_bullet:
                break
            after = self._below(at + 1, end, indent)
            items.append((at, after))
            at = after
        if place := self.lines.block(first, at):
            yield "list", *place, "unordered" if is_bullet else "ordered"
        for start, after in items:
            if place := self.lines.block(start, after):
                yield "item", *place, None
            yield from self._item(start, after, depth)
        return at

    def _item(self, at: int, end: int, depth: int) -> Iterator[Span]:
        width = self.indents[at] + marker(self.lines.texts[at].strip())
        run = self._run(at, end)
        yield from self._prose(at, run, width)
        yield from self._literal_or(run, end, depth, self.lines.texts[run - 1].rstrip().endswith("::"))

    def _literal_or(self, first: int, end: int, depth: int, is_literal: bool) -> Iterator[Span]:
        if is_literal:
            yield from self._code(first, end, None)
        else:
            yield from self._inner(first, end, depth)

    def _paragraph(self, at: int, end: int, depth: int) -> Found:
        """Lines up to a blank one; after `::` the indented block below is code, after one line its definition."""
        indent, after = self.indents[at], at + 1
        while after < end and self.indents[after] == indent:
            after += 1
        last = self.lines.texts[after - 1].rstrip()
        if self.lines.texts[at].strip() != "::":
            yield from self._prose(at, after, indent)
        if after < end and (last.endswith("::") or self.indents[after] > indent) and depth <= DEEPEST:
            below = self._below(after, end, indent)
            yield from self._literal_or(after, below, depth, last.endswith("::"))
            return below
        return after

    def _prose(self, first: int, end: int, column: int) -> Iterator[Span]:
        """A paragraph from a column of its first line on, with the links and the math in it."""
        start, stop = self.lines.byte(first, column), self._end(end - 1)
        pieces = [self.lines.texts[first][column:], *self.lines.texts[first + 1 : end]]
        if stop <= start or not any(map(str.strip, pieces)):
            return
        yield "paragraph", start, stop, None
        text = "\n".join(pieces)
        where = Places(self.lines, first, column, pieces)
        for found in LINK.finditer(text):
            label = len(found[1].rstrip())
            yield "link", where(found.start(1)), where(found.start(1) + label), found[2].strip()[:VALUE_CHARACTERS]
        for found in NAMED.finditer(text):
            target = self._targets.get(" ".join(found[1].lower().split()))
            if target and text[max(found.start() - 1, 0) : found.start()] != ":":
                yield "link", where(found.start(1)), where(found.end(1)), target
        for found in MATH.finditer(text):
            yield "math", where(found.start(1)), where(found.end(1)), "tex"

    def _end(self, line: int) -> int:
        return self.lines.byte(line, len(self.lines.texts[line].rstrip()))

    def _run(self, at: int, end: int) -> int:
        """The line after those up to a blank one."""
        after = at + 1
        while after < end and self.indents[after] >= 0:
            after += 1
        return after

    def _below(self, at: int, end: int, indent: int) -> int:
        """The line after those that are blank or indented more."""
        while at < end and (self.indents[at] < 0 or self.indents[at] > indent):
            at += 1
        return at
