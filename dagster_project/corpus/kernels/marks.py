"""Marks: what they look like in a page, the table of what they stand for, and how text is copied around them.

A mark's number is one code point of plane 15, above PER_PLANE after one of plane 16. FILLER stands beside a character
that is all of its text node: resiliparse 2.0.1 takes one of three bytes, such as a dash or a Chinese character, for
the private glyph of an icon and drops it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.markup import needle, packed

PRIVATE, HIGH, PER_PLANE, FILLER = 0xF0000, 0x100000, 65_000, 0xFFFFD
MARK_BYTES = 18  # of the longest: an image with two code points
OPEN_ELEMENTS, WAITING_MARKS = 1024, 64
MARKS = 1 << 19  # of structure in one page; later elements go unmarked
TAG_FIELDS = 4  # of a tag that holds evidence: where it begins and ends, where its text begins and ends

# places of the state of a pass
OUT, MARKED, TAGS, OPEN, WAITING, DEPTH, LEFT_OUT, FORMATS, VISIBLE, HIDDEN, HIDDEN_DEPTH = range(11)
MATH, MATH_DEPTH, FOREIGN, FOREIGN_DEPTH, QUIET, QUIET_DEPTH, LANGUAGE, LANGUAGE_END = range(11, 19)
SPEAKING, SPEAKING_NAME, MATHML, HAS_NO_MATH_END, STATES = range(19, 24)
IMAGE_START = needle("<img alt=")


class Room(NamedTuple):
    """Where a pass writes; sized by `room` for one page."""

    out: NDArray[np.uint8]
    kinds: NDArray[np.uint8]  # of marks
    partners: NDArray[np.int32]  # of marks that end: the one that begins
    starts: NDArray[np.int64]  # of the value in the page; of literals the code point
    ends: NDArray[np.int64]
    tags: NDArray[np.int64]
    open_marks: NDArray[np.int32]
    open_names: NDArray[np.int64]
    waiting: NDArray[np.int32]  # marks of tables and rows, until a cell comes that can hold them
    attributes: NDArray[np.int64]
    said: NDArray[np.int64]
    state: NDArray[np.int64]


def room(page: NDArray[np.uint8]) -> Room:
    """Room for the copy of this page, however its bytes are arranged."""
    tags, references, private = count(page)
    marks = min(3 * tags, MARKS) + private + references + 8
    size = 2 * len(page) + MARK_BYTES * min(3 * tags, MARKS) + 16 * tags + 8 * (private + references) + 256
    return Room(
        np.empty(size, np.uint8),
        np.empty(marks, np.uint8),
        np.empty(marks, np.int32),
        np.empty(marks, np.int64),
        np.empty(marks, np.int64),
        np.empty((tags + 1, TAG_FIELDS), np.int64),
        np.empty(OPEN_ELEMENTS, np.int32),
        np.empty(OPEN_ELEMENTS, np.int64),
        np.empty(WAITING_MARKS, np.int32),
        np.empty((m.ATTRIBUTES + 1, m.FIELDS), np.int64),
        np.empty(3, np.int64),
        np.zeros(STATES, np.int64),
    )


@bare
def count(page: Any) -> Any:
    """How many bytes may begin a tag, a character reference, a code point of planes 15 and 16."""
    tags, references, private = 0, 0, 0
    for byte in page:
        tags += byte == m.LESS
        references += byte == m.AMPERSAND
        private += byte >= 0xF3
    return tags, references, private


@bare
def new_mark(room: Any, kind: Any, partner: Any, start: Any, end: Any) -> Any:
    """The number of a new mark; -1 where a page has too many."""
    number = room.state[MARKED]
    if number >= len(room.kinds) or (kind != e.LITERAL and number >= MARKS):
        return -1
    room.kinds[number], room.partners[number] = kind, partner
    room.starts[number], room.ends[number] = start, end
    room.state[MARKED] = number + 1
    return number


@bare
def put_number(room: Any, number: Any) -> Any:
    """Write the code points of a mark."""
    if number >= PER_PLANE:
        put_code(room, HIGH + number // PER_PLANE)
    put_code(room, PRIVATE + number % PER_PLANE)


@bare
def put_code(room: Any, code: Any) -> Any:
    """Write one code point of planes 15 and 16 in UTF-8."""
    out, at = room.out, room.state[OUT]
    out[at], out[at + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 63
    out[at + 2], out[at + 3] = 0x80 | code >> 6 & 63, 0x80 | code & 63
    room.state[OUT] = at + 4


@bare
def put_byte(room: Any, byte: Any) -> Any:
    room.out[room.state[OUT]] = byte
    room.state[OUT] += 1


@bare
def put_mark(room: Any, number: Any) -> Any:
    """Write the image that carries a mark."""
    if number < 0:
        return
    for byte in IMAGE_START:
        put_byte(room, byte)
    put_number(room, number)
    put_byte(room, m.GREATER)


@bare
def code_at(page: Any, at: Any) -> Any:
    """The code point of planes 15 and 16 at `at`; 0 where there is none."""
    lead = np.int64(page[at])
    if lead < 0xF3 or at + 3 >= len(page):
        return 0
    code = (lead & 7) << 18 | np.int64(page[at + 1] & 63) << 12
    code |= np.int64(page[at + 2] & 63) << 6 | np.int64(page[at + 3] & 63)
    return code if code >= PRIVATE else 0


@bare
def put_literal(room: Any, code: Any) -> Any:
    """Write a mark in place of a code point that is the page's own."""
    number = new_mark(room, e.LITERAL, -1, code, 0)
    if number >= 0:
        put_number(room, number)


@bare
def copy_raw(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Copy bytes in which character references mean nothing."""
    i = start
    while i < end:
        code = code_at(page, i) if page[i] >= 0xF3 else 0
        if code:
            put_literal(room, code)
            i += 4
        else:
            put_byte(room, page[i])
            i += 1


@bare
def copy_escaped(page: Any, start: Any, end: Any, room: Any, knows_references: Any) -> Any:
    """Copy bytes that were no text as text, in which no tag may begin; returns how many are visible."""
    visible, i = 0, start
    while i < end:
        byte = page[i]
        if byte == m.LESS or (byte == m.AMPERSAND and not knows_references):
            put_byte(room, m.AMPERSAND)
            put_byte(room, 108 if byte == m.LESS else 97)  # &lt; &amp;
            if byte != m.LESS:
                put_byte(room, 109)
            put_byte(room, 116 if byte == m.LESS else 112)
            put_byte(room, m.SEMICOLON)
            i, visible = i + 1, visible + 1
        else:
            i, seen = _copy_one(page, i, end, room)
            visible += seen
    return visible


@bare
def copy_text(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Copy bytes of text or of a tag; returns how many characters of them are visible."""
    out, state = room.out, room.state
    visible, i, at = 0, start, state[OUT]
    while i < end:
        byte = page[i]
        if byte < 0xC2 and byte != m.AMPERSAND:
            out[at] = byte
            at += 1
            visible += byte > 32 and byte < 128
            i += 1
        else:
            state[OUT] = at
            i, seen = _copy_one(page, i, end, room)
            visible += seen
            at = state[OUT]
    state[OUT] = at
    return visible


@bare
def _copy_one(page: Any, i: Any, end: Any, room: Any) -> Any:
    """Copy one character or reference; returns (where it ends, whether it is visible)."""
    byte = page[i]
    if byte == m.AMPERSAND:
        stop, code = m.reference(page, i)
        if stop > end:
            stop, code = i + 1, m.NO_REFERENCE
        if code >= PRIVATE and code < 0x110000:
            put_literal(room, code)
        else:
            for k in range(i, stop):
                put_byte(room, page[k])
        return stop, not (code == 32 or 9 <= code <= 13 or code == 0xA0)
    code = code_at(page, i) if byte >= 0xF3 else 0
    if code:
        put_literal(room, code)
        return i + 4, True
    size = m.white(page, i, end) if byte >= 0xC2 else 0
    put_byte(room, byte)
    return i + 1, byte > 32 and (byte < 128 or byte >= 0xC2) and size == 0


@bare
def copy_cdata(page: Any, at: Any, room: Any) -> Any:
    """Copy a CDATA section as it is; returns where it ends."""
    end = at + 9
    while end + 2 < len(page) and not (page[end] == 93 and page[end + 1] == 93 and page[end + 2] == m.GREATER):
        end += 1
    end = min(end + 3, len(page))
    copy_raw(page, at, end, room)
    return end


PILCROWS = (needle("&para;"), needle("&#182;"), needle("&#xb6;"))


@bare
def put_filler(page: Any, start: Any, end: Any, room: Any) -> Any:
    """Write FILLER after a text that would be taken for an icon, unless it is one."""
    while start < end and m.is_space(page[start]):
        start += 1
    while start < end and m.is_space(page[end - 1]):
        end -= 1
    if end - start == 3 and page[end - 1] >= 0x80:
        is_icon = page[start] == 0xEE or (page[start] == 0xEF and page[start + 1] <= 0xA3)
        if not is_icon:
            put_code(room, FILLER)
    elif 3 < end - start <= m.LONGEST_REFERENCE and _is_short(page, start, end):
        put_code(room, FILLER)


@bare
def _is_short(page: Any, start: Any, end: Any) -> Any:
    """Whether a text with a character reference may be three bytes once that is read, and not a mere ¶ or icon."""
    references, others, i = 0, 0, start
    while i < end:
        stop, code = m.reference(page, i) if page[i] == m.AMPERSAND else (i + 1, m.NO_REFERENCE)
        if code == 0xB6 or 0xE000 <= code <= 0xF8FF:
            return False
        references += code != m.NO_REFERENCE
        others += code == m.NO_REFERENCE
        i = stop
    return references > 0 and others < 3 and not m.begins(page, start, end, PILCROWS[0])


LANGUAGES = (needle("language-"), needle("lang-"), needle("highlight-source-"), needle("highlight-"))
SOURCE_CODE = needle("sourcecode")
CLASS, DATA_LANG = packed("class"), packed("data-lang")


@bare
def language_of(page: Any, rows: Any, count: Any) -> Any:
    """Where the programming language stands in a tag's attributes: (start, end), or (0, 0)."""
    place = m.find(rows, count, DATA_LANG)
    if place >= 0:
        return rows[place, m.VALUE], rows[place, m.VALUE_END]
    place = m.find(rows, count, CLASS)
    if place < 0:
        return 0, 0
    i, end, is_next = rows[place, m.VALUE], rows[place, m.VALUE_END], False
    while i < end:
        stop = i
        while stop < end and not m.is_space(page[stop]):
            stop += 1
        if is_next:
            return i, stop
        for start in LANGUAGES:
            if m.begins(page, i, stop, start) and stop > i + len(start):
                return i + len(start), stop
        is_next = stop - i == 10 and m.begins(page, i, stop, SOURCE_CODE)
        i = stop + 1
        while i < end and m.is_space(page[i]):
            i += 1
    return 0, 0
