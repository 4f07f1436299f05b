"""Files that are text themselves: their bytes as text, and the paragraphs that blank lines make of it."""

from __future__ import annotations

import codecs
import re
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.model.structure import CODES, NO_STRUCTURE, Structure

MOST_SPANS = 1 << 20  # of one text; with more it gets none
MARKUP_BYTES = 1 << 20  # of a text that is read as markup; of a longer one only its paragraphs are found
HEAD_CHARACTERS = 4_096  # in which tags about the file stand

# The longer marks first: that of UTF-32 begins like that of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
CONTROLS = bytes(code for code in range(32) if code not in b"\b\t\n\v\f\r\x1b") + b"\x7f"
TEXT_PER_CONTROL = 50  # bytes of text there must be for every control character, else it is something else
BREAK = re.compile(rb"\n(?:[ \t\r\f\v]*\n)+")  # linear: each turn ends in a newline and holds no other
LINE = re.compile(r"([^\r\n]*)(\r\n?|\n|\Z)")
COMMENT = re.compile(r"<!--.{0,2000}?-->", re.DOTALL)
SPACES = b" \t\r\n\f\v"


class Marked(NamedTuple):
    """A text with its structure, and what it says about itself."""

    text: str
    structure: Structure
    title: str | None = None
    fields: Mapping[str, Any] = {}  # names in lower case
    place: str = ""  # where the fields stand
    comments: str = ""  # in which tags about the file may stand


class NotText(NamedTuple):
    """Why bytes are no text: something else altogether, or an encoding that nothing names."""

    is_binary: bool
    detail: str


def decode(body: bytes) -> str | NotText:
    """The text of a file: UTF-8, or what its byte order mark says. No other encoding is guessed."""
    mark, encoding = next(((mark, name) for mark, name in MARKS.items() if body.startswith(mark)), (b"", "utf-8"))
    try:
        text = body[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        controls = 0 if mark else _controls(body)
        if controls * TEXT_PER_CONTROL > len(body):
            return NotText(True, f"{controls:,} control characters in {len(body):,} bytes")
        return NotText(False, f"{error.reason} at byte {error.start + len(mark):,}, read as {encoding}")
    plain = text.encode() if mark else body
    if (controls := _controls(plain)) * TEXT_PER_CONTROL > len(plain):
        return NotText(True, f"{controls:,} control characters in {len(plain):,} bytes")
    return text


def read_plain_text(text: str) -> Marked:
    return Marked(text, paragraphs(text.encode()), comments=text[:HEAD_CHARACTERS])


def paragraphs(text: bytes) -> Structure:
    """What blank lines part, without the white space around it. Bytes of UTF-8 in, spans of them out."""
    starts, ends = array("i"), array("i")
    begin = 0
    for gap in BREAK.finditer(text):
        _add(text, begin, gap.start(), starts, ends)
        begin = gap.end()
        if len(starts) > MOST_SPANS:
            return NO_STRUCTURE
    _add(text, begin, len(text), starts, ends)
    kinds = np.full(len(starts), CODES["paragraph"], np.uint8)
    return Structure(kinds, np.array(starts, np.int32), np.array(ends, np.int32), [None] * len(starts))


def comments_in(text: str) -> str:
    """The HTML comments at the head of a text."""
    return "\n".join(COMMENT.findall(text[:HEAD_CHARACTERS]))


class Lines:
    """The lines of a text without their ends, and where in its bytes each of them begins."""

    def __init__(self, text: str):
        self.texts: list[str] = []
        self.starts: list[int] = []
        at = 0
        for line in LINE.finditer(text):
            if line.start() == len(text) and self.texts:
                break
            self.texts.append(line[1])
            self.starts.append(at)
            at += len(line[1]) if line[1].isascii() else len(line[1].encode())
            at += len(line[2])

    def byte(self, line: int, column: int) -> int:
        """The byte at which a character stands."""
        before = self.texts[line][:column]
        return self.starts[line] + (len(before) if before.isascii() else len(before.encode()))

    def block(self, first: int, end: int) -> tuple[int, int] | None:
        """The bytes of the lines from `first` to before `end`, less the white space around them."""
        end = min(end, len(self.texts))
        while first < end and not self.texts[first].strip():
            first += 1
        while end > first and not self.texts[end - 1].strip():
            end -= 1
        if first == end:
            return None
        last = self.texts[end - 1]
        indent = len(self.texts[first]) - len(self.texts[first].lstrip())
        return self.byte(first, indent), self.byte(end - 1, len(last.rstrip()))


def _add(text: bytes, start: int, end: int, starts: array[int], ends: array[int]) -> None:
    piece = text[start:end]
    bare = piece.strip(SPACES)
    if bare:
        before = len(piece) - len(piece.lstrip(SPACES))
        starts.append(start + before)
        ends.append(start + before + len(bare))


def _controls(body: bytes) -> int:
    return len(body) - len(body.translate(None, CONTROLS))
