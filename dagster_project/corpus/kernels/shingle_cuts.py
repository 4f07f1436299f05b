"""Where a word of normalized text comes apart, as datatrove's English tokenizer (spaCy 3.8) has it.

Normalized text has no punctuation left, so little of spaCy is left either: a contraction that lost its apostrophe is
cut in its parts (dont: do nt); a unit is cut from a digit (0km: 0 km); symbols stand alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import GOLDEN, load64
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.unicode import decode, previous, property_bits, slot
from dagster_project.corpus.kernels.vectors import ALL, ONE

ZERO, LETTER_A, LETTER_Z = (np.uint8(ord(c)) for c in "0az")
RELATIONS = (ord("="), ord("<"), ord(">"))
LONGEST = 16  # bytes of the longest word that can be looked up
LONGEST_SPECIAL = 9  # letters: oughtntve
EIGHT = 8  # bytes of a word that its hint is made of
HINTS, HINT_SHIFT = 1 << 14, np.uint64(64 - 14)
SIX, LOW_SIX = np.uint64(6), np.uint64(63)


class CutTables(NamedTuple):
    """What cuts words, as arrays or as pointers to them."""

    pages: Any
    properties: Any
    keys: Any  # of `Exceptions`: two numbers per slot
    actions: Any
    hints: Any  # uint64[HINTS / 64]: a set of hashes; a word of letters alone that is not in it is never cut


@cache
def cut_tables() -> CutTables:
    """The tables, made once per process."""
    tables = u.tables()
    known = tables.exceptions.actions & u.SPECIAL != 0
    return CutTables(tables.pages, tables.properties, *tables.exceptions, _hints(tables.exceptions.keys[known, 0]))


def _hints(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    places = keys * GOLDEN >> HINT_SHIFT
    hints = np.zeros(HINTS // 64, np.uint64)
    np.bitwise_or.at(hints, places >> SIX, ONE << (places & LOW_SIX))
    return hints


@inlined
def pointed(tables: Any) -> Any:
    """The same tables as pointers."""
    return CutTables(
        pointer(tables.pages),
        pointer(tables.properties),
        pointer(tables.keys),
        pointer(tables.actions),
        pointer(tables.hints),
    )


@inlined
def is_hinted(text: Any, start: Any, size: Any, hints: Any) -> Any:
    """May a word of letters be cut? One of more than eight bytes is known by the first eight; as 0 or 1."""
    unused = np.uint64(8) * np.uint64(EIGHT - min(max(size, 1), EIGHT))
    place = (load64(text, np.uint64(start)) & ALL >> unused) * GOLDEN >> HINT_SHIFT
    return hints[place >> SIX] >> (place & LOW_SIX) & np.uint64(size <= LONGEST_SPECIAL)


@bare
def cut(text: Any, start: Any, end: Any, is_odd: Any, cuts: Any, tables: Any) -> Any:
    """Mark where the word text[start:end] comes apart; false if it does not. Odd: not of letters from a to z alone."""
    if is_odd:
        return _cut_odd(text, start, end, cuts, tables)
    return 1 < end - start <= LONGEST_SPECIAL and _cut_special(exception(text, start, end, tables), start, cuts)


@bare
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
    is_cut = start < unit < end and exception(text, unit, end, tables) & u.UNIT != 0
    if is_cut:
        cuts[unit] = 1
    return is_cut


@bare
def exception(text: Any, start: Any, end: Any, tables: Any) -> Any:
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
    while tables.actions[at]:
        if tables.keys[2 * at] == first and tables.keys[2 * at + 1] == second:
            return np.int64(tables.actions[at])
        at = (at + 1) % u.SLOTS
    return np.int64(0)


@bare
def _cut_special(action: Any, start: Any, cuts: Any) -> Any:
    for cut in (action & 0xFF, action >> u.SECOND_CUT_SHIFT & 0xFF):
        if action & u.SPECIAL and cut:
            cuts[start + cut] = 1
    return action & u.SPECIAL != 0


@bare
def _cut_symbolic(text: Any, start: Any, end: Any, cuts: Any, tables: Any) -> Any:
    """spaCy 3.8's loop: cut affixes from both ends until a known word or nothing more is found, then cut at infixes."""
    first, last = start, end
    while first < last and not exception(text, first, last, tables) & u.SPECIAL:
        prefix = _prefix(text, first, last, tables)
        rest = first + prefix
        if prefix and rest < last and exception(text, rest, last, tables) & u.SPECIAL:
            cuts[rest], first = 1, rest
            break
        suffix = _suffix(text, rest, last, tables)
        if suffix and first < last - suffix and exception(text, first, last - suffix, tables) & u.SPECIAL:
            last -= suffix
            cuts[last] = 1
            break
        if not prefix + suffix:
            break
        first, last = rest, last - suffix
        cuts[first], cuts[last] = 1, 1
    if first < last and not _cut_special(exception(text, first, last, tables), first, cuts):
        _cut_infixes(text, first, last, cuts, tables)
    return True


@bare
def _prefix(text: Any, start: Any, end: Any, tables: Any) -> Any:
    code, after = decode(text, start, end)
    return after - start if property_bits(tables, code) & u.PREFIX else 0


@bare
def _suffix(text: Any, start: Any, end: Any, tables: Any) -> Any:
    """The bytes of a unit after a digit, of a currency sign after a digit, or of a symbol."""
    if start == end:
        return 0
    for at in range(end - 1, max(start, end - 1 - LONGEST) - 1, -1):
        if text[at] == ZERO:
            if at + 1 < end and exception(text, at + 1, end, tables) & u.UNIT:
                return end - at - 1
            break
    at = previous(text, end, start)
    code, _ = decode(text, at, end)
    bits = property_bits(tables, code)
    is_price = bits & u.CURRENCY and at > start and text[at - 1] == ZERO
    return end - at if bits & u.SUFFIX or is_price else 0


@bare
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
