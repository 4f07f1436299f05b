"""What takedowns and erasures take: documents, and the versions in which these stand. The text of a document is one in
all of a store, so that an erasure takes it from all versions, also from those of which no request says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.holding import versions_holding
from dagster_project.corpus.building.takedowns import Affected
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.erase import documents_meant
from dagster_project.corpus.lineage.index import find_by_shard
from dagster_project.corpus.lineage.walk import layers_of
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.reaching.everywhere import documents_reached, every_snapshot, reached_everywhere
from dagster_project.corpus.reaching.reach import Reach, looked_of
from dagster_project.corpus.storage.refs import latest, load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, erased_table, read_erasures
from dagster_project.corpus.takedowns.register import read_register


class Erasing(NamedTuple):
    """A newest version from which texts go, of how many documents, and of how many of these no request says so."""

    partition: Partition
    version: str
    documents: int
    beyond: int


def gone_documents(store: Store) -> pa.Table:
    """ERASED rows of what the entries that remove reach in any version of a corpus."""
    reach = Reach(store)
    tables, seen = [ERASED.empty_table()], set[str]()
    for partition in published(store, "deduplicated") if reach else ():
        for version in published_versions(store, partition):
            layers = layers_of(store, load_manifest(store, version))
            known = sorted(item.identity.inputs[0] for item in layers)  # families say all that is asked
            if (key := " ".join(known)) in seen:
                continue
            seen.add(key)
            files = {
                file.sha256: file
                for layer in layers
                for item in looked_of(store, layer)
                for file in item.snapshot.files
            }
            for documents, reached in reach.reached_in(layers).items():
                ids = read_rows(store, files[documents], reached.column("row").to_pylist(), ["doc_id"]).column("doc_id")
                tables.append(pa.table([ids, reached.column("entry")], schema=ERASED))
    return pa.concat_tables(tables).group_by(ERASED.names).aggregate([]).select(ERASED.names).cast(ERASED)


def documents_of(store: Store, engine: Engine, entries: Sequence[Entry], gone: pa.Table) -> pa.Table:
    """ERASED rows of all documents that entries mean or reach anywhere; `gone`: those that they reach in corpora."""
    return documents_meant(store, engine, entries, pa.concat_tables([gone, reached_everywhere(store, entries)]))


def to_be_erased(store: Store, engine: Engine, found: Sequence[Affected]) -> Iterator[Erasing]:
    """Newest versions from which an erasure takes texts that are still there: snapshots, and then corpora and mixes.
    `found`: what requests reach of the latter by themselves."""
    known = documents_of(store, engine, read_register(store).removing, gone_documents(store))
    gone = erased_table(store, read_erasures(store)).column("doc_id")
    known = known.filter(pc.invert(pc.is_in(known.column("doc_id"), gone)))
    reach, looked = Reach(store), {item.snapshot.id: item for item in every_snapshot(store)}
    for partition, version in _newest(store, "snapshots") if known.num_rows else ():
        documents = standing(store, looked[version].snapshot, known.column("doc_id"))
        named = documents_reached(reach, [looked[version]]).column("doc_id").to_pylist() if documents else ()
        if documents:
            yield Erasing(partition, version, len(documents), len(documents - {*named}))
    reached = {(item.partition, item.version): item.documents for item in found}
    for item in versions_holding(store, known):
        last = latest(store, item.partition)
        if last and last.id == item.version:
            documents = set(item.found.column("doc_id").to_pylist())
            others = reached.get((item.partition, item.version), 0)
            yield Erasing(item.partition, item.version, len(documents), max(0, len(documents) - others))


def snapshots_with(store: Store, documents: Sequence[bytes]) -> Iterator[tuple[Partition, str, int]]:
    """All versions of snapshots that hold any of these, and how many."""
    ids = pa.array(documents, ERASED.field("doc_id").type)
    for partition in published(store, "snapshots") if documents else ():
        for version in published_versions(store, partition):
            if found := standing(store, load_manifest(store, version), ids):
                yield partition, version, len(found)


def standing(store: Store, snapshot: Manifest, ids: pa.Array | pa.ChunkedArray) -> set[bytes]:
    """Which of some documents a snapshot holds."""
    found, unique = set[bytes](), ids.unique()
    for shard, rows in find_by_shard(store, snapshot, "doc_id", unique):
        held = read_rows(store, snapshot.files[shard], rows.tolist(), ["doc_id"]).column("doc_id")
        found.update(held.filter(pc.is_in(held, unique)).to_pylist())
    return found


def _newest(store: Store, stage: str) -> Iterator[tuple[Partition, str]]:
    for partition in published(store, stage):
        if last := latest(store, partition):
            yield partition, last.id
