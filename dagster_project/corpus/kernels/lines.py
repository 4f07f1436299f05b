"""What rules judge of lines and paragraphs, counted per document as datatrove, DCLM, dolma and others cut them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.duplicates import NEW, SECOND, SECRET, bits_for, meet
from dagster_project.corpus.kernels.line_ends import judge_line, judge_pieces
from dagster_project.corpus.kernels.line_spans import (
    count_characters,
    count_upper_above,
    hash_span,
    holds_other_breaks,
    is_numeric,
    scan_line,
    strip,
)
from dagster_project.corpus.kernels.texts import Bytes, Offsets

Column = NDArray[np.int64]


class Lines(NamedTuple):
    """int64[n] each. A line stands between line feeds, unless something else is said; lengths are code points.

    An empty line has no character, a blank one nothing but whitespace. A paragraph is a run of lines with no empty one
    between. *Duplicate* are the second and later occurrences, *repeated* all occurrences of what occurs more than once.
    """

    newlines: Column  # line feeds
    longest_newline_run: Column
    nonempty_lines: Column
    nonblank_lines: Column
    stripped_line_characters: Column  # of nonblank lines without the whitespace around them
    longest_line: Column
    second_longest_line: Column
    third_longest_line: Column
    short_lines: Column  # nonblank, of at most 30 characters
    terminal_lines: Column  # nonblank, last character one of datatrove's TERMINAL_PUNCTUATION
    end_mark_lines: Column  # . ? ! " ' before whitespace: C4, NeMo Curator
    sentence_end_lines: Column  # . ! ? ” before whitespace: RedPajama-V2
    code_lines: Column  # ; { } before whitespace
    uppercase_lines: Column  # more than half upper case, whitespace around apart
    numeric_lines: Column  # nothing but decimal digits, whitespace around apart
    bullet_lines: Column  # of str.splitlines: "•" or "-" after whitespace
    ellipsis_lines: Column  # of str.splitlines: "..." or "…" before whitespace
    spaced_ellipsis_lines: Column  # "...", ". . ." or "…" before whitespace: DCLM
    marked_lines: Column  # ● • * - after whitespace: DCLM
    symbol_bullet_lines: Column  # one of RedPajama-V2's ten bullets after whitespace
    flush_bullet_lines: Column  # "*" or "-" at the very beginning: dolma
    flush_ellipsis_lines: Column  # "…" at the very end: dolma
    segments: Column  # pieces between runs of line feeds; what is before the first and after the last run counts
    duplicate_segments: Column
    duplicate_segment_characters: Column
    duplicate_line_characters: Column  # of nonblank lines
    repeated_lines: Column  # empty ones among them
    repeated_segments: Column
    repeated_line_characters: Column
    repeated_stripped_lines: Column  # nonblank, whitespace around apart
    repeated_stripped_line_characters: Column
    paragraphs: Column  # of the text without the whitespace around it
    duplicate_paragraphs: Column
    duplicate_paragraph_characters: Column
    stripped_paragraphs: Column  # not blank, without the whitespace around each
    stripped_paragraph_characters: Column
    repeated_stripped_paragraphs: Column
    repeated_stripped_paragraph_characters: Column


NAMES = {name: number for number, name in enumerate(Lines._fields)}
NEWLINES, RUN, NONEMPTY, NONBLANK = (NAMES[name] for name in Lines._fields[:4])
STRIPPED_CHARACTERS, LONGEST, SECOND_LONGEST, THIRD, SHORT = (NAMES[name] for name in Lines._fields[4:9])
MARKS, GOPHER = NAMES["terminal_lines"], NAMES["bullet_lines"]
UPPERCASE_LINES, NUMERIC_LINES = NAMES["uppercase_lines"], NAMES["numeric_lines"]
SEGMENTS, DUPLICATE, REPEATED = NAMES["segments"], NAMES["duplicate_segments"], NAMES["repeated_lines"]
REPEATED_STRIPPED, PARAGRAPHS, STRIPPED_PARAGRAPHS = (
    NAMES[name] for name in ("repeated_stripped_lines", "paragraphs", "stripped_paragraphs")
)
LF, ZERO, NINE, SHORT_LINE = 10, ord("0"), ord("9"), 30
TABLES = 4
WHOLE, STRIPPED, PARAGRAPH, STRIPPED_PARAGRAPH = range(TABLES)


def count_lines(data: Bytes, offsets: Offsets) -> dict[str, Column]:
    """The counts of each document, by name (algorithms.md sections 3 to 6, 8, 9 and 12)."""
    table = np.zeros((len(offsets) - 1, len(Lines._fields)), np.int64)
    _count(data, offsets, table, u.characters(), SECRET)
    return Lines(*np.ascontiguousarray(table.T))._asdict()


@compiled
def _count(data: Any, offsets: Any, table: Any, tables: Any, secret: Any) -> Any:
    seen = np.zeros((TABLES, 2), np.uint64)
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        newlines = _newlines(data[start:end])
        bits = bits_for(newlines + 1)
        if 1 << bits > seen.shape[1]:
            seen = np.zeros((TABLES, 1 << bits), np.uint64)
        for j in range(TABLES):
            seen[j, : 1 << bits] = 0
        if start < end:
            _count_document(data, start, end, table[i], seen, bits, tables, secret)
            table[i, NEWLINES] = newlines


@bare
def _newlines(text: Any) -> Any:
    newlines = 0
    for i in range(len(text)):
        newlines += text[i] == LF
    return newlines


@bare
def _count_document(data: Any, start: Any, end: Any, row: Any, seen: Any, bits: Any, tables: Any, secret: Any) -> Any:
    """Walk over the lines, and over the paragraphs that empty lines end."""
    text = strip(data, start, end, tables)
    has_pieces, marks, ends = holds_other_breaks(data[start:end]), row[GOPHER:], row[MARKS:]
    at, opened, run, empty = start, end, 0, 0
    while at <= end:
        scanned = scan_line(data, at, end)
        whole = (at, scanned.end)
        if at < scanned.end:
            run, opened = 0, min(opened, at)
            line = strip(data, at, scanned.end, tables)
            size = _count_line(data, whole, line, scanned, row, seen, bits, secret)
            if size:
                judge_line(data, whole, line, ends, marks, not has_pieces)
                _judge_letters(data, line, scanned, size, row, tables)
            if has_pieces:
                judge_pieces(data, at, scanned.end, marks, tables)
        else:
            empty += 1
            if opened < at:
                _count_paragraph(data, opened, at - 1, text, row, seen, bits, tables, secret)
            opened = end
        run += scanned.end < end
        row[RUN] = max(row[RUN], run)
        at = scanned.end + 1
    if opened < end:
        _count_paragraph(data, opened, end, text, row, seen, bits, tables, secret)
    _count_empty(data, start, end, empty, row)


@bare
def _rank(row: Any, characters: Any) -> Any:
    """Keep the longest three."""
    first, second, third = row[LONGEST], row[SECOND_LONGEST], row[THIRD]
    row[LONGEST] = max(first, characters)
    row[SECOND_LONGEST] = max(second, min(first, characters))
    row[THIRD] = max(third, min(second, characters))


@bare
def _count_line(data: Any, whole: Any, line: Any, scanned: Any, row: Any, seen: Any, bits: Any, secret: Any) -> Any:
    """Count a line that is not empty; returns its characters without the whitespace around it."""
    characters = whole[1] - whole[0] - scanned.continued
    size = line[1] - line[0] - scanned.continued
    if not scanned.is_ascii:
        size = count_characters(data, line[0], line[1])
    _rank(row, characters)
    row[NONEMPTY] += 1
    time = meet(seen[WHOLE], bits, scanned.hash, secret)
    if time != NEW:
        row[DUPLICATE] += 1
        row[DUPLICATE + 1] += characters
        row[DUPLICATE + 2] += characters if size else 0
        row[REPEATED] += 1 + (time == SECOND)
        row[REPEATED + 2] += characters * (1 + (time == SECOND))
    if size:
        row[NONBLANK] += 1
        row[SHORT] += characters <= SHORT_LINE
        row[STRIPPED_CHARACTERS] += size
        is_same = line[0] == whole[0] and line[1] == whole[1]
        hashed = scanned.hash if is_same else hash_span(data, line[0], line[1])
        time = meet(seen[STRIPPED], bits, hashed, secret)
        if time != NEW:
            row[REPEATED_STRIPPED] += 1 + (time == SECOND)
            row[REPEATED_STRIPPED + 1] += size * (1 + (time == SECOND))
    return size


@bare
def _judge_letters(data: Any, line: Any, scanned: Any, size: Any, row: Any, tables: Any) -> Any:
    upper, byte = scanned.upper, data[line[0]]
    if not scanned.is_ascii:
        upper += count_upper_above(data, line[0], line[1], tables)
    row[UPPERCASE_LINES] += 2 * upper > size
    if byte >= 0x80 or NINE >= byte >= ZERO:
        row[NUMERIC_LINES] += is_numeric(data, line[0], line[1], tables)


@bare
def _count_paragraph(
    data: Any, start: Any, end: Any, text: Any, row: Any, seen: Any, bits: Any, tables: Any, secret: Any
) -> Any:
    """Count data[start:end], and what is left of it without the whitespace around it or around the text."""
    start, end = max(start, text[0]), min(end, text[1])
    if start >= end:
        return
    row[PARAGRAPHS] += 1
    hashed = hash_span(data, start, end)
    time = meet(seen[PARAGRAPH], bits, hashed, secret)
    if time != NEW:
        row[PARAGRAPHS + 1] += 1
        row[PARAGRAPHS + 2] += count_characters(data, start, end)
    inner = strip(data, start, end, tables)
    if inner[0] == inner[1]:
        return
    size = count_characters(data, inner[0], inner[1])
    row[STRIPPED_PARAGRAPHS] += 1
    row[STRIPPED_PARAGRAPHS + 1] += size
    is_same = inner[0] == start and inner[1] == end
    time = meet(seen[STRIPPED_PARAGRAPH], bits, hashed if is_same else hash_span(data, inner[0], inner[1]), secret)
    if time != NEW:
        row[STRIPPED_PARAGRAPHS + 2] += 1 + (time == SECOND)
        row[STRIPPED_PARAGRAPHS + 3] += size * (1 + (time == SECOND))


@bare
def _count_empty(data: Any, start: Any, end: Any, empty: Any, row: Any) -> Any:
    """Add the empty lines, and the empty segments before and after line feeds that begin and end the text."""
    edges = np.int64(data[start] == LF) + np.int64(data[end - 1] == LF)
    row[SEGMENTS] = row[NONEMPTY] + edges
    row[DUPLICATE] += edges == 2
    row[REPEATED + 1] = row[REPEATED] + (2 if edges == 2 else 0)
    row[REPEATED] += empty if empty > 1 else 0
