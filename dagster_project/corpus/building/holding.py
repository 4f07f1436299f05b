"""Versions that hold documents which are to go: those of corpora as documents that stand, of mixes as members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.takedowns import STANDING, members_of
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statements.statements import Statement, make_statement, statements_of, withdrawn_for
from dagster_project.corpus.storage.refs import history, latest, load_manifest, published
from dagster_project.corpus.storage.shards import iterate_shard, read_rows
from dagster_project.corpus.storage.stores import Store

STAGES = ("deduplicated", "mixed", "published")


class Holding(NamedTuple):
    """A version, and what it holds: rows of ERASED."""

    partition: Partition
    version: str
    found: pa.Table

    @property
    def entries(self) -> tuple[str, ...]:
        return tuple(sorted(self.found.column("entry").unique().to_pylist()))


def versions_holding(store: Store, known: pa.Table, *, newest: bool = False) -> Iterator[Holding]:
    """All versions of corpora, mixes and publications that hold any of these documents (rows of ERASED), by stage,
    partition and age; or the newest of each partition alone."""
    told: dict[str, pa.Table] = {}
    for stage in STAGES if known.num_rows else ():
        for partition in published(store, stage):
            last = latest(store, partition) if newest else None
            refs = [last] if last else history(store, partition)
            for version in dict.fromkeys(ref.id for ref in refs):
                manifest = members_of(store, load_manifest(store, version))
                if manifest.id not in told:
                    told[manifest.id] = _held(store, manifest, known)
                if told[manifest.id].num_rows:
                    yield Holding(partition, version, told[manifest.id])


def withdraw(store: Store, holdings: Iterable[Holding], *, newest: bool) -> list[Statement]:
    """Say of versions that they were withdrawn, where that is not said yet for the same entries; of the newest ones of
    their partitions, which nobody could build anew, only if told so."""
    made = []
    for item in holdings:
        last = latest(store, item.partition)
        if not newest and last and last.id == item.version:
            continue
        if lacking := sorted({*item.entries} - withdrawn_for(statements_of(store, item.version))):
            said = Statement("withdrawn", item.version, str(item.partition), entries=tuple(lacking))
            made.append(make_statement(store, said))
    return made


def _held(store: Store, manifest: Manifest, known: pa.Table) -> pa.Table:
    ids = known.column("doc_id").unique()
    found = _members(store, manifest, ids) if manifest.stage == "mixed" else _standing(store, manifest, ids)
    return known.filter(pc.is_in(known.column("doc_id"), pa.array(sorted(found), ids.type)))


def _members(store: Store, mixed: Manifest, ids: pa.Array) -> set[bytes]:
    found: set[bytes] = set()
    places = {place for of in find_all(store, mixed, "doc_id", ids.to_pylist()).values() for place in of}
    for shard in sorted({shard for shard, _ in places}):
        rows = sorted(row for number, row in places if number == shard)
        column = read_rows(store, mixed.files[shard], rows, ["doc_id"]).column("doc_id")
        found.update(column.filter(pc.is_in(column, ids)).to_pylist())
    return found


def _standing(store: Store, deduplicated: Manifest, ids: pa.Array) -> set[bytes]:
    found: set[bytes] = set()
    for file in deduplicated.files:
        for batch in iterate_shard(store, file, ["doc_id", "status"]):
            stands = pc.and_(pc.is_in(batch.column("doc_id"), ids), pc.is_in(batch.column("status"), STANDING))
            found.update(batch.column("doc_id").filter(stands).to_pylist())
    return found
