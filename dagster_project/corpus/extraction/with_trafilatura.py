"""The main content of a page as trafilatura sees it: its tree, walked into text and spans by the same conventions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import trafilatura

from dagster_project.corpus.model.structure import Structure, structure_of

DEEPEST = 200  # elements in one another; what lies deeper is taken as text
SPACES = " \t\n\r\f\v"
# of trafilatura's elements: what they are to us, and the newlines around them
KINDS = {"head": "heading", "p": "paragraph", "list": "list", "item": "item", "table": "table", "row": "row"}
KINDS |= {"cell": "cell", "quote": "quote", "code": "code", "ref": "link", "graphic": "image"}
NEWLINES = {"head": 2, "p": 2, "list": 2, "table": 2, "quote": 2, "item": 1, "row": 1, "lb": 1}
_NULLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # of which lxml makes an exception


class Content(NamedTuple):
    """A text, its spans, and how many of its characters are no white space."""

    text: str
    structure: Structure
    visible: int


def main_content(page: str, resolve: Callable[[str], str | None]) -> Content:
    """What trafilatura 2.3.1 takes for main content when told to prefer precision; `resolve` makes addresses absolute.

    Its own dates, comments and search for repetition are off: other stages have them.
    """
    document = trafilatura.bare_extraction(
        _NULLS.sub(" ", page),
        favor_precision=True,
        include_comments=False,
        include_tables=True,
        include_links=True,
        include_images=True,
        include_formatting=True,
        with_metadata=False,
        deduplicate=False,
    )
    writer = _Writer(resolve)
    body = getattr(document, "body", None)
    if body is not None:
        writer.walk(body, 0)
    return writer.content()


class _Writer:
    """Writes text as bytes, and keeps white space back until something visible follows."""

    def __init__(self, resolve: Callable[[str], str | None]):
        self._resolve = resolve
        self._parts: list[bytes] = []
        self._size = self._newlines = self._tabs = 0
        self._has_space, self._holders = False, 0
        self._spans: list[tuple[str, int, int, str | None]] = []
        self._begun: list[int] = []  # where the open spans begin; -1 before anything visible

    def content(self) -> Content:
        text = b"".join(self._parts).decode()
        return Content(text, structure_of(self._spans), sum(not letter.isspace() for letter in text))

    def walk(self, element: Any, depth: int) -> None:
        """Write an element and what follows it up to the next tag."""
        tag = element.tag if isinstance(element.tag, str) else ""
        newlines = self._newlines_around(element, tag)
        self._break(newlines)
        self._tabs += tag == "cell" and element.getprevious() is not None
        self._begun.append(-1)
        self._holders += tag in ("item", "cell")
        self._content(element, tag, newlines, depth)
        self._holders -= tag in ("item", "cell")
        self._end(element, tag)
        self._tabs = 0 if tag == "row" else self._tabs
        self._break(newlines)

    def _newlines_around(self, element: Any, tag: str) -> int:
        newlines = 2 if tag == "code" and "\n" in "".join(element.itertext()) else NEWLINES.get(tag, 0)
        return min(newlines, 1) if self._holders else newlines

    def _content(self, element: Any, tag: str, newlines: int, depth: int) -> None:
        if tag == "graphic":
            self._write(element.get("alt") or "")
        elif (tag == "code" and newlines) or depth == DEEPEST:
            self._put("".join(element.itertext()).strip("\r\n").rstrip(SPACES) if tag == "code" else "")
        else:
            self._write(element.text or "")
            for child in element:
                self.walk(child, depth + 1)
                self._write(child.tail or "")

    def _end(self, element: Any, tag: str) -> None:
        start = self._begun.pop()
        kind = KINDS.get(tag)
        value = self._value(element, tag)
        if kind is None or (kind == "link" and value is None):
            return
        if start >= 0:
            self._spans.append((kind, start, self._size, value))
        elif kind == "image" and value:
            self._spans.append((kind, self._size, self._size, value))

    def _value(self, element: Any, tag: str) -> str | None:
        said = element.get("rend") or ""
        if tag == "head":
            return said[1:] if said[:1] == "h" and said[1:] in "123456" else "1"
        if tag == "list":
            return "ordered" if said == "ol" else "unordered"
        if tag == "cell":
            return "header" if element.get("role") == "head" else None
        if tag == "ref" or tag == "graphic":
            return self._resolve(element.get("target" if tag == "ref" else "src") or "")
        return None

    def _break(self, newlines: int) -> None:
        self._newlines = max(self._newlines, newlines)

    def _write(self, text: str) -> None:
        words = text.split()
        self._has_space |= text[:1].isspace()
        if words:
            self._put(" ".join(words))
            self._has_space = text[-1:].isspace()

    def _put(self, text: str) -> None:
        """Write what is visible, after the white space that is due."""
        if not text:
            return
        due = ""
        if self._size:
            due = "\t" * self._tabs or "\n" * self._newlines or " " * self._has_space
            due = "\n" + due if self._tabs and self._newlines and self._begun[-2:-1] == [-1] else due
        encoded = text.encode("utf-8", "replace")
        self._parts += [due.encode(), encoded]
        start = self._size + len(due)
        self._begun = [start if begun < 0 else begun for begun in self._begun]
        self._size = start + len(encoded)
        self._newlines, self._tabs, self._has_space = 0, 0, False
