"""The line edits of RefinedWeb (Penedo et al. 2023, appendix G.2) as DCLM's recipe has them (commit 361714b).

Lines end at LF. One pass over all lines after the other: lines of more than half upper case, of digits alone, of a
counter ("3 likes"), of fewer than two words; then three phrases are cut from short lines, as `shop_phrases.py` does.
After each pass but that of words, the text is stripped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import shop_phrases
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.counter_lines import is_counter
from dagster_project.corpus.kernels.editing import Edits, Kept, keep_only
from dagster_project.corpus.kernels.line_bounds import strip_end, strip_start
from dagster_project.corpus.kernels.line_measures import CHARACTERS, DIGITS, MEASURES, UPPER, WORDS, measure
from dagster_project.corpus.kernels.texts import Bytes, Offsets

LF = 10


class Settings(NamedTuple):
    """What goes, with the values of DCLM."""

    max_uppercase: float = 0.5  # share of the characters of a line
    max_numeric: float = 0.999999
    counters: bool = True
    min_line_words: int = 2
    phrases: bool = True
    phrase_line_words: int = 10  # phrases are cut from lines of at most so many words


class Counts(NamedTuple):
    """int64[n] each, as columns of a table; the words that are counted begin with a letter or a number."""

    lines_of_uppercase: NDArray[np.int64]
    lines_of_digits: NDArray[np.int64]
    lines_of_counters: NDArray[np.int64]
    lines_of_few_words: NDArray[np.int64]
    lines_kept: NDArray[np.int64]
    phrases_removed: NDArray[np.int64]  # lines that lost one, each time
    words_before: NDArray[np.int64]
    words_removed: NDArray[np.int64]


UPPERCASE, NUMERIC, COUNTER, FEW_WORDS, LINES_KEPT, PHRASES, WORDS_BEFORE, WORDS_REMOVED = range(8)
COUNTED = MEASURES - 1


class Lines(NamedTuple):
    """The lines of a document that stay so far, and the pieces of all documents that stay in the end."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    measures: NDArray[np.int64]  # (lines, MEASURES)
    span: NDArray[np.int64]  # FIRST, LAST: the lines that are left; PIECES: how many there are
    piece_starts: NDArray[np.int64]
    piece_ends: NDArray[np.int64]
    breaks: NDArray[np.int64]


FIRST, LAST, PIECES = range(3)


def edit_lines(data: Bytes, offsets: Offsets, settings: Settings) -> tuple[Edits, dict[str, NDArray[np.int64]]]:
    """The edits that leave the lines that stay, and what was counted of each document."""
    sizes = np.diff(offsets)
    longest = int(sizes.max(initial=0))
    starts, ends = (np.empty(longest + 1, np.int64) for _ in range(2))
    pieces = [np.empty(len(data) // 2 + 2 * len(offsets), np.int64) for _ in range(3)]
    measures = np.empty((longest + 1, MEASURES), np.int64)
    lines = Lines(starts, ends, measures, np.zeros(3, np.int64), pieces[0], pieces[1], pieces[2])
    work = shop_phrases.Work(np.empty(longest, np.uint8), np.empty(longest, np.int64), np.zeros(2, np.int64))
    table, firsts = np.zeros((len(sizes), len(Counts._fields)), np.int64), np.zeros_like(offsets)
    asked = Settings._make([*map(float, settings[:2]), *map(int, settings[2:])])
    _edit_lines(data, offsets, asked, table, firsts, lines, work, u.characters())
    count = lines.span[PIECES]
    begins, stops, breaks = (array[:count] for array in pieces)
    kept = Kept(firsts, begins, stops, breaks, np.zeros(len(sizes), np.int64))
    return keep_only(data, offsets, kept), Counts(*np.ascontiguousarray(table.T))._asdict()


@bare
def _edit_lines(
    data: Any, offsets: Any, settings: Any, table: Any, firsts: Any, lines: Any, work: Any, tables: Any
) -> Any:
    for i in range(len(offsets) - 1):
        row = table[i]
        _find_lines(data, offsets[i], offsets[i + 1], lines, tables)
        row[WORDS_BEFORE] = _counted_words(lines)
        _pass_ratios(data, settings, row, lines, tables)
        if settings.counters:
            _pass_counters(data, row, lines, tables)
        _pass_words(data, settings, row, lines, tables)
        if settings.phrases and shop_phrases.holds_phrase(data, offsets[i], offsets[i + 1]):
            row[WORDS_REMOVED] = row[WORDS_BEFORE] - _cut_phrases(data, offsets[i], settings, row, lines, work, tables)
        else:
            if settings.phrases:
                _strip(data, lines, tables)
            row[WORDS_REMOVED] = row[WORDS_BEFORE] - _counted_words(lines)
            row[LINES_KEPT] = lines.span[LAST] - lines.span[FIRST]
            _keep_lines(data, offsets[i], lines)
        firsts[i + 1] = lines.span[PIECES]


@bare
def _find_lines(data: Any, at: Any, end: Any, lines: Any, tables: Any) -> Any:
    count, start = 0, at
    while at <= end:
        if at == end or data[at] == LF:
            lines.starts[count], lines.ends[count] = start, at
            measure(data, start, at, lines.measures, count, tables)
            count, start = count + 1, at + 1
        at += 1
    lines.span[FIRST], lines.span[LAST] = 0, count


@bare
def _counted_words(lines: Any) -> Any:
    words = 0
    for i in range(lines.span[FIRST], lines.span[LAST]):
        words += lines.measures[i, COUNTED]
    return words


@bare
def _pass_ratios(data: Any, settings: Any, row: Any, lines: Any, tables: Any) -> Any:
    for measured, most, column in ((UPPER, settings.max_uppercase, UPPERCASE), (DIGITS, settings.max_numeric, NUMERIC)):
        to = lines.span[FIRST]
        for i in range(lines.span[FIRST], lines.span[LAST]):
            of = lines.measures[i, CHARACTERS]
            if of and lines.measures[i, measured] / of > most:
                row[column] += 1
            else:
                to = _move(lines, i, to)
        lines.span[LAST] = to
        _strip(data, lines, tables)


@bare
def _pass_counters(data: Any, row: Any, lines: Any, tables: Any) -> Any:
    to = lines.span[FIRST]
    for i in range(lines.span[FIRST], lines.span[LAST]):
        if is_counter(data, lines.starts[i], lines.ends[i], tables):
            row[COUNTER] += 1
        else:
            to = _move(lines, i, to)
    lines.span[LAST] = to
    _strip(data, lines, tables)


@bare
def _pass_words(data: Any, settings: Any, row: Any, lines: Any, tables: Any) -> Any:
    """Lines of few words go, but for empty ones; blank ones go with the phrases, too."""
    least = max(settings.min_line_words, 1 if settings.phrases and settings.phrase_line_words >= 0 else 0)
    to = lines.span[FIRST]
    for i in range(lines.span[FIRST], lines.span[LAST]):
        if lines.starts[i] < lines.ends[i] and lines.measures[i, WORDS] < least:
            row[FEW_WORDS] += 1
        else:
            to = _move(lines, i, to)
    lines.span[LAST] = to


@bare
def _move(lines: Any, i: Any, to: Any) -> Any:
    lines.starts[to], lines.ends[to] = lines.starts[i], lines.ends[i]
    for j in range(MEASURES):
        lines.measures[to, j] = lines.measures[i, j]
    return to + 1


@bare
def _strip(data: Any, lines: Any, tables: Any) -> Any:
    """Take the white space off both ends of the text, and the lines that are nothing else."""
    span = lines.span
    while span[FIRST] < span[LAST]:
        i = span[FIRST]
        start = strip_start(data, lines.starts[i], lines.ends[i], tables)
        lines.measures[i, CHARACTERS] -= _characters(data, lines.starts[i], start)
        lines.starts[i] = start
        if start < lines.ends[i]:
            break
        span[FIRST] += 1
    while span[FIRST] < span[LAST]:
        i = span[LAST] - 1
        end = strip_end(data, lines.starts[i], lines.ends[i], tables)
        lines.measures[i, CHARACTERS] -= _characters(data, end, lines.ends[i])
        lines.ends[i] = end
        if lines.starts[i] < end:
            break
        span[LAST] -= 1


@bare
def _characters(data: Any, start: Any, end: Any) -> Any:
    count = 0
    for at in range(start, end):
        count += data[at] & 0xC0 != 0x80
    return count


@bare
def _keep_lines(data: Any, base: Any, lines: Any) -> Any:
    breaks, before = 0, -1
    for i in range(lines.span[FIRST], lines.span[LAST]):
        breaks += i > lines.span[FIRST]
        start, end, at = lines.starts[i] - base, lines.ends[i] - base, lines.span[PIECES]
        if breaks == 1 and start == before + 1 and data[base + before] == LF:
            lines.piece_ends[at - 1], breaks, before = end, 0, end
        elif start < end:
            _add_piece(lines, start, end, breaks)
            breaks, before = 0, end


@bare
def _add_piece(lines: Any, start: Any, end: Any, breaks: Any) -> Any:
    at = lines.span[PIECES]
    lines.piece_starts[at], lines.piece_ends[at], lines.breaks[at] = start, end, breaks
    lines.span[PIECES] = at + 1


@bare
def _cut_phrases(data: Any, base: Any, settings: Any, row: Any, lines: Any, work: Any, tables: Any) -> Any:
    """Cut the phrases, keep what is left, and return its words."""
    shop_phrases.load(data, lines.starts, lines.ends, lines.span[FIRST], lines.span[LAST], work)
    row[PHRASES] = shop_phrases.cut_all(work, settings.phrase_line_words, tables)
    start, end = work.bounds[0], work.bounds[1]
    words, at, breaks = 0, start, 0
    while at < end:
        stop = at
        while stop < end and work.text[stop] != LF:
            stop += 1
        measure(work.text, at, stop, lines.measures, 0, tables)
        words += lines.measures[0, COUNTED]
        row[LINES_KEPT] += 1
        breaks = _keep_runs(base, at, stop, breaks, work, lines) + 1
        at = stop + 1
    return words


@bare
def _keep_runs(base: Any, at: Any, stop: Any, breaks: Any, work: Any, lines: Any) -> Any:
    """Keep the bytes of a line as pieces of the data; returns the newlines that are still to come."""
    while at < stop:
        first = at
        while at + 1 < stop and work.origins[at + 1] == work.origins[at] + 1:
            at += 1
        _add_piece(lines, work.origins[first] - base, work.origins[at] + 1 - base, breaks)
        at, breaks = at + 1, 0
    return breaks
