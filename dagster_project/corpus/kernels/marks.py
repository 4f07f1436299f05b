"""Marks: what they look like in a page, the table of what they stand for.

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
from dagster_project.corpus.kernels.markup import needle

PRIVATE, HIGH, PER_PLANE, FILLER = 0xF0000, 0x100000, 65_000, 0xFFFFD
MARK_BYTES = 18  # of the longest: an image with two code points
OPEN_ELEMENTS, WAITING_MARKS = 1024, 64
MARKS = 1 << 19  # of structure in one page; later elements go unmarked
TAG_FIELDS = 4  # of a tag that holds evidence: where it begins and ends, where its text begins and ends

# places of the state of a pass
OUT, MARKED, TAGS, OPEN, WAITING, DEPTH, LEFT_OUT, FORMATS, VISIBLE, HIDDEN, HIDDEN_DEPTH = range(11)
MATH, MATH_DEPTH, FOREIGN, FOREIGN_DEPTH, QUIET, QUIET_DEPTH, LANGUAGE, LANGUAGE_END = range(11, 19)
SPEAKING, SPEAKING_NAME, MATHML, HAS_NO_MATH_END, DEEPEST, IS_CUT, HAS_HTML, HAS_BODY, STATES = range(19, 28)
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
