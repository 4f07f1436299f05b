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


def count(data: Bytes, offsets: Offsets) -> dict[str, Column]:
    """The counts of each document, by name (datatrove's Gopher quality, algorithms.md section 3, and plain ones)."""
    table = np.zeros((len(Counts._fields), len(offsets) - 1), np.int64)
    columns = Counts(*table)
    _count(data, offsets, columns, u.tables())
    return columns._asdict()


@compiled
def _count(data: Any, offsets: Any, columns: Any, tables: Any) -> Any:
    for i in range(len(offsets) - 1):
        _count_characters(data, offsets[i], offsets[i + 1], columns, i, tables)
        _count_words(data, offsets[i], offsets[i + 1], columns, i, tables)


@compiled
def _count_characters(data: Any, at: Any, end: Any, columns: Any, i: Any, tables: Any) -> Any:
    """Everything that needs no words: a line is judged when it ends."""
    columns.bytes[i] = end - at
    dots, first, last, is_open, previous = 0, 0, 0, False, 0
    while at < end:
        code, at = decode(data, at, end)
        bits = property_bits(tables, code)
        _count_character(bits, code, columns, i)
        dots = dots + 1 if code == PERIOD and previous == PERIOD else 1 if code == PERIOD else 0
        columns.ellipses[i] += code == ELLIPSIS or (dots > 0 and dots % 3 == 0)
        if bits & u.LINE_BREAK:
            if not (code == LF and previous == CR):
                _close_line(first, last, columns, i)
            first, last, is_open = 0, 0, False
        else:
            is_open = True
            if not bits & u.SPACE:
                first = first if first else code + 1
                last = ELLIPSIS if code == PERIOD and dots >= 3 else code
        previous = code
    if is_open:
        _close_line(first, last, columns, i)


@compiled
def _count_character(bits: Any, code: Any, columns: Any, i: Any) -> Any:
    columns.characters[i] += 1
    columns.whitespace[i] += bits & u.SPACE != 0
    columns.digits[i] += bits & u.DIGIT != 0
    columns.uppercase[i] += bits & u.UPPER != 0
    columns.punctuation[i] += bits & u.PUNCTUATION_SET != 0
    columns.hashes[i] += code == HASH


@compiled
def _close_line(first: Any, last: Any, columns: Any, i: Any) -> Any:
    """`first` is one more than the first code point, 0 where there is none; `last` is ELLIPSIS for three dots, too."""
    columns.lines[i] += 1
    columns.bullet_lines[i] += first == BULLET + 1 or first == HYPHEN + 1
    columns.ellipsis_lines[i] += last == ELLIPSIS


@compiled
def _count_words(data: Any, at: Any, end: Any, columns: Any, i: Any, tables: Any) -> Any:
    found = 0
    start, after = next_word(data, at, end, tables)
    while start < after:
        characters, is_content, is_alphabetic = _describe(data, start, after, tables)
        columns.words[i] += 1
        columns.content_words[i] += is_content
        columns.content_characters[i] += characters if is_content else 0
        columns.alphabetic_words[i] += is_alphabetic
        found |= _stop_word(data, start, after)
        start, after = next_word(data, after, end, tables)
    while found:
        columns.stop_words[i] += found & 1
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
