"""MinHash signatures equal to datatrove's: same text, same words, same hashes, same permutations."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import shingles
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.normalization import GROWTH, SLACK, simplify
from dagster_project.corpus.kernels.texts import Bytes, Offsets

PERMUTATIONS, NGRAM, SEED = 112, 5, 1
PRIME, PRIME_BITS = np.uint64((1 << 61) - 1), np.uint64(61)
EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)  # no value of a signature is as great


def signatures(
    data: Bytes, offsets: Offsets, *, permutations: int = PERMUTATIONS, ngram: int = NGRAM
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Signatures uint64[n, permutations] and shingle counts int64[n]; no shingle makes a row of EMPTY.

    datatrove 0.10.1 with xxh64 (algorithms.md section 2.1): the least, over all shingles of `ngram` words, of
    (hash · a + b mod 2^64) mod (2^61 − 1). Documents are below 128 MiB.
    """
    a, b = coefficients(permutations)
    rows: tuple[NDArray[np.uint64], NDArray[np.int64]] = _signatures(data, offsets, a, b, ngram, u.tables())
    return rows


@cache
def coefficients(permutations: int = PERMUTATIONS, seed: int = SEED) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """All multipliers, then all addends, of numpy's frozen legacy generator."""
    draw = np.random.RandomState(seed).randint
    a = draw(1, PRIME, dtype=np.uint64, size=permutations)
    return a, draw(0, PRIME, dtype=np.uint64, size=permutations)


@compiled
def _signatures(data: Any, offsets: Any, a: Any, b: Any, ngram: Any, tables: Any) -> Any:
    documents = len(offsets) - 1
    rows, counts = np.full((documents, len(a)), EMPTY), np.zeros(documents, np.int64)
    size = GROWTH * _longest(offsets)
    text, room = np.empty(size + SLACK, np.uint8), shingles.room(size)
    for i in range(documents):
        end = simplify(data, offsets[i], offsets[i + 1], text, 0, tables)
        counts[i] = max(0, shingles.split(text, end, room, tables) - ngram + 1)
        for first in range(counts[i]):
            _lower(rows[i], shingles.shingle_hash(room, first, ngram), a, b)
    return rows, counts


@compiled
def _longest(offsets: Any) -> Any:
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    return longest


@compiled
def _lower(row: Any, value: Any, a: Any, b: Any) -> Any:
    """Lower each minimum to the permuted value. Without branches, so that it compiles to vector instructions."""
    for i in range(len(row)):
        product = value * a[i] + b[i]
        rest = (product & PRIME) + (product >> PRIME_BITS)
        row[i] = min(row[i], min(rest, rest - PRIME))
