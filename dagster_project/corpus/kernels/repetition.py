"""Repeated n-grams of words as Gopher's rules were published: by datatrove, DCLM, RedPajama-V2 and dolma."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.ngram_joined import find_joined, joined_room
from dagster_project.corpus.kernels.ngrams import LONGEST, LONGEST_TOP, find, joined_key, no_finds, room
from dagster_project.corpus.kernels.texts import Bytes
from dagster_project.corpus.kernels.unicode import decode, property_bits
from dagster_project.corpus.kernels.words import Words

TOP, DUPLICATED = range(2, LONGEST_TOP + 1), range(LONGEST_TOP + 1, LONGEST + 1)
DATATROVE_NAMES = (*(f"top_{n}_gram" for n in TOP), *(f"duplicated_{n}_n_grams" for n in DUPLICATED))
DCLM_NAMES = ("dclm_characters", *(f"dclm_{name}" for name in DATATROVE_NAMES), *(f"rps_top_{n}gram" for n in TOP))
DOLMA_NAMES = (
    "dolma_characters",
    *(f"dolma_{name}" for name in DATATROVE_NAMES),
    *(f"dolma_{n}_n_grams" for n in DUPLICATED),
)
COLUMNS = DATATROVE_NAMES + DCLM_NAMES + DOLMA_NAMES
DCLM, DOLMA = len(DATATROVE_NAMES), len(DATATROVE_NAMES) + len(DCLM_NAMES)
ASCII = np.array([chr(c).isalnum() for c in range(128)] + [2] * 128, np.uint8)  # 2: look at the whole character


class Sequence(NamedTuple):
    """Some words of a document, in order."""

    hashes: NDArray[np.uint64]
    sums: NDArray[np.int64]  # characters before each word, and of all


class Lists(NamedTuple):
    """The words of a document as each source of the rules has them."""

    sums: NDArray[np.int64]  # of all words; their hashes are there already
    alphanumeric: Sequence  # that begin with a letter or number
    spaced: Sequence  # what stands between whitespace


def repetition(data: Bytes, words: Words) -> dict[str, NDArray[np.int64]]:
    """Characters (code points) in repeated n-grams of each document: int64[n] by the names in COLUMNS.

    With fewer than n words there is no n-gram, and the count is 0. Sources: algorithms.md sections 4, 8 and 9;
    datatrove 0.10.1 `gopher_repetition_filter`, DCLM (361714b) `content_filters`, dolma 1.2.1 `gopher`.
    """
    table = np.zeros((len(words.firsts) - 1, len(COLUMNS)), np.int64)
    _measure(data, words, table, u.characters())
    return dict(zip(COLUMNS, np.ascontiguousarray(table.T), strict=True))


@compiled
def _measure(data: Any, words: Any, table: Any, characters: Any) -> Any:
    most_words, most_bytes = 0, 0
    for i in range(len(table)):
        first, last = words.firsts[i], words.firsts[i + 1]
        most_words = max(most_words, last - first)
        if first < last:
            most_bytes = max(most_bytes, words.ends[last - 1] - words.starts[first])
    rooms, found, lists = (joined_room(most_words, most_bytes), room(most_words)), no_finds(), _lists(most_words)
    for i in range(len(table)):
        first, last = words.firsts[i], words.firsts[i + 1]
        alphanumeric, spaced = _list(data, words, first, last, lists, characters)
        _write_datatrove(data, words, (first, last), lists.sums, rooms, found, table[i])
        find(lists.alphanumeric.hashes, lists.alphanumeric.sums, alphanumeric, LONGEST, rooms[1], found)
        _write_dclm(lists.alphanumeric.sums, alphanumeric, found, table[i][DCLM:DOLMA])
        find(lists.spaced.hashes, lists.spaced.sums, spaced, LONGEST, rooms[1], found)
        _write_dolma(lists.spaced.sums, spaced, found, table[i][DOLMA:])


@compiled
def _lists(words: Any) -> Any:
    hashes, sums = np.empty((2, words + 1), np.uint64), np.zeros((3, words + 1), np.int64)
    return Lists(sums[0], Sequence(hashes[0], sums[1]), Sequence(hashes[1], sums[2]))


@compiled
def _list(data: Any, words: Any, first: Any, last: Any, lists: Any, characters: Any) -> Any:
    """Write the sequences; returns how many words the second and the third have."""
    starts, ends, sizes, hashes = words.starts, words.ends, words.characters, words.hashes
    sums, (one, one_sums), (two, two_sums) = lists.sums, lists.alphanumeric, lists.spaced
    alphanumeric, spaced, before = 0, 0, np.int64(-1)
    total, alphanumeric_total, joined = 0, 0, np.uint64(0)
    for i in range(first, last):
        hashed, start = hashes[i], starts[i]
        is_alphanumeric = ASCII[data[start]]
        if is_alphanumeric > 1:
            is_alphanumeric = _is_alphanumeric(data, start, ends[i], characters)
        total += sizes[i]
        alphanumeric_total += sizes[i] * is_alphanumeric
        sums[i - first + 1] = total
        one[alphanumeric] = hashed
        alphanumeric += is_alphanumeric
        one_sums[alphanumeric] = alphanumeric_total
        joined = joined_key(joined, hashed) if start == before else hashed
        spaced += start != before
        two[spaced - 1] = joined
        two_sums[spaced] = total
        before = ends[i]
    return alphanumeric, spaced


@compiled
def _is_alphanumeric(data: Any, start: Any, end: Any, characters: Any) -> Any:
    """1 where a word begins with a character that str.isalnum."""
    code, _ = decode(data, start, end)
    category = property_bits(characters, code) & u.CATEGORY
    return np.uint8(category <= u.LAST_LETTER or u.LAST_MARK < category <= u.LAST_NUMBER)


@compiled
def _write_datatrove(data: Any, words: Any, which: Any, sums: Any, rooms: Any, found: Any, row: Any) -> Any:
    first, last = which
    find(words.hashes[first:last], sums, last - first, LONGEST_TOP, rooms[1], found)
    for n in range(2, LONGEST_TOP + 1):
        row[n - 2] = found.counts[n] * (found.first[n] + n - 1)
    find_joined(data, words.starts[first:last], words.ends[first:last], sums, rooms, row)


@compiled
def _write_dclm(sums: Any, words: Any, found: Any, row: Any) -> Any:
    row[0] = sums[words]
    for n in range(2, LONGEST_TOP + 1):
        is_repeated = found.counts[n] > 1
        row[n - 1] = found.counts[n] * found.longest[n] * is_repeated
        row[LONGEST + n - 2] = found.counts[n] * found.first[n] * is_repeated
    for n in range(LONGEST_TOP + 1, LONGEST + 1):
        row[n - 1] = found.covered[n]


@compiled
def _write_dolma(sums: Any, words: Any, found: Any, row: Any) -> Any:
    row[0] = sums[words]
    for n in range(2, LONGEST_TOP + 1):
        row[n - 1] = found.counts[n] * found.first[n]
    for n in range(LONGEST_TOP + 1, LONGEST + 1):
        row[n - 1] = found.repeated[n]
        row[LONGEST + n - LONGEST_TOP - 1] = _all_n_grams(sums, words, n)


@compiled
def _all_n_grams(sums: Any, words: Any, n: Any) -> Any:
    characters = 0
    for i in range(words - n + 1):
        characters += sums[i + n] - sums[i]
    return characters
