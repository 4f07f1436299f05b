"""Where lines end, and what they weigh: eight bytes at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import EACH, load64, mask_before
from dagster_project.corpus.kernels.line_bounds import strip_end, strip_start
from dagster_project.corpus.kernels.unicode import decode, property_bits

LF, AT_ONCE = 10, 255  # blocks of eight bytes before a sum of eight bits can overflow
LOWS, HIGHS, LINE_FEEDS = EACH * np.uint64(0x7F), EACH * np.uint64(0x80), EACH * np.uint64(LF)
TO_A, PAST_Z = EACH * np.uint64(0x80 - ord("A")), EACH * np.uint64(0x7F - ord("Z"))
ONE, EIGHT, ALL = np.uint64(1), np.uint64(8), np.uint64(0xFFFFFFFFFFFFFFFF)
FIRST_FACTOR, LAST_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)


class Scanned(NamedTuple):
    """A line, or what follows its indentation."""

    end: int  # where its line feed is
    hash: np.uint64
    continued: int  # bytes that go on with the character before them
    upper: int  # upper-case letters of ASCII
    is_ascii: bool


@bare
def scan_line(data: Any, start: Any, end: Any) -> Any:
    """What is Scanned from `start` to the next line feed before `end`."""
    at, state, seen = start, np.uint64(0), np.uint64(0)
    continued = upper = 0
    while True:
        follow, capital = np.uint64(0), np.uint64(0)
        for _ in range(AT_ONCE):
            eight = block(data, at, end)
            others = eight ^ LINE_FEEDS
            mask = mask_before(~(((others & LOWS) + LOWS) | others | LOWS))
            eight &= mask
            low = eight & LOWS
            follow += (eight & ~(eight << ONE) & HIGHS) >> np.uint64(7)
            capital += ((low + TO_A) & ~(low + PAST_Z) & ~eight & HIGHS) >> np.uint64(7)
            seen |= eight
            if mask != ALL:
                break
            state = (state ^ eight) * LAST_FACTOR
            state ^= state >> np.uint64(32)
            at += 8
        continued, upper = continued + _sum(follow), upper + _sum(capital)
        if mask != ALL:
            break
    at += np.int64((mask & EACH) * EACH >> np.uint64(56))
    return Scanned(at, _finish(state, eight, at - start), continued, upper, seen & HIGHS == 0)


@bare
def hash_span(data: Any, start: Any, end: Any) -> Any:
    """The hash that `scan_line` gives to a line of these bytes."""
    at, state = start, np.uint64(0)
    while at + 8 <= end:
        state = (state ^ load64(data, np.uint64(at))) * LAST_FACTOR
        state ^= state >> np.uint64(32)
        at += 8
    last = np.uint64(0)
    for i in range(end - at):
        last |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return _finish(state, last, end - start)


@bare
def block(data: Any, at: Any, end: Any) -> Any:
    """Eight bytes of data[:end]; line feeds stand for those after the end."""
    if at + 8 <= end:
        return load64(data, np.uint64(at))
    eight = LINE_FEEDS
    for i in range(end - at):
        shift = np.uint64(8 * i)
        eight ^= (np.uint64(data[at + i]) ^ np.uint64(LF)) << shift
    return eight


@bare
def _finish(state: Any, last: Any, size: Any) -> Any:
    """The hash after the last bytes, fewer than eight; `size` tells texts apart that end with NUL."""
    state = (state ^ last) * LAST_FACTOR
    state = (state ^ state >> np.uint64(32) ^ np.uint64(size)) * FIRST_FACTOR
    return state ^ state >> np.uint64(29)


@bare
def _sum(lanes: Any) -> Any:
    """The sum of eight sums of eight bits, each at most AT_ONCE."""
    pairs = (lanes & np.uint64(0x00FF00FF00FF00FF)) + (lanes >> EIGHT & np.uint64(0x00FF00FF00FF00FF))
    return np.int64(pairs * np.uint64(0x0001000100010001) >> np.uint64(48))


@bare
def strip(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Where data[start:end] begins and ends without the whitespace (str.strip) around it."""
    start = strip_start(data, start, end, tables)
    return start, strip_end(data, start, end, tables)


@bare
def count_characters(data: Any, start: Any, end: Any) -> Any:
    """Bytes that do not go on with a character."""
    characters, view = 0, data[start:end]
    for i in range(len(view)):
        characters += view[i] & 0xC0 != 0x80
    return characters


@bare
def count_upper_above(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Upper-case letters that are not ASCII."""
    upper = 0
    while at < end:
        code, at = decode(data, at, end)
        upper += code >= 0x80 and property_bits(tables, code) & u.UPPER != 0
    return upper


@bare
def is_numeric(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Is there nothing but decimal digits?"""
    while at < end:
        code, at = decode(data, at, end)
        if not property_bits(tables, code) & u.DIGIT:
            return False
    return True


@bare
def holds_other_breaks(data: Any) -> Any:
    """Does a text break at something that is not a line feed (str.splitlines)? May also say so of others."""
    found = np.uint8(0)
    for i in range(len(data)):
        byte = data[i]
        is_control = np.uint8((byte >= 0x0B) & (byte <= 0x0D)) | np.uint8((byte >= 0x1C) & (byte <= 0x1E))
        found = np.uint8(found | np.uint8(is_control | np.uint8((byte == 0xC2) | (byte == 0xE2))))
    return found != 0
