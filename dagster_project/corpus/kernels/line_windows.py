"""Where lines end, and what they weigh: sixty-four bytes at a time, as pointers to at least so many."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.vectors import NONE, ONE, WIDTH, bytes_between, first, ones, zeros_below

LF, FIRST_BREAK, LAST_BREAK, FIRST_SEPARATOR, LAST_SEPARATOR = 0x0A, 0x0B, 0x0D, 0x1C, 0x1E
CAPITAL_A, CAPITAL_Z, ABOVE, LAST_FOLLOWER, LAST = ord("A"), ord("Z"), 0x80, 0xBF, 0xFF
STEP = WIDTH - 2  # breaks are up to three bytes long: C2 85 (U+0085), E2 80 A8 and E2 80 A9 (U+2028 and U+2029)


class LineRoom(NamedTuple):
    """Of each line of a document; sums are over the document up to the end of the line."""

    ends: NDArray[np.int64]  # where its line feed is
    continued: NDArray[np.int64]  # bytes that go on with the character before them
    capitals: NDArray[np.int64]  # upper-case letters of ASCII


@inlined
def positions(data: Any, limit: Any, at: Any, low: Any, high: Any) -> Any:
    """Bit k is set if low <= data[at + k] <= high; `limit`, at least sixty-four, is where the data ends."""
    back = max(at + WIDTH - limit, 0)
    return bytes_between(data, at - back, low, high) >> np.uint64(back)


@bare
def count_feeds(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """How many line feeds there are, and lines that are not empty."""
    feeds, lines, before = 0, 0, ONE
    while at < end:
        inside = first(end - at)
        found = positions(data, limit, at, LF, LF) & inside
        feeds += ones(found)
        lines += ones(inside & ~found & (found << ONE | before))
        before = found >> np.uint64(WIDTH - 1)
        at += WIDTH
    return feeds, lines


@bare
def count_characters(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """Bytes that do not go on with a character."""
    characters = end - at
    while at < end:
        characters -= ones(positions(data, limit, at, ABOVE, LAST_FOLLOWER) & first(end - at))
        at += WIDTH
    return characters


@bare
def count_upper_leads(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """How many bytes upper-case letters that are not ASCII may begin with: other bytes do not."""
    leads = 0
    while at < end:
        found = positions(data, limit, at, 0xC3, 0xD6) | positions(data, limit, at, 0xE1, 0xE2)
        found |= positions(data, limit, at, 0xEA, 0xEA) | positions(data, limit, at, 0xEF, 0xF0)
        leads += ones(found & first(end - at))
        at += WIDTH
    return leads


@bare
def find_lines(data: Any, limit: Any, at: Any, end: Any, room: Any) -> Any:
    """Write the lines of data[at:end]; returns how many, and does str.splitlines break at anything but line feeds?"""
    lines, continued, capitals, has_breaks = 0, 0, 0, False
    while at < end:
        inside, follow = first(end - at), NONE
        feeds = positions(data, limit, at, LF, LF) & inside
        capital = positions(data, limit, at, CAPITAL_A, CAPITAL_Z) & inside
        has_breaks |= _control_breaks(data, limit, at) & inside != NONE
        if positions(data, limit, at, ABOVE, LAST) & inside:
            follow = positions(data, limit, at, ABOVE, LAST_FOLLOWER) & inside
            if not has_breaks:
                has_breaks = holds_break(data, limit, at, min(at + WIDTH, end))
        while feeds:
            before = feeds ^ (feeds - ONE)
            room.ends[lines] = at + zeros_below(feeds)
            room.continued[lines] = continued + ones(follow & before)
            room.capitals[lines] = capitals + ones(capital & before)
            feeds &= feeds - ONE
            lines += 1
        continued, capitals = continued + ones(follow), capitals + ones(capital)
        at += WIDTH
    room.ends[lines], room.continued[lines], room.capitals[lines] = end, continued, capitals
    return lines + 1, has_breaks


@inlined
def _control_breaks(data: Any, limit: Any, at: Any) -> Any:
    found = positions(data, limit, at, FIRST_BREAK, LAST_BREAK)
    return found | positions(data, limit, at, FIRST_SEPARATOR, LAST_SEPARATOR)


@bare
def holds_break(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """Does str.splitlines break data[at:end] at anything but line feeds?"""
    while at < end:
        found = _control_breaks(data, limit, at)
        latin, general = positions(data, limit, at, 0xC2, 0xC2), positions(data, limit, at, 0xE2, 0xE2)
        if latin | general:
            found |= latin & positions(data, limit, at, 0x85, 0x85) >> ONE
            second, third = positions(data, limit, at, 0x80, 0x80), positions(data, limit, at, 0xA8, 0xA9)
            found |= general & second >> ONE & third >> np.uint64(2)
        if found & first(min(end - at, STEP)):
            return True
        at += STEP
    return False
