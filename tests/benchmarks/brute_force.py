"""How alike all pairs of some texts are, the obvious way: by the sets of their shingles.

Shingles are made by datatrove, as ours are to be bit for bit; nothing here is shared with our kernels. Shared shingles
are counted by a product of sparse matrices, so all pairs are covered: a pair without an entry shares nothing, and its
similarity is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

AT_ONCE = 256  # texts compared with all others
Sets = Sequence[NDArray[np.uint64]]


class Pairs(NamedTuple):
    """Pairs of different texts by number, left < right, and their Jaccard similarity."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> Pairs:
        return Pairs(self.left[chosen], self.right[chosen], self.similarity[chosen])


def shingle_sets(texts: Sequence[str], processes: int) -> list[NDArray[np.uint64]]:
    """The distinct hashes of the word 5-grams of each text, ascending; none of a text with fewer words."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        return list(pool.map(shingles, texts, chunksize=64))


def shingles(text: str) -> NDArray[np.uint64]:
    found: NDArray[np.uint64] = np.unique(signer().get_shingles(text).astype(np.uint64))
    return found


@cache
def signer() -> Any:
    """datatrove's step, whose words and hashes of words are taken."""
    try:
        from datatrove.pipeline.dedup import MinhashDedupSignature
    except ModuleNotFoundError as error:
        message = f"this benchmark needs datatrove ({error}): pip install 'florilegium[bench]'"
        raise ModuleNotFoundError(message) from None
    return MinhashDedupSignature("unused")


def similar(sets: Sets, least: float) -> Pairs:
    """All pairs whose Jaccard similarity is at least that, which is above 0."""
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)), *_blocks(sets, least)]
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _blocks(sets: Sets, least: float) -> Iterator[Pairs]:
    sizes = np.array([len(item) for item in sets], np.int64)
    _, columns = np.unique(np.concatenate([np.empty(0, np.uint64), *sets]), return_inverse=True)
    places = np.concatenate([[0], np.cumsum(sizes)])
    holds = csr_array((np.ones(len(columns), np.int32), columns, places))
    held_by = holds.T.tocsr()
    for start in range(0, len(sets), AT_ONCE):
        shared = (holds[start : start + AT_ONCE] @ held_by).tocoo()
        left, right = shared.row.astype(np.int64) + start, shared.col.astype(np.int64)
        similarity = shared.data / (sizes[left] + sizes[right] - shared.data)
        yield Pairs(left, right, similarity).where((left < right) & (similarity >= least))


def jaccard(sets: Sets, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of some pairs alone."""
    shared = [len(np.intersect1d(sets[i], sets[j], assume_unique=True)) for i, j in zip(left, right, strict=True)]
    either = [len(sets[i]) + len(sets[j]) - both for i, j, both in zip(left, right, shared, strict=True)]
    return np.array(shared, np.float64) / np.maximum(either, 1)


def groups(pairs: Pairs, count: int) -> NDArray[np.int64]:
    """By text, the number of the group that pairs join it to."""
    joined = csr_array((np.ones(len(pairs.left)), (pairs.left, pairs.right)), shape=(count, count))
    found: NDArray[np.int64] = connected_components(joined, directed=False)[1].astype(np.int64)
    return found


def binned(similarity: NDArray[np.float64], bounds: Sequence[float]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Which are from one bound on and below the next; the last bin has its end."""
    for low, high in pairwise(bounds):
        below = similarity <= high if high == bounds[-1] else similarity < high
        yield f"{low:.2f}-{high:.2f}", (similarity >= low) & below
