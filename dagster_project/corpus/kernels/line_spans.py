"""Where lines end, what they weigh, and where their whitespace is."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import EACH, load64
from dagster_project.corpus.kernels.unicode import decode, previous, property_bits

LF, ASCII_SPACE = 10, 32
LANE, LANE_BITS, AT_ONCE = np.uint64(0xFFFF), 16, 1 << 15  # bytes that four sums of 16 bits can hold
CHARACTER, UPPER, DIGIT, ABOVE = range(4)  # the sums: first bytes of characters, and ASCII's, and bytes above ASCII
LINE_FEEDS, LOWS, HIGHS = EACH * np.uint64(LF), EACH * np.uint64(0x7F), EACH * np.uint64(0x80)


def _weights() -> Any:
    def weigh(byte: int) -> int:
        letter = chr(byte) if byte < 0x80 else ""
        parts = (byte & 0xC0 != 0x80, letter.isupper(), letter.isdecimal(), byte >= 0x80)
        return sum(part << LANE_BITS * lane for lane, part in enumerate(parts))

    return np.array([weigh(byte) for byte in range(256)], np.uint64)


WEIGHTS = _weights()


@compiled
def scan_line(data: Any, at: Any, end: Any) -> Any:
    """The end of the line at `at`, its characters, and its upper-case letters, digits (ASCII) and bytes above ASCII."""
    characters = upper = digits = above = 0
    while True:
        sums, stop = np.uint64(0), min(end, at + AT_ONCE)
        while at + 8 <= stop:
            eight = load64(data, np.uint64(at))
            others = eight ^ LINE_FEEDS
            if (((others & LOWS) + LOWS) | others | LOWS) != ~np.uint64(0):
                break
            for i in range(8):
                sums += WEIGHTS[eight >> np.uint64(8 * i) & np.uint64(0xFF)]
            at += 8
        while at < stop and data[at] != LF:
            sums += WEIGHTS[data[at]]
            at += 1
        characters += np.int64(sums & LANE)
        upper += np.int64(sums >> np.uint64(LANE_BITS * UPPER) & LANE)
        digits += np.int64(sums >> np.uint64(LANE_BITS * DIGIT) & LANE)
        above += np.int64(sums >> np.uint64(LANE_BITS * ABOVE))
        if at == end or data[at] == LF:
            return at, characters, upper, digits, above


@compiled
def strip(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """Where data[start:end] begins and ends without the whitespace (str.strip) around it; (end, end) if it is blank."""
    while start < end:
        code, after = np.int64(data[start]), start + 1
        if code >= 0x80:
            code, after = decode(data, start, end)
        if not is_space(code, tables):
            break
        start = after
    while start < end:
        code, before = np.int64(data[end - 1]), end - 1
        if code >= 0x80:
            before = previous(data, end, start)
            code, _ = decode(data, before, end)
        if not is_space(code, tables):
            break
        end = before
    return start, end


@compiled
def is_space(code: Any, tables: Any) -> Any:
    """str.isspace"""
    if ASCII_SPACE < code < 0x80:
        return False
    return property_bits(tables, code) & u.SPACE != 0


@compiled
def count_characters(data: Any, start: Any, end: Any) -> Any:
    """Bytes that no character before them goes on with."""
    characters, view = 0, data[start:end]
    for i in range(len(view)):
        characters += view[i] & 0xC0 != 0x80
    return characters


@compiled
def count_rare(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Upper-case letters and decimal digits that are not ASCII."""
    upper = digits = 0
    while at < end:
        code, at = decode(data, at, end)
        if code >= 0x80:
            bits = property_bits(tables, code)
            upper += bits & u.UPPER != 0
            digits += bits & u.DIGIT != 0
    return upper, digits


@compiled
def holds_other_breaks(data: Any) -> Any:
    """Does a text break at something that is not a line feed (str.splitlines)? May also say so of others."""
    found = np.uint8(0)
    for i in range(len(data)):
        byte = data[i]
        is_control = np.uint8((byte >= 0x0B) & (byte <= 0x0D)) | np.uint8((byte >= 0x1C) & (byte <= 0x1E))
        found = np.uint8(found | np.uint8(is_control | np.uint8((byte == 0xC2) | (byte == 0xE2))))
    return found != 0
