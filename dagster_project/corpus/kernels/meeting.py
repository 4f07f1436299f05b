"""Pairs within groups of things that share a key."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled

ALL_PAIRS = 16  # members up to which everybody meets everybody


def meetings(
    bounds: NDArray[np.int64], is_new: NDArray[np.bool_], all_pairs: int = ALL_PAIRS
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (left, right) of positions, left < right; group g is bounds[g]:bounds[g + 1], with its new members last.

    Every pair of a group of at most `all_pairs`; in a larger one each with the first and with the one before it, so
    that k members make at most 2 · k pairs. Two members that are not new never meet.
    """
    left, right = _meetings(np.asarray(bounds, np.int64), is_new, all_pairs)
    return left, right


@compiled
def _meetings(bounds: Any, is_new: Any, all_pairs: Any) -> Any:
    room = 0
    for group in range(len(bounds) - 1):
        size = bounds[group + 1] - bounds[group]
        room += size * (size - 1) // 2 if size <= all_pairs else 2 * size
    left, right, count = np.empty(room, np.int64), np.empty(room, np.int64), 0
    for group in range(len(bounds) - 1):
        first, end = bounds[group], bounds[group + 1]
        is_small = end - first <= all_pairs
        for other in range(first + 1, end):
            if not is_new[other]:
                continue
            if not is_small:
                left[count], right[count] = first, other
                count += 1
            for one in range(first if is_small else max(first + 1, other - 1), other):
                left[count], right[count] = one, other
                count += 1
    return left[:count], right[:count]
