"""Rows of unsigned 64-bit numbers in the order of their columns, the first one first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.inlined import inlined

Rows = NDArray[np.uint64]
BLOCK = 1 << 15  # rows that are ordered at once, in the caches


def ordered(rows: Rows) -> Rows:
    """The rows uint64[n, columns] in order: O(n log n) whatever they hold."""
    return merged([_ordered(rows[start : start + BLOCK]) for start in range(0, max(len(rows), 1), BLOCK)])


def merged(parts: Sequence[Rows]) -> Rows:
    """The rows of ordered parts, in order: O(n log parts), neighbors first."""
    rows = np.concatenate(parts)
    bounds, other = np.cumsum([0, *map(len, parts)]), np.empty_like(rows)
    while len(bounds) > 2:
        _merge_neighbors(rows, bounds, other)
        rows, other = other, rows
        bounds = np.append(bounds[:-1:2], bounds[-1])
    return rows


def count_up_to(rows: Rows, bound: Rows) -> int:
    """How many of some ordered rows come before `bound` (uint64[columns]) or are equal to it."""
    return int(_count_up_to(rows, bound))


@inlined
def is_less(one: Any, i: Any, other: Any, j: Any) -> Any:
    """Does row i of one array come before row j of the other?"""
    for column in range(one.shape[1]):
        if one[i, column] != other[j, column]:
            return one[i, column] < other[j, column]
    return False


@bare
def _count_up_to(rows: Any, bound: Any) -> Any:
    low, high, bounds = 0, len(rows), bound.reshape((1, len(bound)))
    while low < high:
        middle = (low + high) // 2
        if is_less(bounds, 0, rows, middle):
            high = middle
        else:
            low = middle + 1
    return low


def _ordered(rows: Rows) -> Rows:
    rows = rows.take(np.argsort(rows[:, 0]), 0)
    _order_ties(rows)
    return rows


@bare
def _merge_neighbors(rows: Any, bounds: Any, target: Any) -> Any:
    for number in range(0, len(bounds) - 1, 2):
        i, middle = bounds[number], bounds[number + 1]
        j, end = middle, bounds[min(number + 2, len(bounds) - 1)]
        for at in range(i, end):
            if j == end or (i < middle and not is_less(rows, j, rows, i)):
                _copy(rows, i, target, at)
                i += 1
            else:
                _copy(rows, j, target, at)
                j += 1


@inlined
def _copy(rows: Any, i: Any, target: Any, at: Any) -> Any:
    for column in range(rows.shape[1]):
        target[at, column] = rows[i, column]


@bare
def _order_ties(rows: Any) -> Any:
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at, 0] != rows[start, 0]:
            if at - start > 1:
                _heapsort(rows[start:at])
            start = at


@bare
def _heapsort(rows: Any) -> Any:
    """In place, and no order of the rows makes it slow (Williams 1964)."""
    for root in range(len(rows) // 2 - 1, -1, -1):
        _sift(rows, root, len(rows))
    for end in range(len(rows) - 1, 0, -1):
        _swap(rows, 0, end)
        _sift(rows, 0, end)


@bare
def _sift(rows: Any, root: Any, end: Any) -> Any:
    while True:
        child = 2 * root + 1
        if child >= end:
            return
        if child + 1 < end and is_less(rows, child, rows, child + 1):
            child += 1
        if not is_less(rows, root, rows, child):
            return
        _swap(rows, root, child)
        root = child


@inlined
def _swap(rows: Any, i: Any, j: Any) -> Any:
    for column in range(rows.shape[1]):
        rows[i, column], rows[j, column] = rows[j, column], rows[i, column]
