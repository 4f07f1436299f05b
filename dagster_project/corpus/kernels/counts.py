"""What rules judge, counted: integers per document. Ratios and verdicts are made elsewhere."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import characters as c
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.sequences import count_pairs, count_symbol_words, find_sequences
from dagster_project.corpus.kernels.stop_words import stop_values, stop_word_table
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, previous
from dagster_project.corpus.kernels.word_counts import LENGTHS, count_spaced_words, count_words
from dagster_project.corpus.kernels.words import Words

Column = NDArray[np.int64]


class Counts(NamedTuple):
    """int64[n] each. Words are those of `words`, spaced words those of str.split, lengths code points."""

    bytes: Column
    characters: Column
    whitespace: Column  # str.isspace
    letters: Column  # str.isalpha
    digits: Column  # str.isdecimal
    uppercase: Column  # str.isupper
    alphanumerics: Column  # str.isalnum
    punctuation: Column  # datatrove's PUNCTUATION_SET
    symbols: Column  # Unicode category S
    hashes: Column  # "#"
    curly_brackets: Column  # { }
    angle_brackets: Column  # < >
    brackets: Column  # ( ) [ ] { }
    code_characters: Column  # { } [ ] ( ) < > ; = + * / \ | & ^ ~ $ @ _ `
    lines: Column  # str.splitlines
    ellipses: Column  # "..." and "…"
    spaced_ellipses: Column  # ". . ."
    address_characters: Column  # of http and https addresses
    lorem_ipsums: Column  # in any case
    javascript: Column  # in any case
    words: Column
    content_words: Column  # with a character outside PUNCTUATION_SET
    content_characters: Column  # of content words
    longest_word: Column
    alphabetic_words: Column  # with a character that str.isalpha
    all_caps_words: Column  # str.isupper
    capitalized_words: Column  # begin with an upper-case or title-case letter
    numeric_words: Column  # with a decimal digit and without a letter
    stop_words: Column  # how many of Gopher's eight occur, in lower case
    stop_word_count: Column  # how often any of them occurs, in any case
    sentences: Column  # of spaCy's sentencizer
    spaced_words: Column
    spaced_alphabetic_words: Column  # with a character that str.isalpha
    spaced_stop_words: Column  # how often one is one of Gopher's eight, in lower case
    spaced_stop_words_any_case: Column
    spaced_lower_median: Column  # of their lengths; one of an odd number is both, lengths above 255 are 255
    spaced_upper_median: Column
    spaced_symbol_words: Column  # with "#" or "…"


FROM_CLASSES = np.array(
    [
        *[c.CHARACTERS, c.WHITESPACE, c.LETTERS, c.DIGITS, c.UPPERCASE, c.ALPHANUMERICS, c.PUNCTUATION, c.SYMBOLS],
        *[c.HASHES, c.CURLY_BRACKETS, c.ANGLE_BRACKETS, c.BRACKETS, c.CODE_CHARACTERS],
    ]
)
NAMES = ("characters", "hashes", "lines", "ellipses", "words", "spaced_words", "spaced_symbol_words")
CHARACTERS, HASHES, LINES, ELLIPSES, WORDS, SPACED_WORDS, SYMBOL_WORDS = map(Counts._fields.index, NAMES)


class Room(NamedTuple):
    """Where one document is worked on; sized for the longest of a batch."""

    classes: NDArray[np.int64]
    stops: NDArray[np.uint16]  # of each word
    joined: NDArray[np.bool_]  # of each word and the end: does it follow the word before with nothing between?
    lengths: NDArray[np.int64]


def count(data: Bytes, offsets: Offsets, words: Words) -> dict[str, Column]:
    """The counts of each document, by name (algorithms.md sections 3, 8, 9 and 12)."""
    table = np.zeros((len(offsets) - 1, len(Counts._fields)), np.int64)
    most = int(np.diff(words.firsts).max(initial=0))
    room = Room(
        np.zeros(c.LANES, np.int64), np.zeros(most, np.uint16), np.zeros(most + 1, bool), np.zeros(LENGTHS, np.int64)
    )
    _count(data, offsets, words, table, room, c.classes(), u.characters(), stop_word_table())
    return Counts(*np.ascontiguousarray(table.T))._asdict()


@compiled
def _count(
    data: Any, offsets: Any, words: Any, table: Any, room: Any, classes: Any, characters: Any, stop_words: Any
) -> Any:
    for i in range(len(offsets) - 1):
        start, end, row = offsets[i], offsets[i + 1], table[i]
        first, last = words.firsts[i], words.firsts[i + 1]
        row[0] = end - start
        _count_characters(data, start, end, row, room.classes, classes)
        ellipses = _count_sequences(data, start, end, row)
        sizes, flags, stops = words.characters[first:last], words.flags[first:last], room.stops[: last - first]
        stop_values(words.hashes[first:last], stop_words.hashes, stop_words.values, stops)
        count_words(sizes, flags, stops, row[WORDS:SPACED_WORDS])
        joined = room.joined[: last - first + 1]
        _join(words.starts[first:last], words.ends[first:last], joined)
        count_spaced_words(sizes, flags, stops, joined, room.lengths, row[SPACED_WORDS:SYMBOL_WORDS])
        if row[HASHES] or ellipses:
            row[SYMBOL_WORDS] = count_symbol_words(data, start, end, characters)


@bare
def _count_characters(data: Any, start: Any, end: Any, row: Any, sums: Any, classes: Any) -> Any:
    """Write the counts from `characters` to `lines`."""
    sums[:] = 0
    c.count_classes(data, start, end, sums, classes)
    for i in range(len(FROM_CLASSES)):
        row[CHARACTERS + i] = sums[FROM_CLASSES[i]]
    if start < end:
        last, _ = decode(data, previous(data, end, start), end)
        pairs = count_pairs(data, start, end) if sums[c.CARRIAGE_RETURNS] else 0
        row[LINES] = sums[c.LINE_BREAKS] - pairs + (not c.belongs(last, c.LINE_BREAKS, classes))


@compiled
def _count_sequences(data: Any, start: Any, end: Any, row: Any) -> Any:
    """Write the counts from `ellipses` to `javascript`; returns how many "…" there are."""
    found = find_sequences(data, start, end)
    row[ELLIPSES], row[ELLIPSES + 1], row[ELLIPSES + 2] = found[0] + found[2], found[1], found[3]
    row[ELLIPSES + 3], row[ELLIPSES + 4] = found[4], found[5]
    return found[2]


@bare
def _join(starts: Any, ends: Any, joined: Any) -> Any:
    """Between two words stands nothing but whitespace; where nothing at all stands they are one word of str.split."""
    joined[:] = False
    for i in range(len(starts) - 1):
        joined[i + 1] = starts[i + 1] == ends[i]
