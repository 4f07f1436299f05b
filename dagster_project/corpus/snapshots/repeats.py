"""What only the whole snapshot can say: which equal texts are which occurrence, and which records came twice.

Rows that share a doc_id are found by sorting row digests (on disk beyond a memory limit). Those located by their
text get occurrence numbers in the order of their digests; a record with a URL or key that came again with the same
text is the same document, and all but the first by digest become dead letters. Neither depends on where rows lay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Work
from dagster_project.corpus.model.documents import DEAD_LETTERS, NOT_DIGESTED
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.snapshots.identify import is_located_by_text, renumber
from dagster_project.corpus.snapshots.profile import profile
from dagster_project.corpus.storage.rows import ENTRY
from dagster_project.corpus.storage.rows import entries as digest_rows
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

PLACED = np.dtype([*ENTRY.descr, ("shard", "<u4"), ("row", "<u4")])


@dataclass(frozen=True)
class Repeats:
    """Records dropped because they came twice, and the dead letters that say so."""

    rows: int
    letters: tuple[File, ...]


@dataclass(frozen=True)
class RewriteTask:
    """A shard with rows that repeat an earlier one: (row, rank among the rows with its doc_id, from 1)."""

    store: Store
    access: str
    shard: ShardResult
    ranks: tuple[tuple[int, int], ...]


def settle_repeats(work: Work, shards: Sequence[ShardResult]) -> tuple[list[ShardResult], Repeats]:
    """The shards with occurrence numbers settled and repeated records taken out."""
    ranks = ranks_of_repeats(shards)
    tasks = [RewriteTask(work.store, work.access, shards[shard], tuple(rows)) for shard, rows in sorted(ranks.items())]
    rewritten = dict(zip(sorted(ranks), work.engine.map(rewrite, tasks), strict=True))
    settled = [rewritten[index][0] if index in rewritten else shard for index, shard in enumerate(shards)]
    letters = tuple(file for _, file in rewritten.values() if file is not None)
    return [shard for shard in settled if shard.file.rows], Repeats(sum(file.rows for file in letters), letters)


def ranks_of_repeats(shards: Sequence[ShardResult]) -> dict[int, list[tuple[int, int]]]:
    """By shard: the rows whose doc_id an earlier row (by digest) has, each with its rank among them, from 2."""
    ranks: dict[int, list[tuple[int, int]]] = {}
    with Spool(PLACED) as spool:
        for index, shard in enumerate(shards):
            spool.append(_placed(shard, index))
        for chunk in spool.sorted():
            rank, previous = 1, -1
            for position in (np.flatnonzero(_same_as_previous(chunk)) + 1).tolist():
                rank = rank + 1 if position == previous + 1 else 2
                previous = position
                ranks.setdefault(int(chunk["shard"][position]), []).append((int(chunk["row"][position]), rank))
    return ranks


def rewrite(task: RewriteTask) -> tuple[ShardResult, File | None]:
    """Number the occurrences of equal texts; take out records that came twice."""
    documents = read_shard(task.store, task.shard.file)
    by_text = [is_located_by_text(locator) for locator in documents.column("locator").to_pylist()]
    documents = renumber(documents, {row: rank for row, rank in task.ranks if by_text[row]})
    repeated = [row for row, _ in task.ranks if not by_text[row]]
    if not repeated:
        return _written(task, documents), None
    keep = np.ones(documents.num_rows, bool)
    keep[repeated] = False
    letters = write_shard(task.store, _letters(documents.filter(pa.array(~keep))), access=task.access)
    return _written(task, documents.filter(pa.array(keep))), letters


def _written(task: RewriteTask, documents: pa.Table) -> ShardResult:
    file = write_shard(task.store, documents, access=task.access)
    return ShardResult(file, profile(documents), digest_rows(documents, NOT_DIGESTED).tobytes())


def _letters(documents: pa.Table) -> pa.Table:
    rows = documents.num_rows
    reasons = pa.array(["repeated record"] * rows, pa.string())
    nothing = [pa.nulls(rows, pa.string()), pa.nulls(rows, pa.binary())]
    return pa.table([documents.column("raw_object"), documents.column("raw_position"), reasons, *nothing], DEAD_LETTERS)


def _placed(shard: ShardResult, index: int) -> NDArray[np.void]:
    digests = np.frombuffer(shard.entries, dtype=ENTRY)
    placed = np.empty(len(digests), PLACED)
    for name in ENTRY.names or ():
        placed[name] = digests[name]
    placed["shard"], placed["row"] = index, np.arange(len(digests))
    return placed


def _same_as_previous(chunk: NDArray[np.void]) -> NDArray[np.bool_]:
    low = np.ascontiguousarray(chunk["id"]).view("<u8")
    same: NDArray[np.bool_] = (chunk["key"][1:] == chunk["key"][:-1]) & (low[1:] == low[:-1])
    return same
