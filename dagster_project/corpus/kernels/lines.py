"""What rules judge of lines and paragraphs, counted per document as datatrove, DCLM, dolma and others cut them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.duplicates import SECRET, bits_for
from dagster_project.corpus.kernels.line_spans import holds_other_breaks, scan_line, strip
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
STRIPPED_CHARACTERS, LONGEST, THIRD, SHORT = (NAMES[name] for name in Lines._fields[4:8])
MARKS, GOPHER = NAMES["terminal_lines"], NAMES["bullet_lines"]
UPPERCASE_LINES, NUMERIC_LINES = NAMES["uppercase_lines"], NAMES["numeric_lines"]
SEGMENTS, REPEATED = NAMES["segments"], NAMES["repeated_lines"]
REPEATED_STRIPPED, PARAGRAPHS, STRIPPED_PARAGRAPHS = (
    NAMES[name] for name in ("repeated_stripped_lines", "paragraphs", "stripped_paragraphs")
)
LF, SHORT_LINE = 10, 30
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


@compiled
def _newlines(text: Any) -> Any:
    newlines = 0
    for i in range(len(text)):
        newlines += text[i] == LF
    return newlines


@compiled
def _count_document(data: Any, start: Any, end: Any, row: Any, seen: Any, bits: Any, tables: Any, secret: Any) -> Any:
    """Walk over the lines; `opened` is where the paragraph that is being read begins, after the end where none is."""
    text = strip(data, start, end, tables)
    has_pieces = holds_other_breaks(data[start:end])
    at, opened, run, lines = start, end + 1, 0, 0
    while at <= end:
        line_end, characters, upper, digits, above = scan_line(data, at, end)
        lines += 1
        _rank(row, characters)
        if at < line_end:
            run, opened = 0, min(opened, at)
            line = strip(data, at, line_end, tables)
            _count_line(data, (at, line_end), line, characters, row, seen, bits, has_pieces, secret)
            if line[0] < line[1]:
                if above:
                    more = count_rare(data, at, line_end, tables)
                    upper, digits = upper + more[0], digits + more[1]
                stripped = characters - (line_end - at) + (line[1] - line[0])
        at = line_end + 1
