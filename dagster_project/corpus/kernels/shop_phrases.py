"""Three phrases that RefinedWeb cuts from short lines: "items in cart", "Read more..." at the end, "Sign-in" in front.

As DCLM's patterns have them: letters of ASCII in any case, one white space before the first two and after the third
goes with them, and the three periods are any three characters. Lines that are blank afterwards go.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.line_bounds import count_words, strip_end, strip_start
from dagster_project.corpus.kernels.phrases import find, match, phrase
from dagster_project.corpus.kernels.unicode import decode, previous, property_bits

LF = 10
CART, MORE, SIGN_IN = phrase("items in cart"), phrase("read more"), phrase("sign-in")
ANYWHERE, AT_END, IN_FRONT = range(3)
HINTS = tuple(tuple(piece.encode()) for piece in ("ms i", "ad m", "gn-i"))


class Work(NamedTuple):
    """A text that phrases are cut from in its place."""

    text: NDArray[np.uint8]
    origins: NDArray[np.int64]  # where in the data each byte stands; of a newline nothing
    bounds: NDArray[np.int64]  # where the text begins and ends


@bare
def holds_phrase(data: Any, start: Any, end: Any) -> Any:
    """Is one of the phrases there, wherever it stands?"""
    if not _may_hold(data, start, end):
        return False
    is_there = find(data, start, end, CART)[0] < end or find(data, start, end, MORE)[0] < end
    return is_there or find(data, start, end, SIGN_IN)[0] < end


@bare
def _may_hold(data: Any, start: Any, end: Any) -> Any:
    """Are four bytes of a phrase there? Without a branch, for vector instructions."""
    size = max(end - start - 3, 0)
    one, two = data[start : start + size], data[start + 1 : start + 1 + size]
    three, four = data[start + 2 : start + 2 + size], data[start + 3 : start + 3 + size]
    found = False
    for i in range(size):
        a, b, c, d = one[i] | np.uint8(32), two[i] | np.uint8(32), three[i] | np.uint8(32), four[i] | np.uint8(32)
        found |= (a == HINTS[0][0]) & (b == HINTS[0][1]) & (c == HINTS[0][2]) & (d == HINTS[0][3])
        found |= (a == HINTS[1][0]) & (b == HINTS[1][1]) & (c == HINTS[1][2]) & (d == HINTS[1][3])
        found |= (a == HINTS[2][0]) & (b == HINTS[2][1]) & (c == HINTS[2][2]) & (d == HINTS[2][3])
    return found


@bare
def load(data: Any, starts: Any, ends: Any, first: Any, last: Any, work: Any) -> Any:
    """Take lines of the data, joined by newlines."""
    to = 0
    for i in range(first, last):
        if i > first:
            work.text[to], work.origins[to] = LF, -1
            to += 1
        for at in range(starts[i], ends[i]):
            work.text[to], work.origins[to] = data[at], at
            to += 1
    work.bounds[0], work.bounds[1] = 0, to


@bare
def cut_all(work: Any, most_words: Any, tables: Any) -> Any:
    """Cut the phrases from lines of at most so many words, one phrase after the other; how many lines lost one."""
    changed = 0
    for place in range(3):
        changed += _cut(work, place, most_words, tables)
        start = strip_start(work.text, work.bounds[0], work.bounds[1], tables)
        work.bounds[0], work.bounds[1] = start, strip_end(work.text, start, work.bounds[1], tables)
    return changed


@bare
def _cut(work: Any, place: Any, most_words: Any, tables: Any) -> Any:
    text, at, end = work.text, work.bounds[0], work.bounds[1]
    to, lines, changed = at, 0, 0
    while at <= end:
        stop = at
        while stop < end and text[stop] != LF:
            stop += 1
        size, begin = stop - at, to + (lines > 0)
        is_short = count_words(text, at, stop, tables) <= most_words
        after = _cut_line(work, at, stop, begin, place if is_short else -1, tables)
        changed += after - begin < size
        if not (is_short and size and strip_start(text, begin, after, tables) == after):
            if lines:
                text[to], work.origins[to] = LF, -1
            to, lines = after, lines + 1
        at = stop + 1
    work.bounds[1] = to
    return changed


@bare
def _cut_line(work: Any, at: Any, stop: Any, to: Any, place: Any, tables: Any) -> Any:
    """Copy a line to where the text before it has ended, without the phrase; returns where that ends."""
    end = stop
    if place == IN_FRONT:
        at = _skip_front(work.text, at, stop, tables)
    elif place == AT_END:
        end = _end_without(work.text, at, stop, tables)
    while at < end:
        after = _skip_cart(work.text, at, end, tables) if place == ANYWHERE else 0
        if after:
            at = after
        else:
            work.text[to], work.origins[to] = work.text[at], work.origins[at]
            at, to = at + 1, to + 1
    return to


@bare
def _skip_cart(text: Any, at: Any, end: Any, tables: Any) -> Any:
    """Where the phrase ends that begins here or after one white space; 0 where there is none."""
    if text[at] & 0xC0 == 0x80:
        return 0
    code, after = decode(text, at, end)
    if property_bits(tables, code) & u.SPACE:
        return match(text, after, end, CART)
    return match(text, at, end, CART)


@bare
def _skip_front(text: Any, at: Any, end: Any, tables: Any) -> Any:
    after = match(text, at, end, SIGN_IN)
    if not after:
        return at
    if after < end:
        code, following = decode(text, after, end)
        if property_bits(tables, code) & u.SPACE:
            return following
    return after


@bare
def _end_without(text: Any, start: Any, end: Any, tables: Any) -> Any:
    """Where the line ends before the phrase, three characters and, in front, one white space; its end otherwise."""
    at = end
    for _ in range(3):
        if at == start:
            return end
        at = previous(text, at, start)
    at -= len(MORE)
    if at < start or not match(text, at, end, MORE):
        return end
    if at > start:
        before = previous(text, at, start)
        if property_bits(tables, decode(text, before, at)[0]) & u.SPACE:
            return before
    return at
