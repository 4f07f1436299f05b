"""Bottom-k sketches: the least of a set's hashes stand for the set, and two of them estimate how much two sets share.

The sketch of a set is the `k` least of its distinct 32-bit hashes, ascending. A set with fewer hashes is held whole, so
that what is computed from two such sketches is exact, but for hashes that two members share: one pair in 2^32.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import mix64

Sketches = NDArray[np.uint32]
Sizes = NDArray[np.int32]
PADDING = np.uint32(0xFFFFFFFF)  # after the last hash of a sketch
HALF, LARGEST = np.uint64(32), 2.0**32 - 1
DEVIATIONS = 5  # of the number of hashes below a bound; one more is seldom needed


def sketch_jaccard(left: Sketches, left_sizes: Sizes, right: Sketches, right_sizes: Sizes) -> NDArray[np.float64]:
    """Of each pair of sketches uint32[m, k] with their sizes int32[m], the Jaccard similarity of the sets: float64[m].

    Exact where both sketches hold fewer than k hashes, else the share of the k least hashes of the union that are in
    both (Broder 1997; Beyer, Haas, Reinwald, Sismanis and Gemulla 2007). Two empty sets have similarity 0.
    """
    if left.shape != right.shape or left.ndim != 2:
        raise ValueError(f"sketches are compared pair by pair, not {left.shape} with {right.shape}")
    if left_sizes.shape != left.shape[:1] or right_sizes.shape != right.shape[:1]:
        raise ValueError(f"{len(left)} pairs need as many sizes, not {left_sizes.shape} and {right_sizes.shape}")
    found: NDArray[np.float64] = _jaccard(left, left_sizes, right, right_sizes)
    return found


@compiled
def _jaccard(left: Any, left_sizes: Any, right: Any, right_sizes: Any) -> Any:
    found = np.zeros(len(left))
    for i in range(len(left)):
        is_whole = max(left_sizes[i], right_sizes[i]) < left.shape[1]
        most = left_sizes[i] + right_sizes[i] if is_whole else left.shape[1]
        both, either = _overlap(left[i], left_sizes[i], right[i], right_sizes[i], most)
        found[i] = both / either if either else 0.0
    return found


@compiled
def _overlap(left: Any, left_size: Any, right: Any, right_size: Any, most: Any) -> Any:
    """Of the least hashes of the union, `most` at most: how many are in both, and how many there are."""
    i = j = both = either = 0
    while either < most and (i < left_size or j < right_size):
        in_left = i < left_size and (j == right_size or left[i] <= right[j])
        in_right = j < right_size and (i == left_size or right[j] <= left[i])
        i, j = i + in_left, j + in_right
        both, either = both + (in_left and in_right), either + 1
    return both, either


@compiled
def write_sketch(hashes: Any, count: Any, row: Any, room: Any) -> Any:
    """Write the sketch of hashes[:count] to the row, which is padded; returns its size. `room` holds count + 1 numbers.

    Only hashes below a bound are sorted. So many are expected that too few come by it only if many hashes are equal.
    """
    k = len(row)
    enough = k + DEVIATIONS * math.sqrt(k)
    bound = enough / count if enough < count else 1.0
    size = _keep_distinct(room[: _keep_below(bound, hashes, count, room)])
    while size < k and bound < 1.0:
        bound *= 4.0
        size = _keep_distinct(room[: _keep_below(bound, hashes, count, room)])
    size = min(size, k)
    row[:size], row[size:] = room[:size], PADDING
    return size


@compiled
def _keep_below(bound: Any, hashes: Any, count: Any, room: Any) -> Any:
    """Write the 32-bit hashes in the lowest part of their range; returns how many there are."""
    most, kept = np.uint64(min(bound, 1.0) * LARGEST), 0
    for i in range(count):
        value = mix64(hashes[i]) >> HALF
        room[kept] = value
        kept += value <= most
    return kept


@compiled
def _keep_distinct(values: Any) -> Any:
    """Sort, and keep one of each; returns how many there are."""
    values.sort()
    distinct = min(len(values), 1)
    for i in range(1, len(values)):
        values[distinct] = values[i]
        distinct += values[i] != values[distinct - 1]
    return distinct
