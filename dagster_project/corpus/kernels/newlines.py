"""Edits that write newlines: runs of them cut short, and lines of pipes made empty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.editing import Edits, Kept, keep_only
from dagster_project.corpus.kernels.line_bounds import line_end
from dagster_project.corpus.kernels.texts import Bytes, Offsets, sealed

LF, SPACE, PIPE = 10, 32, ord("|")


def limit_newlines(data: Bytes, offsets: Offsets, most: int) -> Edits:
    """The edits that leave at most so many newlines in a row (DCLM's newline_removal_modifier)."""
    starts, ends = (np.empty(len(data) // (most + 1) + len(offsets), np.int64) for _ in range(2))
    firsts = np.zeros_like(offsets)
    count = _find_runs(data, offsets, most, firsts, starts, ends)
    return Edits(
        firsts, starts[:count].copy(), ends[:count].copy(), sealed(np.empty(0, np.uint8)), np.zeros(count + 1, np.int64)
    )


@bare
def _find_runs(data: Any, offsets: Any, most: Any, firsts: Any, starts: Any, ends: Any) -> Any:
    count = 0
    for i in range(len(offsets) - 1):
        begin = offsets[i]
        for at in range(offsets[i], offsets[i + 1] + 1):
            if at < offsets[i + 1] and data[at] == LF:
                continue
            if at - begin > most:
                starts[count], ends[count] = begin + most - offsets[i], at - offsets[i]
                count += 1
            begin = at + 1
        firsts[i + 1] = count
    return count


def pipes_to_newlines(data: Bytes, offsets: Offsets) -> tuple[Edits, NDArray[np.int64]]:
    """The edits that leave an empty line for each run of lines of "|" and spaces, and how many lines went, by document.

    FineWeb2's use of datatrove's SymbolLinesFormatter: lines are those of splitlines, joined by newlines, and where the
    run stood one more stands.
    """
    most = len(data) // 2 + len(offsets)  # between two pieces is a byte at least
    starts, ends, breaks = (np.empty(most, np.int64) for _ in range(3))
    tails, removed = np.zeros(len(offsets) - 1, np.int64), np.zeros(len(offsets) - 1, np.int64)
    firsts, count = np.zeros_like(offsets), 0
    count = _find_pieces(data, offsets, firsts, starts, ends, breaks, tails, removed, u.characters())
    return keep_only(data, offsets, Kept(firsts, starts[:count], ends[:count], breaks[:count], tails)), removed


@bare
def _find_pieces(
    data: Any, offsets: Any, firsts: Any, starts: Any, ends: Any, breaks: Any, tails: Any, removed: Any, tables: Any
) -> Any:
    count = 0
    for i in range(len(offsets) - 1):
        at, end, lines, in_run = offsets[i], offsets[i + 1], 0, False
        pending = 0
        while at < end:
            stop, following = line_end(data, at, end, tables)
            if _is_pipes(data, at, stop):
                removed[i] += 1
                pending += 0 if in_run else 1 + (lines > 0)
                lines, in_run = lines + 1, True
            else:
                pending += lines > 0
                lines, in_run = lines + 1, False
                if at < stop:
                    starts[count], ends[count], breaks[count] = at - offsets[i], stop - offsets[i], pending
                    count, pending = count + 1, 0
            at = following
        firsts[i + 1], tails[i] = count, pending
    return count


@bare
def _is_pipes(data: Any, at: Any, end: Any) -> Any:
    has_pipe = False
    while at < end and (data[at] == PIPE or data[at] == SPACE):
        has_pipe |= data[at] == PIPE
        at += 1
    return has_pipe and at == end
