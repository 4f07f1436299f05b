"""Connected components of numbered things, on arrays that may lie on disk: nothing here makes another one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled

Numbers = NDArray[np.int64]
Marks = NDArray[np.uint8]
NONE = -1


def components(n: int, left: Numbers, right: Numbers) -> Numbers:
    """The smallest number in each one's component: int64[n]. Edge i joins left[i] and right[i], in either order."""
    left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(f"edges need two columns of one length, not {left.shape} and {right.shape}")
    if len(left) and not (min(left.min(), right.min()) >= 0 and max(left.max(), right.max()) < n):
        raise ValueError(f"edges name ids outside 0…{n - 1}")
    parents = np.arange(n)
    unite(parents, np.full(n, NONE), np.stack([left, right], axis=1), np.ones(len(left), np.uint8))
    return parents


def unite(parents: Numbers, colors: Numbers, ends: Numbers, wanted: Marks) -> int:
    """Join the ends of the wanted edges, int64[m, 2], in their order, in place: parents become the smallest of each
    component. Components of two colors are never joined; such edges are counted, and another color than NONE spreads.

    Union by smaller root with path halving (Tarjan and van Leeuwen 1984).
    """
    return int(_unite(parents, colors, ends, wanted))


@compiled
def _unite(parents: Any, colors: Any, ends: Any, wanted: Any) -> Any:
    bridges = 0
    for i in range(len(ends)):
        if not wanted[i]:
            continue
        one, other = _root(parents, ends[i, 0]), _root(parents, ends[i, 1])
        if one == other:
            continue
        if colors[one] != NONE and colors[other] != NONE and colors[one] != colors[other]:
            bridges += 1
            continue
        root, leaf = min(one, other), max(one, other)
        parents[leaf] = root
        colors[root] = max(colors[one], colors[other])
    for i in range(len(parents)):
        parents[i] = parents[parents[i]]  # a parent is smaller, so it has its root already
        colors[i] = colors[parents[i]]
    return bridges


@compiled
def _root(parents: Any, i: Any) -> Any:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def find_leaders(
    labels: Numbers, ends: Numbers, wanted: Marks, may_lead: Marks, degrees: Numbers, leaders: Numbers
) -> None:
    """Write into `leaders`, which is all NONE, at the smallest member of each component: of those that may lead the
    member with most wanted edges, the smallest of several. `degrees` is room for as many numbers, all zero."""
    _find_leaders(labels, ends, wanted, may_lead, degrees, leaders)


@compiled
def _find_leaders(labels: Any, ends: Any, wanted: Any, may_lead: Any, degrees: Any, leaders: Any) -> Any:
    for i in range(len(ends)):
        if wanted[i]:
            degrees[ends[i, 0]] += 1
            degrees[ends[i, 1]] += 1
    for i in range(len(labels)):
        leader = leaders[labels[i]]
        if may_lead[i] and (leader == NONE or degrees[i] > degrees[leader]):
            leaders[labels[i]] = i


def find_strangers(
    labels: Numbers, ends: Numbers, wanted: Marks, is_old: Marks, leaders: Numbers, found: Marks
) -> None:
    """Leave in `found`, which is all ones, those members that no wanted edge joins to their leader, old ones apart."""
    _acquaint(labels, ends, wanted, is_old, leaders, found)


@compiled
def _acquaint(labels: Any, ends: Any, wanted: Any, is_old: Any, leaders: Any, found: Any) -> Any:
    for i in range(len(labels)):
        if is_old[i] or leaders[labels[i]] == i:
            found[i] = 0
    for i in range(len(ends)):
        one, other = ends[i, 0], ends[i, 1]
        if wanted[i] and labels[one] == labels[other]:
            leader = leaders[labels[one]]
            if one == leader:
                found[other] = 0
            elif other == leader:
                found[one] = 0


def spread(ends: Numbers, wanted: Marks, found: Marks) -> None:
    """Unmark what a wanted edge joins to something unmarked, over up to two edges."""
    for _ in range(2):
        _spread(ends, wanted, found)


@compiled
def _spread(ends: Any, wanted: Any, found: Any) -> Any:
    for i in range(len(ends)):
        if wanted[i] and not (found[ends[i, 0]] and found[ends[i, 1]]):
            found[ends[i, 0]] = found[ends[i, 1]] = 0


def keep_within(labels: Numbers, ends: Numbers, wanted: Marks, is_distant: Marks) -> None:
    """Unmark the wanted edges that leave a component, or of whose ends one alone is distant."""
    _keep_within(labels, ends, wanted, is_distant)


@compiled
def _keep_within(labels: Any, ends: Any, wanted: Any, is_distant: Any) -> Any:
    for i in range(len(ends)):
        one, other = ends[i, 0], ends[i, 1]
        if labels[one] != labels[other] or is_distant[one] != is_distant[other]:
            wanted[i] = 0
