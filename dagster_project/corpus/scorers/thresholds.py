"""The threshold that keeps so many documents or words: exact, the same whatever the shards, in bounded memory.

Scores are integers. A first pass finds their range, and every further one counts them in BINS bins of equal width and
goes on in the bin where the limit lies, until bins are one wide: two passes for millionths from 0 to 1, at most five
for any others. The chunks are therefore asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import Refused

BINS = 1 << 20
Numbers = NDArray[np.int64]
Chunks = Callable[[], Iterable[tuple[Numbers, Numbers]]]  # scores and words, each int64[n]


class Threshold(NamedTuple):
    """Documents that score `value` or more are kept: so many of them, with so many words."""

    value: int
    documents: int
    words: int


def threshold_of(chunks: Chunks, *, quantile: float | None = None, words_budget: int | None = None) -> Threshold:
    """The least value that keeps no more than is allowed: 1 − quantile of the documents, or `words_budget` words.

    Documents of equal score stay together: where they do not all fit, none of them is kept. Where everything fits,
    the value is the least score. To keep low scores, as of perplexity, give them negated.
    """
    if (quantile is None) == (words_budget is None):
        raise Refused("a threshold is found by a quantile or by a budget of words: name one of the two")
    documents, least, most = _range(chunks)
    if quantile is not None and not 0 <= quantile <= 1:
        raise Refused(f"a quantile of {quantile} is none: name a number from 0 to 1")
    if not documents:
        return Threshold(0, 0, 0)
    by_words = words_budget is not None
    allowed = words_budget if words_budget is not None else int((1 - Fraction(str(quantile))) * documents)
    kept = np.zeros(2, np.int64)  # documents and words above the bin that is looked into
    while True:
        width = (most - least) // BINS + 1
        sums = _sums(chunks, least, most, width)
        above = kept[:, None] + np.cumsum(sums[:, ::-1], axis=1)[:, ::-1]  # of each bin and all above it
        fits = above[int(by_words)] <= allowed
        if fits.all():
            return Threshold(least, *above[:, 0].tolist())
        crossing = int(np.flatnonzero(~fits)[-1])
        if crossing + 1 < above.shape[1]:
            kept = above[:, crossing + 1]
        if width == 1:
            return Threshold(least + crossing + 1, *kept.tolist())
        least, most = least + crossing * width, min(most, least + (crossing + 1) * width - 1)


def _range(chunks: Chunks) -> tuple[int, int, int]:
    """How many scores there are, the least, and the greatest."""
    documents, least, most = 0, 0, 0
    for scores, _ in chunks():
        if len(scores):
            low, high = int(scores.min()), int(scores.max())
            least, most = (min(least, low), max(most, high)) if documents else (low, high)
            documents += len(scores)
    return documents, least, most


def _sums(chunks: Chunks, least: int, most: int, width: int) -> Numbers:
    """Documents and words of each bin: int64[2, bins]."""
    bins = (most - least) // width + 1
    sums = np.zeros((2, bins), np.int64)
    for scores, words in chunks():
        inside = (scores >= least) & (scores <= most)
        places = (scores[inside] - least) // width
        sums[0] += np.bincount(places, minlength=bins)
        np.add.at(sums[1], places, words[inside])
    return sums
