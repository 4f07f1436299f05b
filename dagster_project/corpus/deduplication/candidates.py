"""Where copies meet: documents with one digest are copies, and those that share a band are candidates to be compared.

A task has one range of the keys, and reads it from every table. Documents with the same normalized text meet others
by one of them alone, and nobody is compared with more than a few in a hot bucket, however large; both are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.keys import KEY, NEAR, RANGES, URL, Rows, first_of_each
from dagster_project.corpus.kernels.meeting import ALL_PAIRS, meetings
from dagster_project.corpus.storage.exchange import Address, Piece, Range, parts_for, read_records

ENDS = [("high", "<u8"), ("low", "<u8"), ("shard", "<u4"), ("row", "<u4")]
PAIR = np.dtype([(f"{side}_{name}", kind) for side in ("left", "right") for name, kind in ENDS] + [("kind", "u1")])
EDGE = np.dtype([*((name, PAIR[name]) for name in PAIR.names or ()), ("similarity", "<f8")])
IDS = ("left_high", "left_low", "right_high", "right_low")  # of a pair
UNTOLD = -1.0  # similarity of documents that share a URL and perhaps nothing else
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """The keys of one batch in the range of a task; its shards are numbered from `first` on."""

    range: Range
    first: int


@dataclass(frozen=True)
class Shards:
    """What a task must know of every shard of the corpus, by its number."""

    batch: NDArray[np.int32]
    source: NDArray[np.int32]  # all 0 where copies of other sources count
    layer: NDArray[np.int32]
    new: int  # number of the first of the last layer


@dataclass(frozen=True)
class MeetTask:
    """All keys of some ranges, from number `first` on."""

    address: Address
    first: int
    parts: tuple[Part, ...]
    shards: Shards


@dataclass(frozen=True)
class Met:
    """Copies by digest as EDGE bytes, candidates as a piece with one destination per batch of their left documents."""

    copies: bytes
    candidates: Piece
    largest: int  # documents of different texts in one bucket
    hot: int  # buckets in which not everybody met everybody


def meet(task: MeetTask) -> Met:
    """The pairs of one range."""
    found = _shared(np.concatenate([_read(task, part) for part in task.parts] or [np.empty(0, KEY)]))
    is_near = found["kind"] == NEAR
    copies = _pairs(*_grouped(found[~is_near], task.shards, ("key", "kind", "check")), task.shards, all_pairs=0)
    bounds, near = _grouped(_distinct(found[is_near], task.shards), task.shards, ("key",))
    candidates = _pairs(bounds, near, task.shards, all_pairs=ALL_PAIRS)
    sizes = np.diff(bounds)
    destinations = task.shards.batch[candidates["left_shard"]]
    count = int(task.shards.batch.max(initial=-1)) + 1
    return Met(
        edges(copies, np.where(copies["kind"] == URL, UNTOLD, 1.0)).tobytes(),
        task.address.send_records(f"candidates-{task.first:04d}", candidates, destinations, count),
        int(sizes.max(initial=0)),
        int((sizes > ALL_PAIRS).sum()),
    )


def edges(pairs: Rows, similarity: NDArray[np.float64]) -> Rows:
    """Pairs with how alike they are."""
    found = np.empty(len(pairs), EDGE)
    for name in PAIR.names or ():
        found[name] = pairs[name]
    found["similarity"] = similarity
    return found


def ranges(rows: int, most: int) -> list[tuple[int, int]]:
    """All RANGES in as many equal parts, a power of two, as leave at most so many rows to each."""
    step = RANGES // parts_for(rows, most, RANGES)
    return [(first, first + step) for first in range(0, RANGES, step)]


def _read(task: MeetTask, part: Part) -> Rows:
    found = read_records(task.address.store, [part.range], KEY).copy()
    found["shard"] += np.uint32(part.first)
    return found


def _shared(records: Rows) -> Rows:
    """Those whose key another one has, too."""
    records = records[np.argsort(records["key"], kind="stable")]
    same = records["key"][1:] == records["key"][:-1]
    shared = np.zeros(len(records), np.bool_)
    shared[1:] |= same
    shared[:-1] |= same
    return records[shared]


def _distinct(records: Rows, shards: Shards) -> Rows:
    """Of the records of one bucket that have one normalized text, the first: of an earlier layer, or the smallest."""
    bounds, ordered = _grouped(records, shards, ("key", "check"))
    return ordered[bounds[:-1]]


def _grouped(records: Rows, shards: Shards, names: tuple[str, ...]) -> tuple[Numbers, Rows]:
    """(bounds of groups, records): those of one group and source side by side, by their layers and then by their
    ids."""
    source = shards.source[records["shard"]]
    by = [source, *(records[name] for name in names)]
    order = np.lexsort((records["low"], records["high"], shards.layer[records["shard"]], *by))
    starts = np.flatnonzero(first_of_each(*(column[order] for column in by)))
    return np.append(starts, len(order)), records[order]


def _pairs(bounds: Numbers, records: Rows, shards: Shards, all_pairs: int) -> Rows:
    left, right = meetings(bounds, records["shard"] >= shards.new, all_pairs)
    if not all_pairs:  # equal digests: whoever equals the first equals all
        firsts = np.isin(left, bounds[:-1])
        left, right = left[firsts], right[firsts]
    found = np.empty(len(left), PAIR)
    for side, rows in (("left", left), ("right", right)):
        for name, _ in ENDS:
            found[f"{side}_{name}"] = records[name][rows]
    found["kind"] = records["kind"][right]
    return found
