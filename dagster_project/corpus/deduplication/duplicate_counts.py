"""Copies of a corpus counted shard by shard: sizes of families, the largest of them, and who copies from whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.standing import Shard, Standing
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

READ = ("status", "kind", "survivor_source", "survivor_license", "family", "family_size")


class Meeting(NamedTuple):
    """Suppressed documents of one source, license and kind, and where and under which license they survive."""

    source: str
    survivor_source: str
    kind: str
    survivor_license: str
    license: str  # as concluded of the copies themselves


@dataclass(frozen=True)
class Counts:
    """Of some documents."""

    sizes: Counter[int]  # documents by the size of their family, 1 where they stand alone
    largest: dict[bytes, int]  # sizes of the largest families
    meetings: Counter[Meeting]


@dataclass(frozen=True)
class CountTask:
    """One shard, and what later layers have added to the families of its own."""

    store: Store
    shard: Shard
    grown: tuple[File, ...]
    most: int


def count_copies(engine: Engine, store: Store, layers: Sequence[Standing], most: int) -> Counts:
    """Over all layers, with `most` of the largest families."""
    grown = [File(**layer.families.facts["grown"]) for layer in layers]
    tasks = [
        CountTask(store, shard, tuple(grown[number + 1 :]), most)
        for number, layer in enumerate(layers)
        for shard in layer.shards
    ]
    found = Counts(Counter(), {}, Counter())
    for counts in engine.map(count_shard, tasks):
        found.sizes.update(counts.sizes)
        found.meetings.update(counts.meetings)
        found.largest.update(counts.largest)
    return Counts(found.sizes, _largest(found.largest, most), found.meetings)


def count_shard(task: CountTask) -> Counts:
    """What one shard adds."""
    files = task.shard.files
    table = zipped(
        task.store, (Part(files["deduplicated"], READ), Part(files["licensed"], ("license",)))
    ).combine_chunks()
    families = pc.coalesce(table.column("family"), table.column("doc_id"))  # one that was alone may have been joined
    sizes = _sizes(task, families, table.column("family_size").to_numpy())
    counted = zip(*np.unique(sizes, return_counts=True), strict=True)
    shared = np.flatnonzero(sizes > 1)
    ids = families.take(pa.array(shared)).to_pylist()
    return Counts(
        Counter({int(size): int(count) for size, count in counted}),
        _largest(dict(zip(ids, sizes[shared].tolist(), strict=True)), task.most),
        _meetings(table, task.shard.source),
    )


def _sizes(task: CountTask, families: pa.ChunkedArray, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the family of each document, with what later layers have added."""
    sizes = sizes.copy()
    for file in task.grown:
        grown = read_shard(task.store, file).combine_chunks()
        places = pc.index_in(families, value_set=grown.column("family").combine_chunks())
        has_grown = places.is_valid().to_numpy()
        sizes[has_grown] = grown.column("family_size").to_numpy()[places.drop_null().to_numpy()]
    return sizes


def _largest(sizes: dict[bytes, int], most: int) -> dict[bytes, int]:
    return dict(nsmallest(most, sizes.items(), key=lambda item: (-item[1], item[0])))


def _meetings(table: pa.Table, source: str) -> Counter[Meeting]:
    copies = table.filter(pc.equal(table.column("status"), "suppressed"))
    counted = copies.group_by(Meeting._fields[1:]).aggregate([([], "count_all")])
    return Counter(
        {Meeting(source, *(row[name] for name in Meeting._fields[1:])): row["count_all"] for row in counted.to_pylist()}
    )
