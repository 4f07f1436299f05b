"""Words of normalized text as datatrove's English tokenizer has them, and the hashes of their n-grams.

Normalized text has no punctuation left, so little of spaCy is left either: words end at spaces; a contraction that
lost its apostrophe is cut in its parts (dont: do nt); a unit is cut from a digit (0km: 0 km); symbols stand alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import EACH, bytes_before, load64, mask_before, store64, xxh64
from dagster_project.corpus.kernels.normalization import SLACK
from dagster_project.corpus.kernels.unicode import decode, previous, property_bits, slot

SPACE, ZERO = np.uint8(32), np.uint8(48)
LETTER_A, LETTER_Z = np.uint8(97), np.uint8(122)
RELATIONS = (ord("="), ord("<"), ord(">"))
LONGEST = 16  # bytes of the longest word that can be looked up
LONGEST_SPECIAL = 9  # letters: oughtntve
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


class Room(NamedTuple):
    """Where `split` writes; sized by `room` for texts of at most so many bytes, and used again for each."""

    joined: NDArray[np.uint8]  # the words, one space after each
    words: NDArray[np.int32]  # where each begins in `joined`, and where the next one would
    cuts: NDArray[np.uint8]  # all zero between calls


@compiled
def room(size: Any) -> Any:
    """Room for any text of `size` bytes: at worst every byte is a word and gets a space."""
    return Room(np.empty(2 * size + SLACK, np.uint8), np.empty(size + 1, np.int32), np.zeros(size + 1, np.uint8))


@compiled
def hash_shingles(room: Any, first: Any, count: Any, ngram: Any, hashes: Any) -> Any:
    """Write the xxh64 of `count` shingles from `first`: `ngram` words joined by one space, each one word further."""
    for i in range(count):
        hashes[i] = xxh64(room.joined, room.words[first + i], room.words[first + i + ngram] - 1)


@compiled
def split(text: Any, end: Any, room: Any, tables: Any) -> Any:
    """Write the words of text[:end], which is normalized, to `room`; returns how many there are.

    SLACK bytes of `text` after `end` are read and may be anything, but the first of them is made a space.
    """
    count, out, at, known = 0, 0, 0, tables.exceptions
    room.words[0], text[end] = 0, SPACE
    while at < end:
        size, is_odd = _scan(text, at, room.joined, out)
        stop = at + size
        # as a function of its own this is not inlined, and the loop takes four times as long
        if is_odd:
            is_cut = _cut_odd(text, at, stop, room.cuts, tables)
        else:
            is_cut = 1 < size <= LONGEST_SPECIAL and _cut_special(exception(text, at, stop, known), at, room.cuts)
        if is_cut:
            count, out = _write_parts(text, at, stop, count, out, room)
        elif size:
            count, out = _close_word(count, out + size, room)
        at = stop + 1
    return count


@compiled
def _scan(text: Any, at: Any, target: Any, out: Any) -> Any:
    """Copy up to the next space, eight bytes at a time; returns the size, and is anything there but letters a to z?"""
    source, sink, size, odd = np.uint64(at), np.uint64(out), np.uint64(0), np.uint64(0)
    inside = ALL
    while inside == ALL:
        eight = load64(text, source + size)
        store64(target, sink + size, eight)
        spaces = _zero_bytes(eight ^ EACH * np.uint64(32))
        inside = mask_before(spaces)
        odd |= inside & (
            eight & EACH * np.uint64(128) | ~eight & EACH * np.uint64(64) | _zero_bytes(eight ^ EACH * np.uint64(96))
        )
        size += bytes_before(spaces)
    return np.int64(size), odd != 0


@compiled
def _zero_bytes(eight: Any) -> Any:
    """The high bit of every zero byte; above the lowest one there may be false ones (Mycroft 1987)."""
    return (eight - EACH) & ~eight & EACH * np.uint64(128)


@compiled
def _close_word(count: Any, out: Any, room: Any) -> Any:
    room.joined[out] = SPACE
    room.words[count + 1] = out + 1
    return count + 1, out + 1


@compiled
def _write_parts(text: Any, start: Any, end: Any, count: Any, out: Any, room: Any) -> Any:
    for i in range(start, end):
        if room.cuts[i] and i > start:
            count, out = _close_word(count, out, room)
        room.joined[out] = text[i]
        out += 1
    room.cuts[start : end + 1] = 0
    return _close_word(count, out, room)


@compiled
def _cut_odd(text: Any, start: Any, end: Any, cuts: Any, tables: Any) -> Any:
    """Mark where a word with a digit or a symbol comes apart; false if it does not."""
    if end - start == 1:
        return False
    unit = start
    for i in range(start, end):
        if text[i] == ZERO:
            unit = i + 1
        elif text[i] < LETTER_A or text[i] > LETTER_Z:
            return _cut_symbolic(text, start, end, cuts, tables)
    is_cut = start < unit < end and exception(text, unit, end, tables.exceptions) & u.UNIT != 0
    if is_cut:
        cuts[unit] = 1
    return is_cut


@compiled
def exception(text: Any, start: Any, end: Any, exceptions: Any) -> Any:
    """What the table says of a word: SPECIAL with its cuts, UNIT, or 0."""
    size = end - start
    if size > LONGEST:
        return np.int64(0)
    first, second = load64(text, np.uint64(start)), np.uint64(0)
    if size > 8:
        second = load64(text, np.uint64(start + 8)) & (ALL >> np.uint64(8 * (16 - size)))
    else:
        first &= ALL >> np.uint64(8 * (8 - size))
    at = slot(first, second)
    while exceptions.actions[at]:
        if exceptions.keys[at, 0] == first and exceptions.keys[at, 1] == second:
            return np.int64(exceptions.actions[at])
        at = (at + 1) % u.SLOTS
    return np.int64(0)


@compiled
def _cut_special(action: Any, start: Any, cuts: Any) -> Any:
    for cut in (action & 0xFF, action >> u.SECOND_CUT_SHIFT & 0xFF):
        if action & u.SPECIAL and cut:
            cuts[start + cut] = 1
    return action & u.SPECIAL != 0


@compiled
def _cut_symbolic(text: Any, start: Any, end: Any, cuts: Any, tables: Any) -> Any:
    """spaCy 3.8's loop: cut affixes from both ends until a known word or nothing more is found, then cut at infixes."""
    first, last = start, end
    while first < last and not exception(text, first, last, tables.exceptions) & u.SPECIAL:
        prefix = _prefix(text, first, last, tables)
        rest = first + prefix
        if prefix and rest < last and exception(text, rest, last, tables.exceptions) & u.SPECIAL:
            cuts[rest], first = 1, rest
            break
        suffix = _suffix(text, rest, last, tables)
        if suffix and first < last - suffix and exception(text, first, last - suffix, tables.exceptions) & u.SPECIAL:
            last -= suffix
            cuts[last] = 1
            break
        if not prefix + suffix:
            break
        first, last = rest, last - suffix
        cuts[first], cuts[last] = 1, 1
    if first < last and not _cut_special(exception(text, first, last, tables.exceptions), first, cuts):
        _cut_infixes(text, first, last, cuts, tables)
    return True


@compiled
def _prefix(text: Any, start: Any, end: Any, tables: Any) -> Any:
    code, after = decode(text, start, end)
    return after - start if property_bits(tables, code) & u.PREFIX else 0


@compiled
def _suffix(text: Any, start: Any, end: Any, tables: Any) -> Any:
    """The bytes of a unit after a digit, of a currency sign after a digit, or of a symbol."""
    if start == end:
        return 0
    for at in range(end - 1, max(start, end - 1 - LONGEST) - 1, -1):
        if text[at] == ZERO:
            if at + 1 < end and exception(text, at + 1, end, tables.exceptions) & u.UNIT:
                return end - at - 1
            break
    at = previous(text, end, start)
    code, _ = decode(text, at, end)
    bits = property_bits(tables, code)
    is_price = bits & u.CURRENCY and at > start and text[at - 1] == ZERO
    return end - at if bits & u.SUFFIX or is_price else 0


@compiled
def _cut_infixes(text: Any, start: Any, end: Any, cuts: Any, tables: Any) -> Any:
    """Cut around symbols; around = < > (left of ≠ ≮ ≯) only between letters, or a digit and a letter."""
    at, before = start, np.int64(0)
    while at < end:
        code, after = decode(text, at, end)
        bits = property_bits(tables, code)
        is_infix = bits & u.INFIX != 0
        if code in RELATIONS and before and after < end:
            following, _ = decode(text, after, end)
            is_infix = property_bits(tables, following) & u.ALPHA != 0
        if at > start and is_infix:
            cuts[at], cuts[after] = 1, 1
        at, before = after, bits & u.ALPHA | (code == ZERO)
