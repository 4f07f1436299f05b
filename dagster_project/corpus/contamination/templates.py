"""What many items of benchmarks share: instructions and templates, which are evidence of no item."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST = 5  # items; what fewer share is no template, however small their benchmark


class Keyed(NamedTuple):
    """Different (key, item) pairs in the order of their keys, then of their items."""

    keys: NDArray[np.uint64]
    items: NDArray[np.int64]
    places: NDArray[np.int64]  # where the item first has the key


class Shared(NamedTuple):
    """Of Keyed pairs: which are left out; and of each left out key of a benchmark, a row."""

    is_left_out: NDArray[np.bool_]  # (pairs,)
    benchmarks: NDArray[np.int64]  # (rows,)
    items: NDArray[np.int64]  # (rows,): of this benchmark
    places: NDArray[np.int64]  # (rows,): where its first item has the key


def keyed(keys: NDArray[np.uint64], items: NDArray[np.int64], places: NDArray[np.int64]) -> Keyed:
    """The pairs of a key and an item, each once; items and places come in order."""
    order = np.argsort(keys, kind="stable")
    first = order[changes(keys[order], items[order])]
    return Keyed(keys[first], items[first], places[first])


def shared(pairs: Keyed, benchmark: NDArray[np.int64], common: int, percent: int) -> Shared:
    """Leave out keys of more than `common` items, or of more than a percentage of the items of one benchmark.

    `benchmark`, int64[items], is in order. A key that is left out for one benchmark is left out for all.
    """
    owners, sizes = benchmark[pairs.items], np.bincount(benchmark)
    group = np.cumsum(changes(pairs.keys)) - 1
    run_starts = np.flatnonzero(changes(pairs.keys, owners))
    run_owners, run_groups = owners[run_starts], group[run_starts]
    run_items = np.diff(np.append(run_starts, len(owners)))
    is_template = (run_items >= FEWEST) & (run_items * 100 > percent * sizes[run_owners])
    out = (np.bincount(group) > common) if len(group) else np.zeros(0, np.bool_)
    out[run_groups[is_template]] = True
    rows = out[run_groups]
    return Shared(out[group], run_owners[rows], run_items[rows], pairs.places[run_starts[rows]])


def changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before it; the first one does."""
    changed = np.ones(len(columns[0]), np.bool_)
    changed[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changed
