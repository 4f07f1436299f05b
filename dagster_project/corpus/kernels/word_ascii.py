"""Pieces of up to sixty-three graphic ASCII characters, cut as `word_pieces.py` cuts them, but on sets of positions.

The tokens of a piece are the set of the positions where they begin.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.vectors import ALL, ONE, below, bit, zeros_below
from dagster_project.corpus.kernels.word_addresses import is_ascii_address
from dagster_project.corpus.kernels.word_affixes import joint_end, prefix_size, suffix_size
from dagster_project.corpus.kernels.word_hashes import hash_word
from dagster_project.corpus.kernels.word_measures import (
    ALPHABETIC,
    CAPITALIZED,
    CONTENT,
    LETTERS_ALL_UPPER,
    NUMERIC,
    mark_measures,
    measure,
)
from dagster_project.corpus.kernels.word_tables import case_of, is_hinted, word_bits

PERIOD, QUOTE, LETTER_S, SMALL = ord("."), ord("'"), ord("s"), 32


@inlined
def write_ascii(data: Any, at: Any, size: Any, view: Any, tables: Any, room: Any, count: Any) -> Any:
    """Write the words of the piece data[at:at + size] and their measures; `view` is the window on it alone.

    Returns the count with them, and may a special case stand in several of them?
    """
    if view.small | view.capital == below(size):
        key = hash_word(data, at, at + size)
        if not is_hinted(tables, w.CASE_HINTS_AT, key) or not case_of(data, at, at + size, tables):
            flags = CONTENT | ALPHABETIC | LETTERS_ALL_UPPER * (view.small == 0) | CAPITALIZED * (view.capital & ONE)
            _put(at, size, key, flags, room, count)
            return count + 1, False
    begins = ONE if size == 1 else _cut(data, at, size, view, tables)
    return _write(data, at, size, begins, view, tables, room, count)


@inlined
def _put(at: Any, size: Any, key: Any, flags: Any, room: Any, count: Any) -> Any:
    room.starts[count], room.ends[count], room.characters[count] = at, at + size, size
    room.hashes[count], room.flags[count] = key, np.uint8(flags)


@inlined
def _write(data: Any, at: Any, size: Any, begins: Any, view: Any, tables: Any, room: Any, count: Any) -> Any:
    """Write one word for each position of `begins`; returns as `write_ascii` does."""
    first, hints, begin = 0, np.uint64(0), count
    while begins:
        begins &= begins - ONE
        last = zeros_below(begins) if begins else size
        start, length, inside = at + first, last - first, below(last) & ALL << np.uint64(first)
        small, capital, digits = view.small & inside, view.capital & inside, view.digits & inside
        if length == 1:
            key, kind = mark_measures(tables, data[start])
            flags = np.int64(kind)
        elif small | capital | digits:
            key, is_letters = hash_word(data, start, at + last), (small | capital) != 0
            flags = CONTENT | ALPHABETIC * is_letters | NUMERIC * (not is_letters)
            flags |= LETTERS_ALL_UPPER * (capital != 0 and small == 0)
            flags |= CAPITALIZED * (capital >> np.uint64(first) & ONE != 0)
        else:
            _, key, kind = measure(data, start, at + last, tables)
            flags = np.int64(kind)
        _put(start, length, key, flags, room, count)
        hints |= is_hinted(tables, w.PATTERN_HINTS_AT, key)
        first, count = last, count + 1
    return count, hints != 0 and count - begin > 1


@inlined
def _cut(data: Any, at: Any, size: Any, view: Any, tables: Any) -> Any:
    """Where the tokens of a piece of two characters or more begin: cut_piece of `word_pieces.py`."""
    first, last, begins, is_asked = 0, size, ONE, False
    while last - first > 1:
        case = 0 if is_asked else case_of(data, at + first, at + last, tables)
        if case:
            return begins | _case_begins(case, first)
        prefix = _prefix_size(data, at + first, at + last, tables)
        rest = first + prefix
        case = case_of(data, at + rest, at + last, tables) if prefix and rest < last else 0
        if case:
            return begins | bit(rest) | _case_begins(case, rest)
        suffix = _suffix_size(data, at + rest, at + last, view.digits != 0, tables)
        stop = last - suffix
        case = case_of(data, at + first, at + stop, tables) if suffix and first < stop else 0
        if case:
            return begins | bit(stop) | _case_begins(case, first)
        if not prefix + suffix:
            return begins | _infix_begins(data, at, first, last, view, tables)
        begins |= (bit(rest) | bit(stop)) & below(size)
        first, last, is_asked = rest, stop, prefix == 0 or suffix == 0
    return begins


@inlined
def _case_begins(case: Any, first: Any) -> Any:
    """Where the second and third token of a special case begin."""
    second, third = case & w.CUT, case >> w.SECOND_CUT_SHIFT & w.CUT
    return (np.uint64(second != 0) << np.uint64(second) | np.uint64(third != 0) << np.uint64(third)) << np.uint64(first)


@inlined
def _prefix_size(data: Any, start: Any, end: Any, tables: Any) -> Any:
    bits = word_bits(tables, np.int64(data[start]))
    if bits & w.MAYBE_PREFIX:
        return prefix_size(data, start, end, tables)
    return np.int64(bits & w.PREFIX != 0)


@inlined
def _suffix_size(data: Any, start: Any, end: Any, has_digit: Any, tables: Any) -> Any:
    if start >= end:
        return 0
    byte = np.int64(data[end - 1])
    bits = word_bits(tables, byte)
    if bits & w.MAYBE_SUFFIX or (has_digit and bits & w.UNIT_END):
        return suffix_size(data, start, end, has_digit, tables)
    if byte | SMALL == LETTER_S:
        return 2 if end - start > 1 and data[end - 2] == QUOTE else 0
    return np.int64(bits & w.SUFFIX != 0)


@inlined
def _infix_begins(data: Any, at: Any, first: Any, last: Any, view: Any, tables: Any) -> Any:
    """Where infixes begin and end in what has neither prefix nor suffix, nor is a special case; none in a URL."""
    found, letters = np.uint64(0), view.small | view.capital
    inside = below(last) & ALL << np.uint64(first)
    odd = ~(letters | view.digits) & inside
    if odd & view.periods and is_ascii_address(data, at, first, last, odd, view, tables):
        return found
    odd &= below(last - 1) & ALL << np.uint64(first + 1)
    while odd:
        place = zeros_below(odd)
        stop = _joint_end(data, at, place, last, letters, view, tables)
        if stop > place:
            found |= bit(place) | bit(stop)
            odd &= ALL << np.uint64(stop)
        else:
            odd &= odd - ONE
    return found


@inlined
def _joint_end(data: Any, at: Any, place: Any, last: Any, letters: Any, view: Any, tables: Any) -> Any:
    """Where the infix at `place` ends, or `place` if there is none; a character stands before it and one after it."""
    code, before, following = np.int64(data[at + place]), np.uint64(place - 1), np.uint64(place + 1)
    bits = word_bits(tables, code)
    if not bits & w.JOINT:
        return place
    if code == PERIOD:
        if view.periods >> following & ONE:
            return place + zeros_below(~(view.periods >> np.uint64(place)))
        if (view.small | view.digits) >> following & ONE:
            return place
    elif not (letters | view.digits) >> before & ONE:
        return place
    elif bits & w.RELATION:
        return place + np.int64(letters >> following & ONE)
    earlier = np.int64(data[at + place - 1])
    properties = word_bits(tables, earlier)
    return joint_end(data, at + place, at + place + 1, at + last, code, earlier, properties, tables) - at
