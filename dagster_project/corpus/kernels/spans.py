"""The spans of a text while it is written: which are open, where they begin and end, what they ask between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels.bare import bare

NEWLINE, TAB, SPACE, CARRIAGE_RETURN = 10, 9, 32, 13
UNKNOWN, ENDED = -1, -2  # starts of open spans: nothing visible has come yet; ended before its mark

# Places of the state. END is after the last visible byte, AT after what is written: white space that may yet go.
# LEVEL is how many newlines are due, RUN how many have come in a row, TABS the cells begun since something was visible.
END, AT, LEVEL, RUN, TABS, IS_FRESH, OPEN, UNSET, HOLDERS, CODES, IN_CODE, LISTS, LOOSE, SPANS, IMAGES, VISIBLE = range(
    16
)
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


def room(size: int, marks: int) -> Text:
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
def ask(text: Any, level: Any) -> Any:
    """So many newlines are due before what comes next, unless that is the first in its cell."""
    state = text.state
    if not state[IS_FRESH]:
        state[LEVEL], state[AT] = max(state[LEVEL], level), state[END]


@bare
def begin(number: Any, text: Any, kinds: Any) -> Any:
    state, kind = text.state, kinds[number]
    traits = TRAITS[kind]
    if text.places[number]:
        return
    if traits != INLINE:
        end_loose(text)
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
        ask(text, 1)
    elif kind == e.CELL or kind == e.HEADER:
        if top >= 0 and kinds[text.open_marks[top]] == e.ROW:
            if text.cells[top]:
                state[TABS] += 1
                state[LEVEL] = state[LEVEL] if text.open_starts[top] < 0 else 0
            text.cells[top] += 1
        state[IS_FRESH], state[AT] = 1, state[END]
    else:
        ask(text, _level(kind, traits, state))


@bare
def _level(kind: Any, traits: Any, state: Any) -> Any:
    """The newlines around a block, as seen from outside it."""
    if traits & HOLDS == traits:
        return 0
    if traits & LINES or state[HOLDERS] or ((kind == e.UNORDERED or kind == e.ORDERED) and state[LISTS]):
        return 1
    return 2


@bare
def end(number: Any, text: Any, kinds: Any) -> Any:
    """End a span, if it was begun, and all in it."""
    place, state = text.places[number] - 1, text.state
    if place < 0:
        return
    kind = kinds[number]
    traits = TRAITS[kind]
    if traits != INLINE and state[IMAGES] and text.open_starts[place] >= 0:
        place_images(text, state[END])
    close(place, text, kinds)
    if kind == e.ROW:
        state[TABS] = 0
    if kind == e.CELL or kind == e.HEADER or kind == e.ROW:
        state[IS_FRESH] = 0
    if traits != INLINE:
        ask(text, _level(kind, traits, state))


@bare
def close(place: Any, text: Any, kinds: Any) -> Any:
    """Close the open spans from this place on; what had nothing visible was none, but for images."""
    state = text.state
    for at in range(state[OPEN] - 1, place - 1, -1):
        number, start = text.open_marks[at], text.open_starts[at]
        kind = kinds[number]
        traits = TRAITS[kind]
        if traits != INLINE:
            end_loose(text)
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
def end_loose(text: Any) -> Any:
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
def place_images(text: Any, at: Any) -> Any:
    for i in range(text.state[IMAGES]):
        span = text.images[i]
        text.starts[span] = text.ends[span] = at
    text.state[IMAGES] = 0
