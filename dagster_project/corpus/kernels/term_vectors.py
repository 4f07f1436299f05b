"""Documents as sparse vectors of unit length in whole numbers: hashed words, weighted by how often and how rare.

Every word is one of FEATURES dimensions and a sign, both of its hash (Weinberger et al. 2009, arXiv:0902.2206). A
dimension that a document has n times weighs (1 + ln n) · ln(1 + N / df), and the vector is scaled to the length UNIT
and rounded. Whole numbers have one sum in any order, so what is made of such vectors is the same on any machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.words import ALPHABETIC, Words, words_of

FEATURES = 1 << 15  # at most 1 << 16; half as many part texts hardly worse, twice as many hardly better
UNIT = 1 << 14  # the length of a vector, so that 16 bits hold an element and 32 the product of two vectors
FINENESS = 256  # parts of 1 in which logarithms are rounded
MOST_TIMES = 255  # that a word counts in one document

Weights = NDArray[np.int32]


class Terms(NamedTuple):
    """The features of some documents, one document after the other."""

    features: NDArray[np.uint16]  # each once per document
    values: NDArray[np.int16]  # how often the document has it, or what it weighs, with the sign
    firsts: Offsets  # int64[documents + 1]: the first feature of each document


def plain(data: Bytes, offsets: Offsets) -> tuple[Bytes, Words]:
    """Texts as MinHash has them (lower case, without punctuation and marks), and their words."""
    simplified, ends = normalize(data, offsets)
    return simplified, words_of(simplified, ends)


def terms_of(words: Words) -> Terms:
    """How often each document has each feature, by its words that have a letter."""
    terms: Terms = Terms(*_terms(words.hashes, words.flags, words.firsts, FEATURES))
    return terms


def features_of(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """The dimension of each word."""
    return (hashes & np.uint64(FEATURES - 1)).astype(np.uint16)


def signs_of(hashes: NDArray[np.uint64]) -> NDArray[np.int8]:
    """1 or -1 for each word."""
    return 1 - 2 * (hashes >> np.uint64(63)).astype(np.int8)


def rareness(documents: NDArray[np.int64], total: int) -> Weights:
    """ln(1 + N / df) in parts of FINENESS, from the number of documents that have each feature; none counts as one."""
    weights: Weights = np.rint(np.log1p(total / np.maximum(documents, 1)) * FINENESS).astype(np.int32)
    return weights


def weighted(counts: Terms, rare: Weights) -> Terms:
    """The vectors of documents with these counts."""
    return Terms(counts.features, _weighted(*counts, rare, FREQUENT), counts.firsts)


FREQUENT = np.rint((1 + np.log(np.maximum(np.arange(MOST_TIMES + 1), 1))) * FINENESS).astype(np.int64)


@compiled
def _terms(hashes: Any, flags: Any, firsts: Any, size: Any) -> Any:
    sums, seen = np.zeros(size, np.int32), np.zeros(size, np.bool_)
    features, values = np.empty(len(hashes), np.uint16), np.empty(len(hashes), np.int16)
    ends, count = np.zeros_like(firsts), 0
    for i in range(len(firsts) - 1):
        begin = count
        for at in range(firsts[i], firsts[i + 1]):
            if flags[at] & ALPHABETIC:
                feature = np.int64(hashes[at] & np.uint64(size - 1))
                if not seen[feature]:
                    seen[feature], features[count] = True, feature
                    count += 1
                sums[feature] += 1 - 2 * np.int64(hashes[at] >> np.uint64(63))
        found, count = count, begin
        for at in range(begin, found):
            feature = features[at]
            if sums[feature]:  # words of both signs may leave nothing
                features[count] = feature
                values[count] = min(max(sums[feature], -MOST_TIMES), MOST_TIMES)
                count += 1
            seen[feature], sums[feature] = False, 0
        ends[i + 1] = count
    return features[:count].copy(), values[:count].copy(), ends


@compiled
def _weighted(features: Any, values: Any, firsts: Any, rare: Any, frequent: Any) -> Any:
    weights = np.empty(len(values), np.int16)
    for i in range(len(firsts) - 1):
        total = np.int64(0)
        for at in range(firsts[i], firsts[i + 1]):
            weight = frequent[abs(values[at])] * rare[features[at]]
            total += weight * weight
        length = np.int64(np.sqrt(np.float64(total)))
        for at in range(firsts[i], firsts[i + 1]):
            weight = frequent[abs(values[at])] * rare[features[at]]
            size = (2 * weight * UNIT + length) // (2 * length)
            weights[at] = size if values[at] > 0 else -size
    return weights
