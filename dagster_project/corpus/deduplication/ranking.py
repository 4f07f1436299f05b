"""The survivors of a corpus in an order of their own: of a passage that several hold, the first keeps it.

The order is that of the layers, then by how strict a license is, by source and by id: nothing of it tells where a
document lies. On the disk of the driver are 64 bytes for each survivor, 32 of them until all have their ranks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.keys import id_bytes, ids_of
from dagster_project.corpus.deduplication.statuses import is_survivor
from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers
from dagster_project.corpus.licenses.table import strictness
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.disk_arrays import DiskArrays
from dagster_project.corpus.storage.runs import Runs
from dagster_project.corpus.storage.stores import Store

MEMORY_BYTES = 256 << 20
LAYER, CLASS = np.uint64(48), np.uint64(32)  # bits to the left of the place of a source
ROW = np.uint64(32)  # bits of a row; before it the shard's number
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Searched:
    """One documents shard: where its texts, their edits, and the statuses of its documents stand."""

    documents: File
    parts: tuple[Part, ...]  # text, edits, status, license_class, words
    source: int  # place in the recipe
    name: str  # of the source, with its version
    layer: int

    def read(self, store: Store, *names: str) -> pa.Table:
        """The documents with these columns."""
        wanted = (Part(file, tuple(name for name in has if name in names)) for file, has, _ in self.parts)
        return zipped(store, [part for part in wanted if part.names])


@dataclass(frozen=True)
class Ranking:
    """By rank, the id of each survivor and its place; by place, their ranks."""

    ids: NDArray[np.void]  # V16
    places: NDArray[np.uint64]  # number of the shard and row
    ranks: Integers
    firsts: Sequence[int]  # of each shard, the first in `ranks`; one number more than shards

    def of_shard(self, number: int) -> Integers:
        """The ranks of the survivors in one shard, row by row."""
        return self.ranks[self.firsts[number] : self.firsts[number + 1]]


def rank(store: Store, shards: Sequence[Searched], arrays: DiskArrays) -> Ranking:
    """The survivors of all shards, in order."""
    firsts = [0]
    with Runs(4, MEMORY_BYTES) as ordered, Runs(2, MEMORY_BYTES) as placed:
        for number, shard in enumerate(shards):
            ordered.append(_keys(shard.read(store, "status", "license_class"), number, shard))
            firsts.append(ordered.rows)
        ids, places = arrays.make("V16", ordered.rows), arrays.make(np.uint64, ordered.rows)
        for part, rows in _numbered(ordered.sorted()):
            ids[part], places[part] = id_bytes(rows[:, 1], rows[:, 2]), rows[:, 3]
            placed.append(np.stack([rows[:, 3], np.arange(part.start, part.stop, dtype=np.uint64)], axis=1))
        ranks = arrays.make(np.int64, ordered.rows)
        for part, rows in _numbered(placed.sorted()):
            ranks[part] = rows[:, 1]
    return Ranking(ids, places, ranks, firsts)


@dataclass(frozen=True)
class RankedTexts:
    """The texts of survivors as they are exported, shard by shard, as often as asked."""

    store: Store
    shards: Sequence[Searched]
    ranking: Ranking

    def __call__(self) -> Iterator[tuple[Integers, Bytes, Offsets]]:
        for number, shard in enumerate(self.shards):
            table = shard.read(self.store, "text", "edits", "status")
            yield self.ranking.of_shard(number), *buffers(edited(table.filter(is_survivor(table))).column("text"))


def _keys(table: pa.Table, number: int, shard: Searched) -> Rows:
    chosen = is_survivor(table).to_numpy()
    classes = table.column("license_class").dictionary_encode().combine_chunks()
    strict = np.array([strictness(name) for name in classes.dictionary.to_pylist()], np.uint64)
    order = strict[classes.indices.to_numpy()] << CLASS if len(strict) else np.empty(0, np.uint64)
    order |= np.uint64(shard.layer) << LAYER | np.uint64(shard.source)
    places = np.uint64(number) << ROW | np.arange(len(chosen), dtype=np.uint64)
    rows: Rows = np.stack([order, *ids_of(table.column("doc_id")), places], axis=1)[chosen]
    return rows


def _numbered(chunks: Iterator[Rows]) -> Iterator[tuple[slice, Rows]]:
    """Rows with the places that they have among all."""
    done = 0
    for rows in chunks:
        yield slice(done, done + len(rows)), rows
        done += len(rows)
