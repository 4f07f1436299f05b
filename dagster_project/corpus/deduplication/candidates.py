"""Pairs of documents that may be copies: those with equal digests, and those that share a MinHash band.

Every group is joined to its smallest member and along its order, so that a group of k gives at most 2k pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

KINDS = ("exact", "normalized", "near")
DIGEST = np.dtype([("key", "<u8"), ("low", "<u8"), ("rank", "<u8")])
BAND = np.dtype([("key", "<u8"), ("rank", "<u8")])
CANDIDATE = np.dtype([("key", "<u8"), ("left", "<u8"), ("right", "<u8")])
COMPARED_AT_ONCE = 65_536
Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of ranks, left < right, with the kind (index in KINDS) and the similarity of each."""

    left: Ranks
    right: Ranks
    kind: NDArray[np.int8]
    similarity: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> Pairs:
        return Pairs(self.left[chosen], self.right[chosen], self.kind[chosen], self.similarity[chosen])

    def joined(self, other: Pairs) -> Pairs:
        return Pairs(
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
            np.concatenate([self.kind, other.kind]),
            np.concatenate([self.similarity, other.similarity]),
        )

    def sorted_by_right(self) -> Pairs:
        order = np.lexsort((self.left, self.right))
        return Pairs(self.left[order], self.right[order], self.kind[order], self.similarity[order])

    def described(self, ids: NDArray[np.void], start: int, end: int) -> list[dict[str, Any]]:
        """The pairs from start to end as edge rows."""
        return [
            {
                "doc_id": ids[self.left[at]].tobytes(),
                "kind": KINDS[self.kind[at]],
                "similarity": float(self.similarity[at]),
            }
            for at in range(start, end)
        ]


def digest_groups(store: Store, files: Sequence[File], rank: Ranks, column: str) -> Pairs:
    """Every document with another's digest, paired with the smallest of them."""
    with Spool(DIGEST) as spool:
        for file, ranks in _ranked(files, rank):
            digests = read_shard(store, file, [column]).column(column)
            raw = np.frombuffer(b"".join(digests.to_pylist()), dtype="<u8").reshape(-1, 2)
            records = np.empty(len(raw), DIGEST)
            records["key"], records["low"], records["rank"] = raw[:, 0], raw[:, 1], ranks
            spool.append(records)
        pairs = [_stars(chunk, [chunk["key"], chunk["low"]]) for chunk in spool.sorted()]
    left, right = _concatenated(pairs)
    kind = KINDS.index("exact" if column == "text_digest" else "normalized")
    return Pairs(left, right, np.full(len(left), kind, np.int8), np.ones(len(left)))


def near_pairs(store: Store, files: Sequence[File], rank: Ranks, representative: Ranks, threshold: float) -> Pairs:
    """Candidates from shared bands whose signatures agree in at least `threshold` of their permutations."""
    left, right = band_pairs(store, files, rank, representative)
    similarity = agreement(store, files, rank, left, right)
    close = similarity >= threshold
    return Pairs(left[close], right[close], np.full(int(close.sum()), KINDS.index("near"), np.int8), similarity[close])


def band_pairs(store: Store, files: Sequence[File], rank: Ranks, representative: Ranks) -> tuple[Ranks, Ranks]:
    """Distinct pairs of representatives that share at least one band."""
    with Spool(BAND) as bands, Spool(CANDIDATE) as candidates:
        for file, ranks in _ranked(files, rank):
            bands.append(_bands(store, file, ranks, representative))
        for chunk in bands.sorted():
            left, right = _stars(chunk, [chunk["key"]], chained=True)
            records = np.empty(len(left), CANDIDATE)
            records["left"], records["right"] = left, right
            records["key"] = mix64(mix64(records["left"].astype(np.uint64)) ^ records["right"].astype(np.uint64))
            candidates.append(records)
        distinct = [_distinct(chunk) for chunk in candidates.sorted()]
    return _concatenated(distinct)


def agreement(store: Store, files: Sequence[File], rank: Ranks, left: Ranks, right: Ranks) -> NDArray[np.float64]:
    """Share of permutations in which two signatures agree: the MinHash estimate of their Jaccard similarity."""
    wanted = np.unique(np.concatenate([left, right]))
    signatures: NDArray[np.uint32] | None = None
    for file, ranks in _ranked(files, rank):
        position = np.searchsorted(wanted, ranks)
        here = (
            np.flatnonzero(wanted[np.minimum(position, len(wanted) - 1)] == ranks) if len(wanted) else np.array([], int)
        )
        if not len(here):
            continue
        column = read_shard(store, file, ["signature"]).column("signature").take(here)
        rows = np.frombuffer(b"".join(column.to_pylist()), dtype="<u4").reshape(len(here), -1)
        if signatures is None:
            signatures = np.empty((len(wanted), rows.shape[1]), np.uint32)
        signatures[position[here]] = rows
    similarity = np.zeros(len(left))
    for start in range(0, len(left), COMPARED_AT_ONCE):
        part = slice(start, start + COMPARED_AT_ONCE)
        assert signatures is not None
        one, other = signatures[np.searchsorted(wanted, left[part])], signatures[np.searchsorted(wanted, right[part])]
        similarity[part] = (one == other).mean(axis=1)
    return similarity


def _bands(store: Store, file: File, ranks: Ranks, representative: Ranks) -> NDArray[np.void]:
    """The band keys of the documents that are long enough and stand for their digest."""
    table = read_shard(store, file, ["shingles", "bands"])
    chosen = (table.column("shingles").to_numpy() > 0) & (representative[ranks] == ranks)
    if not chosen.any():
        return np.empty(0, BAND)
    bands = table.column("bands").filter(chosen)
    keys = np.frombuffer(b"".join(bands.to_pylist()), dtype="<u8").reshape(int(chosen.sum()), -1)
    records = np.empty(keys.size, BAND)
    records["key"], records["rank"] = keys.ravel(), np.repeat(ranks[chosen], keys.shape[1])
    return records


def _stars(chunk: NDArray[np.void], by: Sequence[NDArray[Any]], *, chained: bool = False) -> tuple[Ranks, Ranks]:
    """Pairs within the runs of equal keys of a sorted chunk: to the smallest rank, and along the order if chained."""
    ranks = chunk["rank"].astype(np.int64)
    order = np.lexsort((ranks, *reversed(by)))
    ranks, columns = ranks[order], [column[order] for column in by]
    same = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    starts = np.maximum.accumulate(np.where(np.insert(~same, 0, True), np.arange(len(ranks)), 0))
    right = np.flatnonzero(same) + 1
    left = starts[right]
    if chained:
        further = right[left != right - 1]
        left, right = np.concatenate([left, further - 1]), np.concatenate([right, further])
    return ranks[left], ranks[right]


def _distinct(chunk: NDArray[np.void]) -> tuple[Ranks, Ranks]:
    pairs = np.unique(np.stack([chunk["left"], chunk["right"]], axis=1).astype(np.int64), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return pairs[:, 0], pairs[:, 1]


def _ranked(files: Sequence[File], rank: Ranks) -> Iterator[tuple[File, Ranks]]:
    start = 0
    for file in files:
        yield file, rank[start : start + file.rows]
        start += file.rows


def _concatenated(pairs: Sequence[tuple[Ranks, Ranks]]) -> tuple[Ranks, Ranks]:
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate([left for left, _ in pairs]), np.concatenate([right for _, right in pairs])
