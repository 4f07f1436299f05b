"""Short sequences of bytes that a text holds: ellipses, addresses, two words of C4, line ends of two bytes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.line_bounds import is_ascii_space
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.unicode import decode, property_bits
from dagster_project.corpus.kernels.vectors import ONE, WIDTH, below, byte_is, first, zeros_below

PERIOD, SPACE, COLON, SLASH, HASH, CR, LF = ord("."), ord(" "), ord(":"), ord("/"), ord("#"), 13, 10
TWO = np.uint64(2)
SMALL = 0x20  # makes a letter of ASCII small
ELLIPSIS = tuple("…".encode())
HTTP, HTTPS, LOREM_IPSUM, JAVASCRIPT = tuple(b"http"), tuple(b"https"), tuple(b"lorem ipsum"), tuple(b"javascript")
# what follows https:// in NeMo Curator's pattern, whose range from $ to _ is wide
IN_ADDRESS = np.array([c == ord("!") or ord("$") <= c <= ord("_") or ord("a") <= c <= ord("z") for c in range(256)])
KNOWN = WIDTH - 2  # positions of sixty-four bytes that the next two bytes are among, too


class Sequences(NamedTuple):
    """What `find_sequences` counts; none is counted inside another of its kind."""

    dots: int  # "..." as str.count finds it
    spaced_dots: int  # ". . ."
    ellipses: int  # "…"
    address_characters: int  # of http:// and https:// with what follows
    lorem_ipsum: int  # in any case
    javascript: int  # in any case


@compiled
def find_sequences(data: Any, start: Any, end: Any) -> Any:
    """The Sequences of data[start:end]."""
    found, after, text, at = np.zeros(6, np.int64), np.full(3, start), pointer(data), start
    while at < end - 2:
        size = min(end - 2 - at, KNOWN)
        beginnings = below(size)
        if at + WIDTH <= len(data):
            beginnings &= _beginnings(text, at)
        while beginnings:
            _look(data, at + zeros_below(beginnings), start, end, found, after)
            beginnings &= beginnings - ONE
        at += size
    return Sequences(found[0], found[1], found[2], found[3], found[4], found[5])


@inlined
def _beginnings(text: Any, at: Any) -> Any:
    """Where in sixty-four bytes a sequence may begin; of the last two it is not told."""
    periods, spaces = byte_is(text, at, PERIOD), byte_is(text, at, SPACE)
    found = periods & (periods | spaces) >> ONE & periods >> TWO
    found |= byte_is(text, at, ELLIPSIS[0]) & byte_is(text, at, ELLIPSIS[1]) >> ONE
    found |= byte_is(text, at, COLON) & byte_is(text, at, SLASH) >> ONE
    lorem = _is_letter(text, at, LOREM_IPSUM[0]) & _is_letter(text, at, LOREM_IPSUM[1]) >> ONE
    java = _is_letter(text, at, JAVASCRIPT[0]) & _is_letter(text, at, JAVASCRIPT[1]) >> ONE
    return found | java | lorem & _is_letter(text, at, LOREM_IPSUM[2]) >> TWO


@inlined
def _is_letter(text: Any, at: Any, small: Any) -> Any:
    return byte_is(text, at, small) | byte_is(text, at, small - SMALL)


@bare
def _look(data: Any, at: Any, start: Any, end: Any, found: Any, after: Any) -> Any:
    """Count what begins at `at`; `after` says where the last "...", ". . ." and address ended."""
    one = data[at]
    if one == PERIOD:
        _look_at_period(data, at, end, found, after)
    elif one == ELLIPSIS[0]:
        found[2] += data[at + 1] == ELLIPSIS[1] and data[at + 2] == ELLIPSIS[2]
    elif one == COLON:
        _look_at_colon(data, at, max(start, after[2]), end, found, after)
    elif one | SMALL == LOREM_IPSUM[0]:
        found[4] += _is_in_any_case(data, at, end, LOREM_IPSUM)
    elif one | SMALL == JAVASCRIPT[0]:
        found[5] += _is_in_any_case(data, at, end, JAVASCRIPT)


@bare
def _look_at_period(data: Any, at: Any, end: Any, found: Any, after: Any) -> Any:
    if data[at + 2] != PERIOD:
        return
    if data[at + 1] == PERIOD and at >= after[0]:
        found[0], after[0] = found[0] + 1, at + 3
    is_spaced = data[at + 1] == SPACE and at + 4 < end and data[at + 3] == SPACE and data[at + 4] == PERIOD
    if is_spaced and at >= after[1]:
        found[1], after[1] = found[1] + 1, at + 5


@bare
def _look_at_colon(data: Any, at: Any, start: Any, end: Any, found: Any, after: Any) -> Any:
    """Count the characters of an address whose scheme ends at `at`, and begins at `start` or later."""
    if data[at + 1] != SLASH or data[at + 2] != SLASH:
        return
    size, last = max(_size_before(data, start, at, HTTP), _size_before(data, start, at, HTTPS)), at + 3
    while size and last < end and IN_ADDRESS[data[last]]:
        last += 1
    if last > at + 3:
        found[3], after[2] = found[3] + size + last - at, last


@bare
def _size_before(data: Any, start: Any, at: Any, scheme: Any) -> Any:
    """The size of the scheme if it stands before `at`, or 0."""
    if at - start < len(scheme):
        return 0
    for i in range(len(scheme)):
        if data[at - len(scheme) + i] != scheme[i]:
            return 0
    return len(scheme)


@bare
def _is_in_any_case(data: Any, at: Any, end: Any, words: Any) -> Any:
    if at + len(words) > end:
        return False
    for i in range(len(words)):
        byte = data[at + i]
        if (byte | SMALL if words[i] != SPACE else byte) != words[i]:
            return False
    return True


@bare
def count_symbol_words(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """How many words of str.split have "#" or "…" in them."""
    count, text = 0, pointer(data)
    while at < end:
        size = min(end - at, WIDTH)
        symbols = first(size)
        if at + WIDTH <= len(data):
            symbols &= byte_is(text, at, HASH) | byte_is(text, at, ELLIPSIS[0])
        at, base = at + size, at
        while symbols:
            place = base + zeros_below(symbols)
            symbols &= symbols - ONE
            if _is_symbol(data, place, end):
                count, at = count + 1, _find_space(data, place, end, tables)
                break
    return count


@bare
def _is_symbol(data: Any, at: Any, end: Any) -> Any:
    if data[at] == HASH:
        return True
    return at + 2 < end and (data[at], data[at + 1], data[at + 2]) == ELLIPSIS


@bare
def _find_space(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Where the next whitespace begins, or the end."""
    while at < end:
        if data[at] < 0x80:
            if is_ascii_space(data[at]):
                break
            at += 1
        else:
            code, after = decode(data, at, end)
            if property_bits(tables, code) & u.SPACE:
                break
            at = after
    return at


@bare
def count_pairs(data: Any, start: Any, end: Any) -> Any:
    """Carriage returns with a line feed after them."""
    pairs = 0
    for i in range(start, end - 1):
        pairs += data[i] == CR and data[i + 1] == LF
    return pairs
