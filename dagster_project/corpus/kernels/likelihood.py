"""How surprising each document is to a counted model of word trigrams: one pass, three look-ups per word.

A model is three tables of sorted keys. Keys are 64-bit hashes, spread evenly, so the leading bits of a key tell where
it stands to within a few places.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.kernels.texts import Offsets

BEGIN = np.uint64(0x9E6C63D0876A9A47)  # stands for the two words before the first of a document
ABSENT = -1
BUCKET_KEYS = 4  # about so many keys share their leading bits

Hashes = NDArray[np.uint64]
Costs = NDArray[np.int32]


class Level(NamedTuple):
    """The n-grams of one length: sorted keys; their costs; and the cost of backing off from them as a context.

    A cost is a negative logarithm in millionths of a nat. `bounds` holds where each value of the leading bits begins.
    """

    keys: Hashes
    costs: Costs
    backoffs: Costs
    bounds: NDArray[np.int64]
    shift: np.uint64


class Tables(NamedTuple):
    """A model: words, pairs, triples, and the cost of a word that it has never met."""

    words: Level
    pairs: Level
    triples: Level
    unknown: np.int64


def level(keys: Hashes, costs: Costs, backoffs: Costs) -> Level:
    """The keys, which are sorted, with the places that find them."""
    bits = max(1, int(len(keys) // BUCKET_KEYS).bit_length())
    shift = np.uint64(64 - bits)
    bounds = np.searchsorted(keys >> shift, np.arange((1 << bits) + 1, dtype=np.uint64)).astype(np.int64)
    return Level(keys, costs, backoffs, bounds, shift)


def surprise(hashes: Hashes, firsts: Offsets, tables: Tables) -> NDArray[np.int64]:
    """The cost of all words of each document, in millionths of a nat: int64[n]."""
    costs: NDArray[np.int64] = _surprise(hashes, firsts, tables)
    return costs


def keys_of(hashes: Hashes, firsts: Offsets) -> tuple[Hashes, Hashes, Hashes, Hashes]:
    """Of every word: the one before it, and the keys of the two before it, of the pair and the triple it ends."""
    keys: tuple[Hashes, Hashes, Hashes, Hashes] = _keys(hashes, firsts)
    return keys


@compiled
def _surprise(hashes: Any, firsts: Any, tables: Any) -> Any:
    costs = np.zeros(len(firsts) - 1, np.int64)
    for i in range(len(costs)):
        before, context = BEGIN, pair_key(BEGIN, BEGIN)
        word_at, pair_at = _find(tables.words, before), _find(tables.pairs, context)
        for at in range(firsts[i], firsts[i + 1]):
            word = hashes[at]
            pair, triple = pair_key(before, word), pair_key(context, word)
            next_word, next_pair = _find(tables.words, word), _find(tables.pairs, pair)
            found = _find(tables.triples, triple)
            if found != ABSENT:
                costs[i] += tables.triples.costs[found]
            else:
                costs[i] += _back_off(tables, word_at, pair_at, next_word, next_pair)
            before, context, word_at, pair_at = word, pair, next_word, next_pair
    return costs


@compiled
def _back_off(tables: Any, word_at: Any, pair_at: Any, next_word: Any, next_pair: Any) -> Any:
    cost = np.int64(tables.pairs.backoffs[pair_at]) if pair_at != ABSENT else np.int64(0)
    if next_pair != ABSENT:
        return cost + tables.pairs.costs[next_pair]
    if word_at != ABSENT:
        cost += tables.words.backoffs[word_at]
    return cost + (tables.words.costs[next_word] if next_word != ABSENT else tables.unknown)


@compiled
def _keys(hashes: Any, firsts: Any) -> Any:
    size = len(hashes)
    befores, contexts = np.empty(size, np.uint64), np.empty(size, np.uint64)
    pairs, triples = np.empty(size, np.uint64), np.empty(size, np.uint64)
    for i in range(len(firsts) - 1):
        before, context = BEGIN, pair_key(BEGIN, BEGIN)
        for at in range(firsts[i], firsts[i + 1]):
            befores[at], contexts[at] = before, context
            pairs[at], triples[at] = pair_key(before, hashes[at]), pair_key(context, hashes[at])
            before, context = hashes[at], pairs[at]
    return befores, contexts, pairs, triples


@compiled
def pair_key(left: Any, right: Any) -> Any:
    """One key of two; of a pair and a word it is the key of the triple."""
    return mix64(mix64(left) + right)


@compiled
def _find(level: Any, key: Any) -> Any:
    """Where a key stands, or ABSENT."""
    bucket = key >> level.shift
    for at in range(level.bounds[bucket], level.bounds[bucket + np.uint64(1)]):
        if level.keys[at] >= key:
            return at if level.keys[at] == key else ABSENT
    return ABSENT
