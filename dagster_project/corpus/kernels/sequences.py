"""Short sequences of bytes that a text holds: ellipses, addresses, two words of C4, line ends of two bytes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import EACH, load64
from dagster_project.corpus.kernels.line_bounds import is_ascii_space
from dagster_project.corpus.kernels.unicode import decode, property_bits

PERIOD, SPACE, COLON, SLASH, HASH, CR, LF = ord("."), ord(" "), ord(":"), ord("/"), ord("#"), 13, 10
SMALL = 0x20  # makes a letter of ASCII small
ELLIPSIS = tuple("…".encode())
CHUNK = 256  # bytes that are looked at together: most hold nothing
HTTP, HTTPS, LOREM_IPSUM, JAVASCRIPT = tuple(b"http"), tuple(b"https"), tuple(b"lorem ipsum"), tuple(b"javascript")
# what follows https:// in NeMo Curator's pattern, whose range from $ to _ is wide
IN_ADDRESS = np.array([c == ord("!") or ord("$") <= c <= ord("_") or ord("a") <= c <= ord("z") for c in range(256)])
BEGINNINGS, NEXT = np.zeros(256, bool), np.zeros(256, bool)  # of sequences: their first and second bytes
BEGINNINGS[[PERIOD, ELLIPSIS[0], COLON, *b"LlJj"]] = True
NEXT[[PERIOD, SPACE, ELLIPSIS[1], SLASH, *b"OoAa"]] = True


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
    found, after = np.zeros(6, np.int64), np.full(3, start)
    for first in range(start, end - 2, CHUNK):
        last = min(first + CHUNK, end - 2)
        if _may_hold(data[first:last], data[first + 1 : last + 1], data[first + 2 : last + 2]):
            for at in range(first, last):
                if BEGINNINGS[data[at]] & NEXT[data[at + 1]]:  # calling for every byte takes ten times as long
                    _look(data, at, start, end, found, after)
    return Sequences(found[0], found[1], found[2], found[3], found[4], found[5])


@bare
def _may_hold(firsts: Any, seconds: Any, thirds: Any) -> Any:
    """Does a sequence begin with any of these? Three views and narrow values, so that vector instructions are used."""
    found = np.uint8(0)
    for i in range(len(thirds)):
        one, two, three = firsts[i], seconds[i], thirds[i]
        dots = np.uint8((one == PERIOD) & ((two == PERIOD) | (two == SPACE)) & (three == PERIOD))
        ellipsis = np.uint8((one == ELLIPSIS[0]) & (two == ELLIPSIS[1]) & (three == ELLIPSIS[2]))
        address = np.uint8((one == COLON) & (two == SLASH) & (three == SLASH))
        small = np.uint8(three | SMALL)
        lorem = np.uint8((np.uint8(one | SMALL) == LOREM_IPSUM[0]) & (np.uint8(two | SMALL) == LOREM_IPSUM[1]))
        java = np.uint8((np.uint8(one | SMALL) == JAVASCRIPT[0]) & (np.uint8(two | SMALL) == JAVASCRIPT[1]))
        lorem = np.uint8(lorem & np.uint8(small == LOREM_IPSUM[2]))
        java = np.uint8(java & np.uint8(small == JAVASCRIPT[2]))
        marks = np.uint8(np.uint8(dots | ellipsis) | address)
        found = np.uint8(found | np.uint8(marks | np.uint8(lorem | java)))
    return found != 0


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
    count = 0
    while at < end:
        if at + 8 <= end and not _holds_symbol(load64(data, np.uint64(at))):
            at += 8
            continue
        is_ellipsis = data[at] == ELLIPSIS[0] and at + 2 < end
        if data[at] == HASH or (is_ellipsis and data[at + 1] == ELLIPSIS[1] and data[at + 2] == ELLIPSIS[2]):
            count += 1
            at = _find_space(data, at, end, tables)
        at += 1
    return count


@bare
def _holds_symbol(eight: Any) -> Any:
    """May one of eight bytes be "#" or the first of "…"? (Mycroft 1987)"""
    hashes, ellipses = eight ^ EACH * np.uint64(HASH), eight ^ EACH * np.uint64(ELLIPSIS[0])
    found = (hashes - EACH) & ~hashes | (ellipses - EACH) & ~ellipses
    return found & EACH * np.uint64(0x80) != 0


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
