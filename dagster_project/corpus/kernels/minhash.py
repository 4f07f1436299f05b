"""MinHash signatures equal to datatrove's: same text, same words, same hashes, same permutations."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import shingles as s
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.normalization import GROWTH, SLACK, simplify
from dagster_project.corpus.kernels.permutations import EMPTY, PRIME, STEP, lower, lower_32
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.sha1 import ROUNDS
from dagster_project.corpus.kernels.shingle_cuts import CutTables, cut_tables
from dagster_project.corpus.kernels.shingle_hashes import HASHINGS, SHA1_32, XXH32, Shingles, hash_shingles
from dagster_project.corpus.kernels.sketches import write_sketch
from dagster_project.corpus.kernels.texts import Bytes, Offsets

__all__ = ["EMPTY", "NGRAM", "PERMUTATIONS", "Signatures", "coefficients", "signatures"]
PERMUTATIONS, NGRAM, SEED = 112, 5, 1
BLOCK = 256  # hashes that are permuted together: 2 KiB, which stay in the nearest cache
WORDS, CHARACTERS = "words", "characters"


class Signatures(NamedTuple):
    """One row per document."""

    minima: NDArray[np.uint64]  # [n, permutations]; EMPTY in a row without shingles
    shingles: NDArray[np.int64]  # [n]: how many, equal ones counted as often as they occur
    sketch: NDArray[np.uint32]  # [n, k], as `sketches.py` says
    sketch_sizes: NDArray[np.int32]  # [n]


class Way(NamedTuple):
    """How shingles are made and hashed."""

    ngram: int
    by_characters: bool
    hashing: int
    is_short: bool  # 32-bit hashes, of whose permutations the low 32 bits are taken


class Tables(NamedTuple):
    unicode: u.Tables
    cuts: CutTables


def signatures(
    data: Bytes,
    offsets: Offsets,
    *,
    permutations: int = PERMUTATIONS,
    ngram: int = NGRAM,
    shingles: Literal["words", "characters"] = "words",
    hashing: Literal["xxh64", "xxh32", "sha1-64", "sha1-32"] = "xxh64",
    sketch: int = 0,
) -> Signatures:
    """MinHash signatures of documents below 128 MiB, and sketches of their shingles' hashes; ValueError says what not.

    datatrove 0.10.1 (algorithms.md section 2.1): the least, over all shingles of `ngram` words of the normalized text,
    of (hash · a + b mod 2^64) mod (2^61 − 1); of 32-bit hashes the low 32 bits of that. Shingles of characters are of
    code points of the normalized text, hashed as UTF-8. A sketch has `sketch` hashes at most.
    """
    if ngram < 1 or permutations < 1 or sketch < 0:
        raise ValueError(f"{permutations} permutations of {ngram}-grams and sketches of {sketch} cannot be made")
    if shingles not in (WORDS, CHARACTERS) or hashing not in HASHINGS:
        known = f"{WORDS} or {CHARACTERS}, hashed by {', '.join(HASHINGS)}"
        raise ValueError(f"shingles are {known}; not {shingles} hashed by {hashing}")
    way = Way(ngram, shingles == CHARACTERS, HASHINGS[hashing], HASHINGS[hashing] in (XXH32, SHA1_32))
    documents = len(offsets) - 1
    rows = Signatures(
        np.full((documents, permutations), EMPTY),
        np.zeros(documents, np.int64),
        np.empty((documents, sketch), np.uint32),
        np.zeros(documents, np.int32),
    )
    _sign(data, offsets, *coefficients(permutations), way, Tables(u.tables(), cut_tables()), rows)
    return rows


@cache
def coefficients(permutations: int = PERMUTATIONS, seed: int = SEED) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """All multipliers, then all addends, of numpy's frozen legacy generator."""
    draw = np.random.RandomState(seed).randint
    a = draw(1, PRIME, dtype=np.uint64, size=permutations)
    return a, draw(0, PRIME, dtype=np.uint64, size=permutations)


@compiled
def _sign(data: Any, offsets: Any, a: Any, b: Any, way: Any, tables: Any, rows: Any) -> Any:
    size = GROWTH * _longest(offsets)
    text, room = np.empty(size + SLACK, np.uint8), s.room(size)
    hashes, least = np.empty(size + STEP, np.uint64), np.empty(size + 1, np.uint32)
    for i in range(len(offsets) - 1):
        end = simplify(data, offsets[i], offsets[i + 1], text, 0, tables.unicode)
        count = _hash(text, end, room, way, tables.cuts, hashes)
        rows.shingles[i] = count
        if count:
            _permute(hashes, count, a, b, way, rows.minima[i])
        rows.sketch_sizes[i] = write_sketch(hashes, count, rows.sketch[i], least)


@compiled
def _longest(offsets: Any) -> Any:
    longest = 0
    for i in range(len(offsets) - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    return longest


@compiled
def _hash(text: Any, end: Any, room: Any, way: Any, tables: Any, hashes: Any) -> Any:
    """Write the hashes of the shingles of text[:end]; returns how many there are."""
    words = np.empty(ROUNDS, np.uint64)
    if way.by_characters:
        count = max(0, s.split_characters(text, end, room) - way.ngram + 1)
        shingles = Shingles(pointer(text), pointer(room.words), way.ngram, 0)
    else:
        count = max(0, s.split(text, end, room, tables) - way.ngram + 1)
        shingles = Shingles(pointer(room.joined), pointer(room.words), way.ngram, 1)
    hash_shingles(shingles, count, way.hashing, pointer(hashes), pointer(words))
    return count


@compiled
def _permute(hashes: Any, count: Any, a: Any, b: Any, way: Any, minima: Any) -> Any:
    hashes[count : count + STEP] = hashes[count - 1]  # the same hash again changes no minimum
    sums = np.empty(len(a), np.uint64)
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        if way.is_short:
            lower_32(pointer(minima), pointer(hashes), first, last, pointer(a), pointer(b), len(a))
        else:
            lower(pointer(minima), pointer(sums), pointer(hashes), first, last, pointer(a), pointer(b), len(a))
