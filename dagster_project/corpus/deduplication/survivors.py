"""Who stays: of every family one survivor among the kept documents, by a declared order and never by chance.

Every other kept document is suppressed and names its survivor; but near copies that were made from one parent survive
beside it, for they are meant to be alike. What the takedown register names is withdrawn, and the next one stands in its
place. The effective license of a document is united over its exact copies, withdrawn or not; near copies and unknowns
are flagged and never poison it. Where the corpus stands on another one, the survivors of that one stay: whoever joins
the family of one is suppressed.

Members of families go to buckets by the ids of these, decisions come back, and what was written is read again and
checked (decisions.py, claims.py). The driver learns where rows lie and how many there are, and nothing of a document
but the digest of its row, which it spools.

What a member with three copies takes: 336 bytes of scratch on the store, all told; in a bucket 268 bytes as it came,
1 KB at the most, and 3.3 KB while it is chosen among the 32,768 at hand, or among its family where that is larger; 0.1
ms of a core. A billion documents, half of them in families: 0.17 TB of scratch between 3,815 batches of shards and
1,024 buckets, 8 million ranges to read, 0.6 GB to a worker, 14 hours of one core; the driver has 100 MB of ranges, and
its spool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.claims import Claimed, ClaimsTask, ProofTask, prove, send_claims
from dagster_project.corpus.deduplication.decisions import (
    DATES,
    DECIDED,
    PARENTS,
    SCHEMA,
    DecideTask,
    MembersTask,
    Shard,
    Standing,
    StandingTask,
    decide,
    scopes_of,
    send_members,
    send_standing,
)
from dagster_project.corpus.deduplication.keys import batches
from dagster_project.corpus.deduplication.statuses import is_survivor
from dagster_project.corpus.engine.tables import Column, align, zipped
from dagster_project.corpus.engine.work import ShardResult, Steps, Work, add_profile, assemble
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.exchange import Address, Exchange, Piece, Range, parts_for, ranges_of, read_rows
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import SCOPES
from dagster_project.corpus.takedowns.gone import Withdrawn

__all__ = ["CODE_VERSION", "DATES", "FAMILY_COLUMNS", "PARENTS", "SCHEMA", "Below", "Standing", "choose_survivors"]
CODE_VERSION = "4"
NOTHING: Mapping[int, Withdrawn] = MappingProxyType({})
FAMILY_COLUMNS = ("family", "family_size", "same_text", "edges")
WRITTEN = ("family", "family_size", "keep", "license", "license_class", "license_rule", "license_findings")
BATCH_ROWS = 1 << 18
BUCKET_MEMBERS = 1 << 19  # of 1 KB each at the most
MOST_BUCKETS = 4096


@dataclass(frozen=True)
class Below:
    """The layers that a corpus stands on: their shards, and the file of the families that it adds to."""

    shards: Sequence[Standing]
    grown: File


@dataclass(frozen=True)
class WriteTask:
    """Some shards, and where what was decided of their members lies."""

    store: Store
    access: str
    shards: tuple[Shard, ...]
    sources: tuple[str, ...]
    decided: tuple[Range, ...]


def choose_survivors(
    work: Work,
    documents: Sequence[tuple[str, File]],
    columns: Sequence[Column],
    prefer: Sequence[str],
    below: Below | None = None,
    withdrawn: Mapping[int, Withdrawn] = NOTHING,
    *,
    keeps_variants: bool = False,
) -> Manifest:
    """One row for every document of the corpus. `documents` names the source of each shard, in the recipe's order;
    `withdrawn` has the rows that the takedown register means, by the number of the shard."""
    sources = tuple(dict.fromkeys(source for source, _ in documents))
    aligned = align([file for _, file in documents], columns)
    shards = [
        Shard(number, sources.index(source), file, parts, withdrawn.get(number))
        for number, ((source, _), (file, parts)) in enumerate(zip(documents, aligned, strict=True))
    ]
    members = sum(column.manifest.profile.get("in_families", 0) for column in columns)
    buckets = parts_for(members, BUCKET_MEMBERS, MOST_BUCKETS)
    with Exchange(work.store) as address:
        choosing = Choosing(work, address, shards, sources, below, buckets)
        decisions = choosing.decide(tuple(prefer), keeps_variants)
        manifest = assemble(work, choosing.write(decisions))
        proof = choosing.prove(manifest.files)
    return replace(
        manifest,
        profile={**manifest.profile, **proof},
        facts={**manifest.facts, "sources": [source for source, _ in documents]},
    )


class Choosing:
    """Which tasks run, one kind after the other, and what each is given."""

    def __init__(
        self,
        work: Work,
        address: Address,
        shards: Sequence[Shard],
        sources: tuple[str, ...],
        below: Below | None,
        buckets: int,
    ):
        self.work, self.address, self.sources, self.buckets = work, address, sources, buckets
        self.batches = list(_batched(shards, [shard.documents for shard in shards]))
        standing = below.shards if below and below.grown.rows else ()
        self.earlier = list(_batched(standing, [shard.deduplicated for shard in standing]))
        self.grown = below.grown if below else None
        self.steps = Steps(work, len(self.earlier) + 3 * len(self.batches) + 2 * buckets)
        self.standing: list[Piece] = []

    def decide(self, prefer: tuple[str, ...], keeps_variants: bool) -> list[Piece]:
        """What becomes of the members of families, by batches."""
        standing = (
            StandingTask(self.address, number, shards, self.grown, self.buckets)
            for number, shards in enumerate(self.earlier)
            if self.grown
        )
        self.standing = list(self.steps.map(send_standing, standing))
        sending = (
            MembersTask(self.address, number, shards, self.buckets) for number, shards in enumerate(self.batches)
        )
        members = list(self.steps.map(send_members, sending))
        deciding = (
            DecideTask(
                self.address,
                bucket,
                ranges_of(members, bucket),
                ranges_of(self.standing, bucket),
                prefer,
                self.sources,
                len(self.batches),
                keeps_variants,
            )
            for bucket in range(self.buckets)
        )
        return list(self.steps.map(decide, deciding))

    def write(self, decisions: Sequence[Piece]) -> Iterator[ShardResult]:
        """The rows of every shard."""
        tasks = (
            WriteTask(self.work.store, self.work.access, shards, self.sources, ranges_of(decisions, number))
            for number, shards in enumerate(self.batches)
        )
        for results in self.steps.map(write_statuses, tasks):
            yield from results

    def prove(self, files: Sequence[File]) -> dict[str, Any]:
        """What the rows say that were written."""
        named = [(self.sources[shard.source], files[shard.number]) for shards in self.batches for shard in shards]
        claiming = (
            ClaimsTask(self.address, number, tuple(named[shards[0].number : shards[-1].number + 1]), self.buckets)
            for number, shards in enumerate(self.batches)
        )
        claimed: list[Claimed] = list(self.steps.map(send_claims, claiming))
        pieces = [item.piece for item in claimed]
        proving = (
            ProofTask(self.work.store, ranges_of(pieces, bucket), ranges_of(self.standing, bucket))
            for bucket in range(self.buckets)
        )
        total: dict[str, Any] = {}
        for counted in (*(item.counted for item in claimed), *self.steps.map(prove, proving)):
            add_profile(total, counted)
        return total


def write_statuses(task: WriteTask) -> list[ShardResult]:
    """Every shard of a batch with its rows."""
    decided = pa.concat_tables([DECIDED.empty_table(), *read_rows(task.store, task.decided)])
    return [_written(task, shard, decided) for shard in task.shards]


def _written(task: WriteTask, shard: Shard, decided: pa.Table) -> ShardResult:
    parts = [part._replace(names=tuple(name for name in part.names if name in WRITTEN)) for part in shard.parts]
    read = zipped(task.store, [part for part in parts if part.names])
    scopes = scopes_of(shard.withdrawn, shard.documents.rows)
    table = statuses(read, decided.filter(pc.equal(decided.column("shard"), shard.number)), scopes)
    file = write_shard(task.store, table, access=task.access, documents=shard.documents.sha256)
    return ShardResult(file, profile(table, task.sources[shard.source]), entries(table).tobytes())


def statuses(read: pa.Table, decided: pa.Table, scopes: NDArray[np.int8]) -> pa.Table:
    """The rows of a shard: of documents that stand alone by their own verdict and whether they are withdrawn (`scopes`,
    a place in SCOPES or -1), of members as their family decided."""
    rows = decided.column("row").to_numpy()
    if not np.array_equal(np.sort(rows), np.flatnonzero(read.column("family").is_valid().to_numpy())):
        raise IntegrityError("the members of a shard are not those whose families decided: build again")
    keep, ids = read.column("keep"), read.column("doc_id")
    is_out = pc.and_(keep, pa.array(scopes >= 0))
    stays = pc.and_not(keep, is_out)
    kinds = pa.array(SCOPES).take(pa.array(scopes.astype(np.int32), mask=scopes < 0))
    alone = {
        **{name: read.column(name) for name in read.column_names},
        "status": pc.if_else(stays, "survivor", pc.if_else(is_out, "withdrawn", "rejected")),
        "survivor": pc.if_else(stays, ids, pa.scalar(None, ID)),
        "kind": pc.if_else(is_out, kinds, pa.scalar(None, pa.string())),
    }
    nothing = pa.nulls(len(ids))
    own = pa.table([alone.get(name, nothing) for name in SCHEMA.names], names=SCHEMA.names).cast(SCHEMA)
    order = np.arange(len(ids))
    order[rows] = len(ids) + np.arange(len(rows))
    return pa.concat_tables([own, decided.select(SCHEMA.names)]).take(pa.array(order))


def profile(table: pa.Table, source: str) -> dict[str, Any]:
    """Documents of each status, copies by kind, and licenses of the survivors."""
    status, survivors = _counted(table.column("status")), table.filter(is_survivor(table))
    copies = table.filter(pc.equal(table.column("status"), "suppressed"))
    return {
        "status": status,
        "by_source": {source: status},
        "copies": _counted(copies.column("kind").drop_null()),
        "variants": survivors.num_rows - survivors.column("kind").null_count,
        "licenses": _counted(survivors.column("license")),
        "license_classes": _counted(survivors.column("license_class")),
        "with_findings": int((pc.list_value_length(survivors.column("license_findings")).to_numpy() > 0).sum()),
    }


def _counted(values: pa.ChunkedArray) -> dict[str, int]:
    return dict(sorted(Counter(values.to_pylist()).items()))


def _batched(shards: Sequence[Any], files: Sequence[File]) -> Iterator[tuple[Any, ...]]:
    """Shards side by side, of at most BATCH_ROWS rows together but at least one."""
    for batch in batches(files, BATCH_ROWS):
        yield tuple(shards[batch.first : batch.first + len(batch.files)])
