"""What rules judge, counted: integers per document. Ratios and verdicts are made elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, property_bits
from dagster_project.corpus.kernels.words import next_word

Column = NDArray[np.int64]
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
STOP_KEYS = np.array([int.from_bytes(word.encode(), "little") for word in STOP_WORDS], np.int64)
HASH, PERIOD, ELLIPSIS, BULLET, HYPHEN, CR, LF = ord("#"), ord("."), ord("…"), ord("•"), ord("-"), 13, 10


class Counts(NamedTuple):
    """int64[n] each. Lines are those of str.splitlines, words the tokens of `words`, lengths code points."""

    bytes: Column
    characters: Column
    whitespace: Column  # str.isspace
    digits: Column  # str.isdecimal
    uppercase: Column  # str.isupper
    punctuation: Column  # datatrove's PUNCTUATION_SET
    hashes: Column  # "#"
    ellipses: Column  # "..." and "…"
    lines: Column
    bullet_lines: Column  # first character but whitespace "•" or "-"
    ellipsis_lines: Column  # last ones "..." or "…"
    words: Column
    content_words: Column  # with a character outside PUNCTUATION_SET
    content_characters: Column  # of content words
    alphabetic_words: Column  # with a character that str.isalpha
    stop_words: Column  # how many of STOP_WORDS occur, in this case


BYTES, CHARACTERS, WHITESPACE, DIGITS, UPPERCASE, PUNCTUATION, HASHES, ELLIPSES = range(8)
LINES, BULLET_LINES, ELLIPSIS_LINES, WORDS, CONTENT_WORDS, CONTENT_CHARACTERS, ALPHABETIC_WORDS, STOPS = range(8, 16)


def count(data: Bytes, offsets: Offsets) -> dict[str, Column]:
    """The counts of each document, by name (datatrove's Gopher quality, algorithms.md section 3, and plain ones)."""
    table = np.zeros((len(offsets) - 1, len(Counts._fields)), np.int64)
    _count(data, offsets, table, u.characters())
    return Counts(*np.ascontiguousarray(table.T))._asdict()


@compiled
def _count(data: Any, offsets: Any, table: Any, tables: Any) -> Any:
    for i in range(len(offsets) - 1):
        start, end, row = offsets[i], offsets[i + 1], table[i]
        row[BYTES] = end - start
        _count_characters(data, start, end, row, tables)
        _count_lines(data, start, end, row, tables)
        _count_words(data, start, end, row, tables)


@compiled
def _count_characters(data: Any, at: Any, end: Any, row: Any, tables: Any) -> Any:
    characters = spaces = digits = upper = punctuation = 0
    while at < end:
        code, at = decode(data, at, end)
        bits = property_bits(tables, code)
        characters += 1
        spaces += bits & u.SPACE
        digits += bits & u.DIGIT
        upper += bits & u.UPPER
        punctuation += bits & u.PUNCTUATION_SET
    row[CHARACTERS], row[WHITESPACE], row[DIGITS] = characters, spaces // u.SPACE, digits // u.DIGIT
    row[UPPERCASE], row[PUNCTUATION] = upper // u.UPPER, punctuation // u.PUNCTUATION_SET


@compiled
def _count_lines(data: Any, at: Any, end: Any, row: Any, tables: Any) -> Any:
    """Lines and what they begin and end with; also "#" and ellipses. A line is judged when it ends."""
    dots, first, last, is_open, previous, hashes, ellipses = 0, 0, 0, False, 0, 0, 0
    while at < end:
        code, at = decode(data, at, end)
        bits = property_bits(tables, code)
        dots = dots + 1 if code == PERIOD else 0
        hashes += code == HASH
        ellipses += code == ELLIPSIS or (dots > 0 and dots % 3 == 0)
        if bits & u.LINE_BREAK:
            if not (code == LF and previous == CR):
                _close_line(first, last, row)
            first, last, is_open = 0, 0, False
        else:
            is_open = True
            if not bits & u.SPACE:
                first = first if first else code + 1
                last = ELLIPSIS if dots >= 3 else code
        previous = code
    if is_open:
        _close_line(first, last, row)
    row[HASHES], row[ELLIPSES] = hashes, ellipses


@compiled
def _close_line(first: Any, last: Any, row: Any) -> Any:
    """`first` is one more than the first code point, 0 where there is none; `last` is ELLIPSIS for three dots, too."""
    row[LINES] += 1
    row[BULLET_LINES] += first == BULLET + 1 or first == HYPHEN + 1
    row[ELLIPSIS_LINES] += last == ELLIPSIS


@compiled
def _count_words(data: Any, at: Any, end: Any, row: Any, tables: Any) -> Any:
    found = 0
    start, after = next_word(data, at, end, tables)
    while start < after:
        characters, is_content, is_alphabetic = _describe(data, start, after, tables)
        row[WORDS] += 1
        row[CONTENT_WORDS] += is_content
        row[CONTENT_CHARACTERS] += characters if is_content else 0
        row[ALPHABETIC_WORDS] += is_alphabetic
        found |= _stop_word(data, start, after)
        start, after = next_word(data, after, end, tables)
    while found:
        row[STOPS] += found & 1
        found >>= 1


@compiled
def _describe(data: Any, at: Any, end: Any, tables: Any) -> Any:
    characters, is_content, is_alphabetic = 0, False, False
    while at < end:
        code, at = decode(data, at, end)
        bits = property_bits(tables, code)
        characters += 1
        is_content |= bits & u.PUNCTUATION_SET == 0
        is_alphabetic |= bits & u.ALPHABETIC != 0
    return characters, is_content, is_alphabetic


@compiled
def _stop_word(data: Any, start: Any, end: Any) -> Any:
    """The bit of a stop word, or 0."""
    if end - start > 4:
        return 0
    key = np.int64(0)
    for i in range(end - 1, start - 1, -1):
        key = key << 8 | np.int64(data[i])
    for number in range(len(STOP_KEYS)):
        if STOP_KEYS[number] == key:
            return 1 << number
    return 0
