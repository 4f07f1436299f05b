"""Marked text becomes text and its spans: marks go, and the white space that they split becomes what structure asks.

Between what is visible stands a space, a newline between lines, rows and items, a blank line between blocks, or a tab
for every cell begun in a row. In preformatted code every byte stays, but for blank lines at its ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import markup as m
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels.bare import bare

NEWLINE, TAB, SPACE, CARRIAGE_RETURN = 10, 9, 32, 13
UNKNOWN, ENDED = -1, -2  # starts of open spans: nothing visible has come yet; ended before its mark

# Places of the state. END is after the last visible byte, AT after what is written: white space that may yet go.
# LEVEL is how many newlines are due, RUN how many have come in a row, TABS the cells begun since something was visible.
END, AT, LEVEL, RUN, TABS, IS_FRESH, OPEN, UNSET, HOLDERS, CODES, IN_CODE, LISTS, LOOSE, SPANS, IMAGES, VISIBLE = range(16)
STATES = 16

INLINE, LINES, BLOCK, HOLDS = 1, 2, 4, 8  # HOLDS: its text needs no paragraph
_TRAITS = {
    BLOCK | HOLDS: (*range(e.H1, e.H6 + 1), e.PARAGRAPH, e.CODE_BLOCK),
    BLOCK: (e.UNORDERED, e.ORDERED, e.TABLE, e.QUOTE),
    LINES | HOLDS: (e.ITEM, e.CAPTION),
    LINES: (e.ROW,),
    HOLDS: (e.CELL, e.HEADER),
    INLINE: (e.LITERAL, e.CODE, e.MATH, e.MATHML, e.LINK, e.IMAGE, e.END),
}
TRAITS = np.array([next(trait for trait, kinds in _TRAITS.items() if kind in kinds) for kind in range(e.END + 1)])


class Text(NamedTuple):
    """A text and its spans, in the order in which they end."""

    out: NDArray[np.uint8]
    marks: NDArray[np.int32]  # of each span; -1 of a paragraph without one
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    open_marks: NDArray[np.int32]
    open_starts: NDArray[np.int32]
    cells: NDArray[np.int32]  # of the open rows
    places: NDArray[np.int32]  # of marks among the open ones, from 1
    images: NDArray[np.int32]  # spans of images without a text: they stand where the next character comes
    state: NDArray[np.int64]


def unmark(
    marked: NDArray[np.uint8], kinds: NDArray[np.uint8], partners: NDArray[np.int32], codes: NDArray[np.int64]
) -> Text:
    """The text uint8[n] without its marks; `codes` are the code points of those that are literals."""
    text = _room(len(marked), len(kinds))
    _unmark(marked, kinds, partners, codes, text)
    return text


def _room(size: int, marks: int) -> Text:
    spans = marks + size // 2 + 2
    text = Text(
        np.empty(2 * size + 16, np.uint8),
        np.empty(spans, np.int32),
        np.empty(spans, np.int32),
        np.empty(spans, np.int32),
        np.empty(marks + 1, np.int32),
        np.empty(marks + 1, np.int32),
        np.empty(marks + 1, np.int32),
        np.zeros(marks + 1, np.int32),
        np.empty(marks + 1, np.int32),
        np.zeros(STATES, np.int64),
    )
    text.state[LOOSE] = UNKNOWN
    return text


@bare
def _unmark(marked: Any, kinds: Any, partners: Any, codes: Any, text: Any) -> Any:
    at, size = 0, len(marked)
    while at < size:
        byte = marked[at]
        code = k.code_at(marked, at) if byte >= 0xF3 else 0
        if code:
            at = _obey(marked, at, code, kinds, partners, codes, text)
        elif byte <= SPACE:
            _keep_back(byte, text)
            at += 1
        else:
            at = _character(marked, at, text)
    _close(0, text, kinds)
    _end_loose(text)
    _place_images(text, text.state[END])


@bare
def _obey(marked: Any, at: Any, code: Any, kinds: Any, partners: Any, codes: Any, text: Any) -> Any:
    """Do what the mark at `at` says; returns where it ends."""
    number = np.int64(0)
    if code >= k.HIGH:
        number, at = (code - k.HIGH) * k.PER_PLANE, at + 4
        code = k.code_at(marked, at) if at < len(marked) else 0
        if not code or code >= k.HIGH:
            return at
    number += code - k.PRIVATE
    if code == k.FILLER or number >= len(kinds):
        return at + 4
    text.state[RUN] = 0
    if kinds[number] == e.LITERAL:
        _show(text)
        _put_literal(codes[number], text)
    elif kinds[number] == e.END:
        _end(partners[number], text, kinds)
    else:
        _begin(number, text, kinds)
    return at + 4


@bare
def _put_literal(code: Any, text: Any) -> Any:
    out, at = text.out, text.state[AT]
    out[at], out[at + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 63
    out[at + 2], out[at + 3] = 0x80 | code >> 6 & 63, 0x80 | code & 63
    text.state[AT] = text.state[END] = at + 4
    text.state[VISIBLE] += 1


@bare
def _keep_back(byte: Any, text: Any) -> Any:
    """White space waits for something visible; in code it is kept as it is."""
    state, at = text.state, text.state[AT]
    if byte != NEWLINE and byte != SPACE and byte != TAB and byte != CARRIAGE_RETURN and byte != 12 and byte != 11:
        return  # a control character
    if state[CODES]:
        text.out[at] = byte
        state[AT] = at + 1
        if byte == NEWLINE and not state[IN_CODE]:
            state[AT] = state[END]  # a blank line before the first
    elif byte == NEWLINE:
        state[RUN] += 1
        _raise(text, min(state[RUN], 2))
    elif not state[LEVEL] and not state[TABS] and at > 0 and (at == state[END] or text.out[at - 1] != SPACE):
        text.out[at] = SPACE
        state[AT] = at + 1


@bare
def _raise(text: Any, level: Any) -> Any:
    """So many newlines are due before what comes next, unless that is the first in its cell."""
    state = text.state
    if not state[IS_FRESH]:
        state[LEVEL], state[AT] = max(state[LEVEL], level), state[END]


@bare
def _character(marked: Any, at: Any, text: Any) -> Any:
    """Write one character; returns where it ends."""
    byte = marked[at]
    white = m.white(marked, at, len(marked)) if byte >= 0xC2 else 0
    state, out = text.state, text.out
    if white:
        if (state[CODES] or not (state[LEVEL] or state[TABS])) and state[AT] > 0:
            for i in range(white):
                out[state[AT] + i] = marked[at + i]
            state[AT] += white
        return at + white
    if state[AT] != state[END] or state[LEVEL] or state[TABS] or state[UNSET] < state[OPEN] or state[LOOSE] < 0:
        _show(text)
    size = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
    place = state[AT]
    for i in range(min(size, len(marked) - at)):
        out[place + i] = marked[at + i]
    state[AT] = state[END] = place + min(size, len(marked) - at)
    state[VISIBLE] += 1
    return at + size


@bare
def _show(text: Any) -> Any:
    """Write the white space that is due before something visible, and begin what begins with it."""
    state = text.state
    start = _separate(text)
    state[LEVEL] = state[TABS] = state[IS_FRESH] = 0
    state[IN_CODE] = state[CODES]
    if state[IMAGES]:
        _place_images(text, start)
    for i in range(state[UNSET], state[OPEN]):
        text.open_starts[i] = start
    state[UNSET] = state[OPEN]
    if state[LOOSE] < 0 and state[HOLDERS] == 0:
        state[LOOSE] = start


@bare
def _separate(text: Any) -> Any:
    """Write newlines and tabs; returns where the next span begins: the indentation of code is part of it."""
    state, out = text.state, text.out
    if state[LEVEL] == 2:
        _end_loose(text)
    end, at = state[END], state[AT]
    is_indented = state[CODES] > 0 and not state[IN_CODE]
    if not is_indented and not state[LEVEL] and not state[TABS]:
        state[AT] = at if end else 0
        return state[AT]
    level = state[LEVEL] if end else 0
    tabs = state[TABS] if end else 0
    indentation = at - end if is_indented else 0
    for i in range(indentation - 1, -1, -1):
        out[end + level + tabs + i] = out[end + i]
    for i in range(level + tabs):
        out[end + i] = NEWLINE if i < level else TAB
    state[AT] = end + level + tabs + indentation
    return end + level + tabs


@bare
def _begin(number: Any, text: Any, kinds: Any) -> Any:
    state, kind = text.state, kinds[number]
    traits = TRAITS[kind]
    if text.places[number]:
        return
    if traits != INLINE:
        _end_loose(text)
        _begin_block(kind, traits, text, kinds)
    at = state[OPEN]
    text.open_marks[at], text.open_starts[at], text.cells[at] = number, UNKNOWN, 0
    text.places[number] = at + 1
    state[OPEN] = at + 1
    state[HOLDERS] += traits & HOLDS != 0
    state[CODES] += kind == e.CODE_BLOCK
    state[LISTS] += kind == e.UNORDERED or kind == e.ORDERED
    if kind == e.CODE_BLOCK:
        state[AT] = state[END]


@bare
def _begin_block(kind: Any, traits: Any, text: Any, kinds: Any) -> Any:
    state, top = text.state, text.state[OPEN] - 1
    if kind == e.ROW:
        if top >= 0 and text.open_starts[top] >= 0:
            state[LEVEL] = 0  # whatever the last cell asked for
        _raise(text, 1)
    elif kind == e.CELL or kind == e.HEADER:
        if top >= 0 and kinds[text.open_marks[top]] == e.ROW:
            if text.cells[top]:
                state[TABS] += 1
                state[LEVEL] = state[LEVEL] if text.open_starts[top] < 0 else 0
            text.cells[top] += 1
        state[IS_FRESH], state[AT] = 1, state[END]
    else:
        _raise(text, _level(kind, traits, state))


@bare
def _level(kind: Any, traits: Any, state: Any) -> Any:
    """The newlines around a block, as seen from outside it."""
    if traits & HOLDS == traits:
        return 0
    if traits & LINES or state[HOLDERS] or ((kind == e.UNORDERED or kind == e.ORDERED) and state[LISTS]):
        return 1
    return 2


@bare
def _end(number: Any, text: Any, kinds: Any) -> Any:
    """End a span, if it was begun, and all in it."""
    place, state = text.places[number] - 1, text.state
    if place < 0:
        return
    kind = kinds[number]
    traits = TRAITS[kind]
    if traits != INLINE and state[IMAGES] and text.open_starts[place] >= 0:
        _place_images(text, state[END])
    _close(place, text, kinds)
    if kind == e.ROW:
        state[TABS] = 0
    if kind == e.CELL or kind == e.HEADER or kind == e.ROW:
        state[IS_FRESH] = 0
    if traits != INLINE:
        _raise(text, _level(kind, traits, state))


@bare
def _close(place: Any, text: Any, kinds: Any) -> Any:
    """Close the open spans from this place on; what had nothing visible was none, but for images."""
    state = text.state
    for at in range(state[OPEN] - 1, place - 1, -1):
        number, start = text.open_marks[at], text.open_starts[at]
        kind = kinds[number]
        traits = TRAITS[kind]
        if traits != INLINE:
            _end_loose(text)
            start = text.open_starts[at]
        if start >= 0:
            _record(number, start, state[END], text)
        elif start == UNKNOWN and kind == e.IMAGE:
            text.images[state[IMAGES]] = state[SPANS]
            state[IMAGES] += 1
            _record(number, 0, 0, text)
        text.places[number] = 0
        state[HOLDERS] -= traits & HOLDS != 0
        state[LISTS] -= kind == e.UNORDERED or kind == e.ORDERED
        if kind == e.CODE_BLOCK:
            state[CODES] -= 1
            state[IN_CODE], state[AT] = state[CODES], state[END]
    state[OPEN], state[UNSET] = place, min(state[UNSET], place)


@bare
def _record(number: Any, start: Any, end: Any, text: Any) -> Any:
    at = text.state[SPANS]
    text.marks[at], text.starts[at], text.ends[at] = number, start, end
    text.state[SPANS] = at + 1


@bare
def _end_loose(text: Any) -> Any:
    """End the paragraph that no mark began, and with it what was begun inside it."""
    state = text.state
    loose = state[LOOSE]
    if loose < 0:
        return
    for at in range(state[OPEN] - 1, -1, -1):
        start = text.open_starts[at]
        if start > loose:
            _record(text.open_marks[at], start, state[END], text)
            text.open_starts[at] = ENDED
        elif start >= 0:
            break
    _record(-1, loose, state[END], text)
    state[LOOSE] = UNKNOWN


@bare
def _place_images(text: Any, at: Any) -> Any:
    for i in range(text.state[IMAGES]):
        span = text.images[i]
        text.starts[span] = text.ends[span] = at
    text.state[IMAGES] = 0
