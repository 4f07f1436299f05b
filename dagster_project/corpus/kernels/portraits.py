"""Hashed n-grams of characters, and a Bloom filter of them in blocks of 512 bits (Putze, Sanders, Singler 2007).

A block is one line of the cache: whoever asks for a hash reads one. Which one is told by the upper bits of the hash, so
that hashes in order fill the filter in order; its bits are told by others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import mix64, xxh64
from dagster_project.corpus.kernels.texts import Bytes, Offsets

BLOCK_BITS, BLOCK_WORDS = 512, 8
PLACE_BITS, PLACE, WORD, BIT = np.uint64(9), np.uint64(511), np.uint64(6), np.uint64(63)
HALF, ONE = np.uint64(32), np.uint64(1)
MOST_PROBES = 7  # of nine bits each
CONTINUATION, CONTINUES = 0xC0, 0x80
Hashes = NDArray[np.uint64]
Filter = NDArray[np.uint64]  # (blocks, 8)


class Strided(NamedTuple):
    """The n-grams of some texts that begin at multiples of their width."""

    hashes: Hashes
    covered_bytes: int
    short: int  # texts that are no n-gram long


class Rolled(NamedTuple):
    """The n-grams of some texts that begin at any character."""

    hashes: Hashes
    firsts: Offsets  # int64[texts + 1]: the first of each text


def strided(data: Bytes, offsets: Offsets, width: int) -> Strided:
    """xxh64 of characters 0 to width − 1, width to 2 · width − 1 … of each text; not of what is left at its end."""
    hashes = np.empty((len(data) + width - 1) // width + 1, np.uint64)
    count, covered, short = _strided(data, offsets, width, hashes)
    return Strided(hashes[:count].copy(), int(covered), int(short))


def rolled(data: Bytes, offsets: Offsets, width: int) -> Rolled:
    """The same hash of `width` characters from each character on."""
    starts = np.append(np.flatnonzero((data & CONTINUATION) != CONTINUES), len(data))
    bounds = np.searchsorted(starts, offsets)
    counts = np.maximum(np.diff(bounds) - width + 1, 0)
    hashes = np.empty(counts.sum(), np.uint64)
    _rolled(data, starts, bounds, width, hashes)
    return Rolled(hashes, np.append(0, np.cumsum(counts)))


def filled(hashes: Hashes, blocks: int, probes: int, skipped_bits: int) -> Filter:
    """A filter of these hashes, whose first `skipped_bits` bits say nothing, for all have the same."""
    found = np.zeros((blocks, BLOCK_WORDS), np.uint64)
    _fill(hashes, block_of(hashes, blocks, skipped_bits), found, probes)
    return found


def block_of(hashes: Hashes, blocks: int, skipped_bits: int) -> NDArray[np.int64]:
    """The block of each hash, by its upper bits, whatever their number."""
    upper = hashes << np.uint64(skipped_bits) >> HALF
    return (upper * np.uint64(blocks) >> HALF).astype(np.int64)


def held(found: Filter, rows: NDArray[np.int64], hashes: Hashes, probes: int) -> NDArray[np.bool_]:
    """Which hashes may be in the filter; `rows` are their blocks in `found`, which need not be all of the filter."""
    answers = np.empty(len(hashes), np.bool_)
    _ask(found, rows, hashes, probes, answers)
    return answers


def false_rate(found: Filter, probes: int) -> float:
    """How probable it is that a hash which is not in the filter is held for one that is.

    The mean over the blocks of the share of their bits that are set, to the power of the probes.
    """
    ones = np.bitwise_count(found).sum(axis=1, dtype=np.int64)
    return float(np.mean((ones / BLOCK_BITS) ** probes))


@compiled
def _strided(data: Any, offsets: Any, width: Any, hashes: Any) -> Any:
    count, covered, short = 0, 0, 0
    for i in range(len(offsets) - 1):
        at, end = offsets[i], offsets[i + 1]
        following = _after(data, at, end, width)
        short += following == at
        while following > at:
            hashes[count] = xxh64(data, at, following)
            count += 1
            covered += following - at
            at = following
            following = _after(data, at, end, width)
    return count, covered, short


@compiled
def _after(data: Any, at: Any, end: Any, width: Any) -> Any:
    """Where `width` characters from `at` end; `at` if there are not so many."""
    if end - at < width:
        return at
    seen = np.uint8(0)
    for i in range(at, at + width):
        seen |= data[i]
    if seen < CONTINUES:
        return at + width
    characters, i = 0, at
    while i < end:
        characters += (data[i] & CONTINUATION) != CONTINUES
        if characters > width:
            return i
        i += 1
    return end if characters == width else at


@compiled
def _rolled(data: Any, starts: Any, bounds: Any, width: Any, hashes: Any) -> Any:
    count = 0
    for i in range(len(bounds) - 1):
        for k in range(bounds[i], bounds[i + 1] - width + 1):
            hashes[count] = xxh64(data, starts[k], starts[k + width])
            count += 1


@compiled
def _fill(hashes: Any, rows: Any, found: Any, probes: Any) -> Any:
    for i in range(len(hashes)):
        places = mix64(hashes[i])
        for _ in range(probes):
            found[rows[i], np.int64((places & PLACE) >> WORD)] |= ONE << (places & BIT)
            places >>= PLACE_BITS


@compiled
def _ask(found: Any, rows: Any, hashes: Any, probes: Any, answers: Any) -> Any:
    for i in range(len(hashes)):
        places, is_held = mix64(hashes[i]), ONE
        for _ in range(probes):
            is_held &= found[rows[i], np.int64((places & PLACE) >> WORD)] >> (places & BIT)
            places >>= PLACE_BITS
        answers[i] = is_held == ONE
