"""Connected components of numbered things."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled


def components(n: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest id in each id's component: int64[n]. Edge i joins left[i] and right[i]; their order is all one.

    Union by smaller root with path halving (Tarjan and van Leeuwen 1984).
    """
    left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"edges need two columns of one length, not {left.shape} and {right.shape}")
    if len(left) and not (min(left.min(), right.min()) >= 0 and max(left.max(), right.max()) < n):
        raise ValueError(f"edges name ids outside 0…{n - 1}")
    labels: NDArray[np.int64] = _components(n, left, right)
    return labels


@compiled
def _components(n: Any, left: Any, right: Any) -> Any:
    parents = np.arange(n)
    for i in range(len(left)):
        one, other = _root(parents, left[i]), _root(parents, right[i])
        parents[max(one, other)] = min(one, other)
    for i in range(n):
        parents[i] = parents[parents[i]]
    return parents


@compiled
def _root(parents: Any, i: Any) -> Any:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i
