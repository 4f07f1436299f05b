"""Pieces of ASCII letters, perhaps between two marks, of which most English text consists."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import EACH, bytes_before, load64, mask_before
from dagster_project.corpus.kernels.word_hashes import absorb, scattered
from dagster_project.corpus.kernels.word_measures import (
    ALPHABETIC,
    CAPITALIZED,
    CONTENT,
    LETTERS_ALL_UPPER,
    mark_measures,
)
from dagster_project.corpus.kernels.word_tables import case_of, is_hinted, may_be_case, word_bits

HIGH = EACH * np.uint64(0x80)
EIGHT = np.uint64(8)
SMALL = EACH * np.uint64(0x20)  # the bit that small letters have
LETTERS = np.uint8(CONTENT | ALPHABETIC)
UPPER_LETTERS = np.uint8(CONTENT | ALPHABETIC | LETTERS_ALL_UPPER)
NO_PLAIN, LETTERS_ONLY, LETTERS_AND_MARK = 0, 1, 2
PERIOD, SPACE, STEP = 46, 32, 8
BLANKS = EACH * np.uint64(SPACE)


@compiled
def write_plain(data: Any, limit: Any, at: Any, end: Any, tables: Any, room: Any, count: Any) -> Any:
    """Write the words of the piece at `at` if it is ASCII letters, perhaps with one mark before or after them.

    Returns the count with them, which stays the same if the piece needs the rules, and where the piece ends.
    """
    has_prefix = data[at] < 64 and word_bits(tables, np.int64(data[at])) & w.PREFIX != 0
    start = at + has_prefix
    kind, stop, letters, whole, is_lower = _scan(data, limit, start, end)
    if kind == NO_PLAIN:
        return count, at
    last = stop - (kind == LETTERS_AND_MARK)
    if last < stop and not _is_suffix(data, start, last, whole, tables):
        return count, at
    if has_prefix and stop > start and (last == start or _is_cased(data, at, last, stop, tables)):
        return count, at
    key = scattered(letters, np.uint64(last - start))
    if is_hinted(tables, w.CASE_HINTS_AT, key) and last > start and case_of(data, start, last, tables):
        return count, at
    if has_prefix:
        count = _write_mark(data, at, tables, room, count)
    if last > start:
        room.starts[count], room.ends[count], room.characters[count] = start, last, last - start
        flags = LETTERS if is_lower else UPPER_LETTERS
        room.hashes[count], room.flags[count] = key, flags if data[start] & 32 else flags | np.uint8(CAPITALIZED)
        count += 1
    if last < stop:
        count = _write_mark(data, last, tables, room, count)
    return count, stop


@compiled
def _write_mark(data: Any, at: Any, tables: Any, room: Any, count: Any) -> Any:
    """Write a word of one ASCII character."""
    room.starts[count], room.ends[count], room.characters[count] = at, at + 1, 1
    room.hashes[count], room.flags[count] = mark_measures(tables, data[at])
    return count + 1


@compiled
def _is_cased(data: Any, at: Any, last: Any, stop: Any, tables: Any) -> Any:
    """May the prefix and the letters, with the mark or without, be a special case?"""
    return may_be_case(data, at, last, tables) or may_be_case(data, at, stop, tables)


@compiled
def _is_suffix(data: Any, at: Any, last: Any, whole: Any, tables: Any) -> Any:
    """Do the rules cut this mark, and nothing more, from the ASCII letters data[at:last]? A mark alone is a word."""
    if last == at:
        return True
    mark = np.int64(data[last])
    if is_hinted(tables, w.CASE_HINTS_AT, scattered(whole, np.uint64(last + 1 - at))):
        return False
    if mark == PERIOD:
        return data[last - 1] & 32 != 0 or (last - at > 1 and data[last - 2] & 32 == 0)
    return word_bits(tables, mark) & w.SUFFIX != 0


@compiled
def _scan(data: Any, limit: Any, at: Any, end: Any) -> Any:
    """Eight bytes at a time up to the next whitespace: are there only ASCII letters, and one ASCII mark after them?

    Nothing is read at or after `limit`. Returns the kind, the end, the hash states of the letters and of the whole, and
    is any letter a small one.
    """
    start, left, size, stops = np.uint64(at), np.uint64(end - at), np.uint64(0), np.uint64(0)
    state, lower, eight, odd = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    while stops == 0:
        if start + size + EIGHT > np.uint64(limit):
            return NO_PLAIN, at, state, state, False
        eight = load64(data, start + size)
        low = eight & ~HIGH
        stops = (~(low + EACH * np.uint64(0x80 - 0x21)) | eight) & HIGH
        if left - size < EIGHT:
            stops |= np.uint64(0x80) << EIGHT * (left - size)
        folded = low | SMALL
        letters = (folded + EACH * np.uint64(0x80 - 0x61)) & ~(folded + EACH * np.uint64(0x80 - 0x7B)) & HIGH
        odd = HIGH & ~letters
        if stops == 0:
            if odd:
                return NO_PLAIN, at, state, state, False
            state, lower, size = absorb(state, eight), lower | eight & SMALL, size + EIGHT
    inside = mask_before(stops)
    odd &= inside
    size += bytes_before(stops)
    stop = np.int64(start + size)
    if stop < end and not is_space(data[stop]):
        return NO_PLAIN, at, state, state, False
    whole = absorb(state, eight & inside) if inside else state
    if not odd:
        return LETTERS_ONLY, stop, whole, whole, (lower | eight & inside & SMALL) != 0
    inside >>= EIGHT
    if odd & inside:
        return NO_PLAIN, at, state, state, False
    state = absorb(state, eight & inside) if inside else state
    return LETTERS_AND_MARK, stop, state, whole, (lower | eight & inside & SMALL) != 0


@compiled
def is_space(byte: Any) -> Any:
    """str.isspace of an ASCII byte."""
    return byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31


@compiled
def skip_blanks(data: Any, at: Any, end: Any) -> Any:
    """Past the spaces alone, eight at a time."""
    while at < end and data[at] == SPACE and end - at >= STEP:
        others = load64(data, np.uint64(at)) ^ BLANKS
        others = (((others & ~HIGH) + ~HIGH) | others) & HIGH
        if others:
            return at + np.int64(bytes_before(others))
        at += STEP
    return at
