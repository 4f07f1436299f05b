"""Marked text becomes text and its spans: marks go, and the white space that they split becomes what structure asks.

Between what is visible stands a space, a newline between lines, rows and items, a blank line between blocks, or a tab
for every cell begun in a row. In preformatted code every byte stays, but for blank lines at its ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import elements as e
from dagster_project.corpus.kernels import marks as k
from dagster_project.corpus.kernels import references as r
from dagster_project.corpus.kernels import spans as s
from dagster_project.corpus.kernels.bare import bare


def unmark(
    marked: NDArray[np.uint8], kinds: NDArray[np.uint8], partners: NDArray[np.int32], codes: NDArray[np.int64]
) -> s.Text:
    """The text uint8[n] without its marks; `codes` are the code points of those that are literals."""
    text = s.room(len(marked), len(kinds))
    _unmark(marked, kinds, partners, codes, text)
    return text


@bare
def _unmark(marked: Any, kinds: Any, partners: Any, codes: Any, text: Any) -> Any:
    at, size = 0, len(marked)
    while at < size:
        byte = marked[at]
        code = k.code_at(marked, at) if byte >= 0xF3 else 0
        if code:
            at = _obey(marked, at, code, kinds, partners, codes, text)
        elif byte <= s.SPACE:
            _keep_back(byte, text)
            at += 1
        else:
            at = _run(marked, _character(marked, at, text), text)
    s.close(0, text, kinds)
    s.end_loose(text)
    s.place_images(text, text.state[s.END])


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
    text.state[s.RUN] = 0
    if kinds[number] == e.LITERAL:
        _show(text)
        _put_literal(codes[number], text)
    elif kinds[number] == e.END:
        s.end(partners[number], text, kinds)
    else:
        s.begin(number, text, kinds)
    return at + 4


@bare
def _put_literal(code: Any, text: Any) -> Any:
    out, at = text.out, text.state[s.AT]
    out[at], out[at + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 63
    out[at + 2], out[at + 3] = 0x80 | code >> 6 & 63, 0x80 | code & 63
    text.state[s.AT] = text.state[s.END] = at + 4
    text.state[s.VISIBLE] += 1


@bare
def _keep_back(byte: Any, text: Any) -> Any:
    """White space waits for something visible; in code it is kept as it is."""
    state, at = text.state, text.state[s.AT]
    if (
        byte != s.NEWLINE
        and byte != s.SPACE
        and byte != s.TAB
        and byte != s.CARRIAGE_RETURN
        and byte != 12
        and byte != 11
    ):
        return  # a control character
    if state[s.CODES]:
        text.out[at] = byte
        state[s.AT] = at + 1
        if byte == s.NEWLINE and not state[s.IN_CODE]:
            state[s.AT] = state[s.END]  # a blank line before the first
    elif byte == s.NEWLINE:
        state[s.RUN] += 1
        s.ask(text, min(state[s.RUN], 2))
    elif not state[s.LEVEL] and not state[s.TABS] and at > 0 and (at == state[s.END] or text.out[at - 1] != s.SPACE):
        text.out[at] = s.SPACE
        state[s.AT] = at + 1


@bare
def _character(marked: Any, at: Any, text: Any) -> Any:
    """Write one character; returns where it ends."""
    byte = marked[at]
    white = r.white(marked, at, len(marked)) if byte >= 0xC2 else 0
    state, out = text.state, text.out
    if white:
        if (state[s.CODES] or not (state[s.LEVEL] or state[s.TABS])) and state[s.AT] > 0:
            for i in range(white):
                out[state[s.AT] + i] = marked[at + i]
            state[s.AT] += white
        return at + white
    if (
        state[s.AT] != state[s.END]
        or state[s.LEVEL]
        or state[s.TABS]
        or state[s.UNSET] < state[s.OPEN]
        or state[s.LOOSE] < 0
    ):
        _show(text)
    size = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
    place = state[s.AT]
    for i in range(min(size, len(marked) - at)):
        out[place + i] = marked[at + i]
    state[s.AT] = state[s.END] = place + min(size, len(marked) - at)
    state[s.VISIBLE] += 1
    return at + size


@bare
def _run(marked: Any, at: Any, text: Any) -> Any:
    """Copy on while there is nothing to decide: characters that are visible, and single spaces between such."""
    state, out, size = text.state, text.out, len(marked)
    place, start, visible = state[s.END], state[s.END], 0
    if state[s.AT] != place:
        return at
    while at < size:
        byte = marked[at]
        if byte == s.SPACE:
            if at + 1 == size or not (s.SPACE < marked[at + 1] < 0x80):
                break
        elif byte < s.SPACE or byte == 0xC2 or (0xE1 <= byte <= 0xE3) or byte >= 0xF3:
            break
        out[place] = byte
        visible += byte != s.SPACE and (byte < 0x80 or byte >= 0xC2)
        place, at = place + 1, at + 1
    if place > start:
        state[s.AT] = state[s.END] = place
        state[s.VISIBLE] += visible
    return at


@bare
def _show(text: Any) -> Any:
    """Write the white space that is due before something visible, and begin what begins with it."""
    state = text.state
    start = _separate(text)
    state[s.LEVEL] = state[s.RUN] = state[s.TABS] = state[s.IS_FRESH] = 0
    state[s.IN_CODE] = state[s.CODES]
    if state[s.IMAGES]:
        s.place_images(text, start)
    for i in range(state[s.UNSET], state[s.OPEN]):
        text.open_starts[i] = start
    state[s.UNSET] = state[s.OPEN]
    if state[s.LOOSE] < 0 and state[s.HOLDERS] == 0:
        state[s.LOOSE] = start


@bare
def _separate(text: Any) -> Any:
    """Write newlines and tabs; returns where the next span begins: the indentation of code is part of it."""
    state, out = text.state, text.out
    if state[s.LEVEL] == 2:
        s.end_loose(text)
    end, at = state[s.END], state[s.AT]
    is_indented = state[s.CODES] > 0 and not state[s.IN_CODE]
    if not is_indented and not state[s.LEVEL] and not state[s.TABS]:
        state[s.AT] = at if end else 0
        return state[s.AT]
    level = state[s.LEVEL] if end else 0
    tabs = state[s.TABS] if end else 0
    indentation = at - end if is_indented else 0
    for i in range(indentation - 1, -1, -1):
        out[end + level + tabs + i] = out[end + i]
    for i in range(level + tabs):
        out[end + i] = s.NEWLINE if i < level else s.TAB
    state[s.AT] = end + level + tabs + indentation
    return end + level + tabs
