"""What lines begin and end with, for every rule that asks."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.line_spans import strip
from dagster_project.corpus.kernels.punctuation import is_terminal
from dagster_project.corpus.kernels.unicode import decode, previous, property_bits

STAR, HYPHEN, BULLET, DISC, PERIOD, ELLIPSIS = (ord(mark) for mark in "*-•●.…")
CR = 13
# the bits of what a line ends with, and begins with
END_MARK, SENTENCE_END, CODE_END = 1, 2, 4
# RedPajama-V2, app/src/core/quality_signals/lines.py
SYMBOL_BULLETS = tuple(ord(mark) for mark in "•‣▶◀◦■□▪▫–")
ENDS = np.array(
    [
        (chr(c) in ".?!\"'") * END_MARK | (chr(c) in ".!?") * SENTENCE_END | (chr(c) in ";{}") * CODE_END
        for c in range(128)
    ],
    np.uint8,
)
RIGHT_QUOTE = ord("”")
TERMINAL_LINES, END_MARK_LINES, SENTENCE_END_LINES, CODE_LINES = range(4)
BULLET_LINES, ELLIPSIS_LINES, SPACED_ELLIPSIS_LINES, MARKED_LINES, SYMBOL_BULLET_LINES, FLUSH_BULLETS, FLUSH_ELLIPSES = (
    range(7)
)


@compiled
def judge_line(data: Any, whole: Any, line: Any, ends: Any, marks: Any, is_piece: Any) -> Any:
    """Add a nonblank line, data[line[0]:line[1]] without the whitespace around it, to the counts of ends and of marks.

    `whole` is where it begins and ends with that whitespace; `is_piece`: is it a line of str.splitlines, too?
    """
    first, _ = decode(data, line[0], line[1])
    at = previous(data, line[1], line[0])
    last, _ = decode(data, at, line[1])
    kind = np.int64(ENDS[last]) if last < 0x80 else SENTENCE_END * (last == RIGHT_QUOTE)
    is_flush_left, is_flush_right = line[0] == whole[0], line[1] == whole[1]
    ends[TERMINAL_LINES] += is_flush_right and is_terminal(last)
    ends[END_MARK_LINES] += kind & END_MARK != 0
    ends[SENTENCE_END_LINES] += kind & SENTENCE_END != 0
    ends[CODE_LINES] += kind & CODE_END != 0
    is_ellipsis = last == ELLIPSIS or (last == PERIOD and _dots_before(data, at, line[0], 1))
    marks[SPACED_ELLIPSIS_LINES] += is_ellipsis or (last == PERIOD and _dots_before(data, at, line[0], 2))
    marks[MARKED_LINES] += first == STAR or first == HYPHEN or first == BULLET or first == DISC
    marks[SYMBOL_BULLET_LINES] += first >= 0x80 and _is_symbol_bullet(first)
    marks[FLUSH_BULLETS] += is_flush_left and (first == STAR or first == HYPHEN)
    marks[FLUSH_ELLIPSES] += is_flush_right and last == ELLIPSIS
    if is_piece:
        marks[BULLET_LINES] += first == BULLET or first == HYPHEN
        marks[ELLIPSIS_LINES] += is_ellipsis


@compiled
def _dots_before(data: Any, at: Any, start: Any, step: Any) -> Any:
    """Do two periods stand before the one at `at`, each `step` bytes before the next, with spaces between?"""
    if at - 2 * step < start or data[at - step] != PERIOD or data[at - 2 * step] != PERIOD:
        return False
    return step == 1 or (data[at - 1] == 32 and data[at - 3] == 32)


@compiled
def _is_symbol_bullet(code: Any) -> Any:
    for bullet in SYMBOL_BULLETS:
        if code == bullet:
            return True
    return False


@compiled
def judge_pieces(data: Any, at: Any, end: Any, marks: Any, tables: Any) -> Any:
    """Add the lines of str.splitlines in data[at:end], which has no line feed, to the counts of marks."""
    start = at
    while at < end:
        code, after = decode(data, at, end)
        if property_bits(tables, code) & u.LINE_BREAK:
            _judge_piece(data, start, at, marks, tables)
            start = after
        at = after
    _judge_piece(data, start, end, marks, tables)


@compiled
def _judge_piece(data: Any, start: Any, end: Any, marks: Any, tables: Any) -> Any:
    start, end = strip(data, start, end, tables)
    if start == end:
        return
    first, _ = decode(data, start, end)
    at = previous(data, end, start)
    last, _ = decode(data, at, end)
    marks[BULLET_LINES] += first == BULLET or first == HYPHEN
    marks[ELLIPSIS_LINES] += last == ELLIPSIS or (last == PERIOD and _dots_before(data, at, start, 1))
