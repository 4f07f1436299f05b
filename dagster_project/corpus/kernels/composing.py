"""Editing twice as editing once: edits of an edited text, said of the text that was there first."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.editing import Edits, copy
from dagster_project.corpus.kernels.texts import sealed

END = np.int64(1 << 62)  # after every text


def compose(first: Edits, second: Edits) -> Edits:
    """Edits of the first text that leave what `second` makes of the text that `first` leaves.

    An edit of `second` is joined with those of `first` that it overlaps or touches.
    """
    if not len(first.starts) or not len(second.starts):
        return first if len(first.starts) else second
    edits = len(first.starts) + len(second.starts)
    starts, ends, positions = np.empty(edits, np.int64), np.empty(edits, np.int64), np.zeros(edits + 1, np.int64)
    text = np.empty(len(first.text_bytes) + len(second.text_bytes), np.uint8)
    firsts = np.zeros_like(first.firsts)
    count = _compose(first, second, firsts, starts, ends, text, positions)
    size = positions[count]
    return Edits(
        firsts, starts[:count].copy(), ends[:count].copy(), sealed(text[:size].copy()), positions[: count + 1].copy()
    )


@compiled
def _compose(first: Any, second: Any, firsts: Any, starts: Any, ends: Any, text: Any, positions: Any) -> Any:
    count = 0
    for number in range(len(firsts) - 1):
        i, j, shift = first.firsts[number], second.firsts[number], 0
        last_i, last_j = first.firsts[number + 1], second.firsts[number + 1]
        while i < last_i or j < last_j:
            stop_i, stop_j, grown = _joined(first, second, i, j, last_i, last_j, shift)
            at = _texts(first, second, i, j, stop_i, stop_j, shift, text, positions[count])
            starts[count], ends[count] = _span(first, second, i, j, stop_i, stop_j, shift, grown)
            i, j, shift = stop_i, stop_j, grown
            count += 1
            positions[count] = at
        firsts[number + 1] = count
    return count


@compiled
def _size(edits: Any, i: Any) -> Any:
    return edits.text_offsets[i + 1] - edits.text_offsets[i]


@compiled
def _joined(first: Any, second: Any, i: Any, j: Any, last_i: Any, last_j: Any, shift: Any) -> Any:
    """Past the edits that become one with the next, and by how much the text between is shifted after them."""
    reach = np.int64(-1)
    while True:
        start = first.starts[i] + shift if i < last_i else np.int64(-1)
        takes = i < last_i and (start <= reach if reach >= 0 else j == last_j or start <= second.starts[j])
        if takes:
            reach = max(reach, start + _size(first, i))
            shift += _size(first, i) - (first.ends[i] - first.starts[i])
            i += 1
        elif j < last_j and (reach < 0 or second.starts[j] <= reach):
            reach = max(reach, second.ends[j])
            j += 1
        else:
            return i, j, shift


@compiled
def _span(first: Any, second: Any, i: Any, j: Any, stop_i: Any, stop_j: Any, shift: Any, grown: Any) -> Any:
    """The bytes of the first text that the joined edits replace."""
    if i == stop_i:
        return second.starts[j] - shift, second.ends[stop_j - 1] - shift
    start, end = first.starts[i], first.ends[stop_i - 1]
    if j < stop_j:
        start, end = min(start, second.starts[j] - shift), max(end, second.ends[stop_j - 1] - grown)
    return start, end


@compiled
def _texts(first: Any, second: Any, i: Any, j: Any, stop_i: Any, stop_j: Any, shift: Any, text: Any, at: Any) -> Any:
    """Write what stands in the place of the joined edits: what `second` says, and what it leaves of `first`."""
    done = np.int64(0)
    for k in range(j, stop_j):
        i, shift, at = _left(first, i, stop_i, shift, done, second.starts[k], text, at)
        at = copy(second.text_bytes, second.text_offsets[k], second.text_offsets[k + 1], text, at)
        done = second.ends[k]
    i, shift, at = _left(first, i, stop_i, shift, done, END, text, at)
    return at


@compiled
def _left(first: Any, i: Any, stop: Any, shift: Any, start: Any, end: Any, text: Any, at: Any) -> Any:
    """Write what of the new texts of `first` lies from start to end of the edited text; on from where is returned."""
    while i < stop:
        begin = first.starts[i] + shift
        after = begin + _size(first, i)
        low, high = max(start, begin), min(end, after)
        if low < high:
            offset = first.text_offsets[i] - begin
            at = copy(first.text_bytes, offset + low, offset + high, text, at)
        if after > end:
            break
        shift += _size(first, i) - (first.ends[i] - first.starts[i])
        i += 1
    return i, shift, at
