"""The n-grams of hashed words that occur more than once, found where no pair of words in them is rare.

Pairs are counted in a small array of bytes that different pairs may share: an n-gram occurs no more often than the
rarest count of its pairs says, its level. The most common n-gram of 2 to 4 words is sought among those of a high level,
and again of a lower one if none occurs that often; n-grams of five words where every pair occurs twice. A longer one
can occur again only where its first and its last n - 1 words do. What is left is compared by key, 64 bits of the hashes
of the words. Equal n-grams have equal keys: words made to collide, some 2^32 trials a pair, only make a text look more
repetitive than it is. Keys made to share slots cost rounds of `find_firsts`, each with another factor, so that a slow
text needs keys that collide under all of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.ngram_room import MOST, clear_counters, find_firsts, joined_key, pointed
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.vectors import ONE, WIDTH, bytes_between, zeros_below

LONGEST, LONGEST_TOP = 10, 4  # words
TWICE = 2
GUESS = 4  # the most common n-gram is first looked for among those whose level is at least the greatest over this


class Found(NamedTuple):
    """What there is of each length, int64[LONGEST + 1] each, by words of the n-gram; characters without spaces."""

    counts: NDArray[np.int64]  # how often the most common n-gram occurs
    first: NDArray[np.int64]  # characters of the first of these in text order
    longest: NDArray[np.int64]  # characters of the longest of these
    repeated: NDArray[np.int64]  # of all n-grams that occur more than once, the first occurrence included
    covered: NDArray[np.int64]  # of the words in one of these, each once


@compiled
def no_finds() -> Any:
    """Where `find` writes."""
    counts, first, longest, repeated, covered = np.zeros((5, LONGEST + 1), np.int64)
    return Found(counts, first, longest, repeated, covered)


@compiled
def find(hashes: Any, sums: Any, words: Any, most: Any, room: Any, found: Any) -> Any:
    """The n-grams of 2 to `most` words among hashes[:words]; sums[i] are the characters before word i."""
    _find(pointer(hashes), pointer(sums), words, most, pointed(room), found)


@compiled
def _find(hashes: Any, sums: Any, words: Any, most: Any, room: Any, found: Any) -> Any:
    """The same over pointers."""
    level, size = _count_pairs(hashes, words, room), 0
    for n in range(2, most + 1):
        if n > 2:
            level = _lower_levels(words, room)
        if n <= LONGEST_TOP:
            _find_top(hashes, sums, n, words, level, room, found)
        elif n == LONGEST_TOP + 1:
            size = _choose(n, words, TWICE, room)
            size = _find_repeated(hashes, sums, n, size, room, found)
        else:
            size = _find_repeated_again(hashes, sums, n, size, room, found)


@compiled
def _count_pairs(hashes: Any, words: Any, room: Any) -> Any:
    """Set the levels of pairs; returns the greatest."""
    counters, numbers, levels, size, most = room.counters, room.pending, room.levels, max(words - 1, 0), np.uint8(0)
    by = clear_counters(size, room)
    for i in range(size):
        number = joined_key(hashes[i], hashes[i + 1]) >> by
        numbers[i] = number
        counters[number] += counters[number] < MOST
    for i in range(size):
        levels[i] = counters[np.uint32(numbers[i])]
        most = max(most, levels[i])
    for i in range(size, words + WIDTH):
        levels[i] = 0
    return np.int64(most)


@compiled
def _lower_levels(words: Any, room: Any) -> Any:
    """Set the levels of n-grams of one more word: neither its first nor its last words occur less often."""
    levels, most = room.levels, np.uint8(0)
    for i in range(words):
        levels[i] = min(levels[i], levels[i + 1])
        most = max(most, levels[i])
    return np.int64(most)


@compiled
def _choose(n: Any, words: Any, least: Any, room: Any) -> Any:
    """Choose the n-grams whose level is not below the least; returns how many."""
    levels, chosen, count = room.levels, room.chosen, 0
    for start in range(0, words, WIDTH):
        bits = bytes_between(levels, start, least, np.int64(MOST))
        while bits:
            chosen[count] = start + zeros_below(bits)
            bits &= bits - ONE
            count += 1
    return count


@compiled
def _find_firsts(hashes: Any, n: Any, chosen: Any, room: Any) -> Any:
    """Find the first of the chosen n-grams that is equal to each one, and count these there."""
    keys, firsts, counts, places = room.keys, room.firsts, room.counts, room.chosen
    for number in range(chosen):
        at = np.int64(places[number])
        key = hashes[at]
        for k in range(1, n):
            key = joined_key(key, hashes[at + k])
        keys[at], counts[at] = key, 0
    find_firsts(chosen, room)
    for number in range(chosen):
        counts[firsts[places[number]]] += 1


@compiled
def _find_top(hashes: Any, sums: Any, n: Any, words: Any, level: Any, room: Any, found: Any) -> Any:
    """Find the most common n-gram: first among those of a high level, then of all that may occur as often as it."""
    count, first, longest = min(max(words - n + 1, 0), 1), 0, 0
    least = level if n == 2 else level // GUESS
    while level >= TWICE:
        least = max(least, TWICE)
        chosen = _choose(n, words, least, room)
        _find_firsts(hashes, n, chosen, room)
        count, first, longest = _most_common(sums, n, chosen, room)
        if count >= least or least == TWICE:
            break
        least = count
    if count <= 1:
        first, longest = sums[n * count] - sums[0], 0
    found.counts[n], found.first[n], found.longest[n] = count, first, longest


@compiled
def _most_common(sums: Any, n: Any, chosen: Any, room: Any) -> Any:
    """How often the most common chosen n-gram occurs, at least once; characters of the first and of the longest."""
    most, first, longest = 1, 0, 0
    for number in range(chosen):
        at = np.int64(room.chosen[number])
        count = np.int64(room.counts[at])
        if count >= most:
            characters = sums[at + n] - sums[at]
            first, longest = (first, max(longest, characters)) if count == most else (characters, characters)
            most = int(count)
    return most, first, longest


@compiled
def _find_repeated(hashes: Any, sums: Any, n: Any, size: Any, room: Any, found: Any) -> Any:
    """Find those of the chosen n-grams that occur more than once; returns how many, which the room then holds."""
    _find_firsts(hashes, n, size, room)
    for k in range(size):
        room.positions[k] = room.chosen[k]
    return _keep_repeated(sums, n, size, room, found)


@compiled
def _find_repeated_again(hashes: Any, sums: Any, n: Any, size: Any, room: Any, found: Any) -> Any:
    """Go on to one more word: most n-grams do as their first one does, only the others are sought."""
    keys, positions, firsts, counts = room.keys, room.positions, room.firsts, room.counts
    chosen, kept, left = room.chosen, 0, 0
    for k in range(size - 1):
        at = np.int64(positions[k])
        key = joined_key(keys[at], hashes[at + n - 1])
        keys[at], counts[at], positions[kept], chosen[left] = key, 0, at, at
        is_kept = positions[k + 1] == at + 1
        kept += is_kept
        left += is_kept & (keys[firsts[at]] != key)
    find_firsts(left, room)
    for k in range(kept):
        counts[firsts[positions[k]]] += 1
    return _keep_repeated(sums, n, kept, room, found)


@compiled
def _keep_repeated(sums: Any, n: Any, size: Any, room: Any, found: Any) -> Any:
    """Keep the n-grams that occur more than once, and sum their characters."""
    positions, firsts, counts = room.positions, room.firsts, room.counts
    kept, repeated, covered, end = 0, 0, 0, 0
    for k in range(size):
        at = np.int64(positions[k])
        positions[kept] = at
        is_repeated = counts[firsts[at]] > 1
        kept += is_repeated
        repeated += (sums[at + n] - sums[at]) * is_repeated
        covered += (sums[at + n] - sums[max(at, end)]) * is_repeated
        end = max(end, (at + n) * is_repeated)
    found.repeated[n], found.covered[n] = repeated, covered
    return kept
