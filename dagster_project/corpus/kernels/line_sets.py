"""Where a text has white space, line breaks, words and brackets, as sets of sixty-four positions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.unicode import decode, property_bits
from dagster_project.corpus.kernels.vectors import (
    ALL,
    NONE,
    ONE,
    WIDTH,
    below,
    byte_is,
    bytes_between,
    first,
    ones,
    zeros_above,
    zeros_below,
)

TAB, LF, CR, FIRST_SEPARATOR, LAST_BREAK, SPACE = 9, 10, 13, 28, 30, 32
BRACKET = ord("[")
SHIFT, PLACE = 6, 63  # a position is in number position >> SHIFT, as bit position & PLACE
READ = WIDTH + 1  # bytes that are read for sixty-four positions


class LineSets(NamedTuple):
    """uint64[windows] each: bit k of window i stands for byte 64 * i + k of a text."""

    spaces: NDArray[np.uint64]  # every byte of white space
    begins: NDArray[np.uint64]  # the first byte of a word between white space
    breaks: NDArray[np.uint64]  # the first byte of what ends a line
    brackets: NDArray[np.uint64]
    tail: NDArray[np.uint8]  # the last bytes of the data, with room to read beyond


def line_sets(size: int) -> LineSets:
    """Room for a text of so many bytes."""
    spaces, begins, breaks, brackets = (np.empty(size // WIDTH + 2, np.uint64) for _ in range(4))
    return LineSets(spaces, begins, breaks, brackets, np.zeros(2 * WIDTH, np.uint8))


@bare
def find_sets(data: Any, start: Any, end: Any, sets: Any, tables: Any) -> Any:
    """Write the sets of data[start:end]."""
    spilt, before = NONE, ONE
    place, limit = pointer(data), len(data)
    for number in range((end - start + WIDTH - 1) // WIDTH):
        at = start + number * WIDTH
        source, begin = place, at
        if at + READ > limit:
            source, begin = _tail(data, at, sets.tail), 0
        beyond = ~first(end - at)
        spaces = bytes_between(source, begin, TAB, CR) | bytes_between(source, begin, FIRST_SEPARATOR, SPACE)
        breaks = bytes_between(source, begin, LF, CR) | bytes_between(source, begin, FIRST_SEPARATOR, LAST_BREAK)
        more, broken, following = _beyond_ascii(data, at, end, _candidates(source, begin) & ~beyond, tables)
        spaces, spilt = spaces | more | spilt | beyond, following
        sets.spaces[number], sets.breaks[number] = spaces, (breaks | broken) & ~beyond
        sets.begins[number] = ~spaces & (spaces << ONE | before)
        before = spaces >> np.uint64(PLACE)
        sets.brackets[number] = byte_is(source, begin, BRACKET) & ~beyond


@inlined
def _beyond_ascii(data: Any, at: Any, end: Any, candidates: Any, tables: Any) -> Any:
    """White space among the candidates, line breaks among it, and what of it lies in the next sixty-four bytes."""
    spaces, breaks, spilt = NONE, NONE, NONE
    while candidates:
        place = zeros_below(candidates)
        candidates &= candidates - ONE
        code, after = decode(data, at + place, end)
        bits = property_bits(tables, code)
        if bits & u.SPACE:
            size = below(after - at - place)
            spaces |= size << np.uint64(place)
            spilt |= size >> np.uint64(PLACE - place) >> ONE
            breaks |= np.uint64(bits & u.LINE_BREAK != 0) << np.uint64(place)
    return spaces, breaks, spilt


@bare
def _tail(data: Any, at: Any, tail: Any) -> Any:
    """The data from `at` on in a place where one may read beyond its end."""
    rest = data[at:]
    for i in range(len(rest)):
        tail[i] = rest[i]
    return pointer(tail)


@inlined
def _candidates(data: Any, at: Any) -> Any:
    """Where white space beyond ASCII may begin: by its first two bytes."""
    latin, threes = bytes_between(data, at, 0xC2, 0xC2), bytes_between(data, at, 0xE1, 0xE3)
    found = NONE
    if latin:
        found |= latin & (bytes_between(data, at + 1, 0x85, 0x85) | bytes_between(data, at + 1, 0xA0, 0xA0))
    if threes:
        found |= bytes_between(data, at, 0xE1, 0xE2) & bytes_between(data, at + 1, 0x80, 0x9A)
        found |= bytes_between(data, at, 0xE3, 0xE3) & bytes_between(data, at + 1, 0x80, 0x80)
    return found


@inlined
def next_in(members: Any, at: Any, end: Any) -> Any:
    """The first position from `at` on that is in the set; `end` if there is none before."""
    if at >= end:
        return end
    number = at >> SHIFT
    bits = members[number] & ALL << np.uint64(at & PLACE)
    while not bits:
        number += 1
        if number << SHIFT >= end:
            return end
        bits = members[number]
    return min((number << SHIFT) + zeros_below(bits), end)


@inlined
def end_outside(members: Any, end: Any) -> Any:
    """Past the last position before `end` that is not in the set; there is one."""
    number = (end - 1) >> SHIFT
    bits = ~members[number] & ALL >> np.uint64(PLACE - (end - 1 & PLACE))
    while not bits:
        number -= 1
        bits = ~members[number]
    return (number + 1 << SHIFT) - zeros_above(bits)


@inlined
def count_in(members: Any, at: Any, end: Any) -> Any:
    """How many positions from `at` to `end` are in the set."""
    number, last = at >> SHIFT, end >> SHIFT
    bits, count = members[number] & ALL << np.uint64(at & PLACE), 0
    while number < last:
        count += ones(bits)
        number += 1
        bits = members[number]
    return count + ones(bits & below(end & PLACE))


@inlined
def end_in(members: Any, at: Any, end: Any) -> Any:
    """Past the last position before `end` that is in the set; `at` if there is none from there on."""
    number = (end - 1) >> SHIFT
    bits = members[number] & ALL >> np.uint64(PLACE - (end - 1 & PLACE))
    while not bits:
        if number << SHIFT <= at:
            return at
        number -= 1
        bits = members[number]
    return max((number + 1 << SHIFT) - zeros_above(bits), at)


@bare
def has_longer_word(data: Any, base: Any, low: Any, high: Any, characters: Any, spaces: Any) -> Any:
    """Is a word between white space longer than so many characters? Most have white space within as many bytes."""
    at = low
    while at + characters < high:
        after = end_in(spaces, at, at + characters + 1)
        if after == at:
            after = next_in(spaces, at, high)
            if _has_more(data, base + at, base + after, characters):
                return True
        at = after
    return False


@bare
def _has_more(data: Any, at: Any, end: Any, characters: Any) -> Any:
    """Are there more characters than so many?"""
    while at < end and characters >= 0:
        at, characters = decode(data, at, end)[1], characters - 1
    return characters < 0
