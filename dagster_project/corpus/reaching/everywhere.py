"""What entries reach in all snapshots that were ever published, whether or not a corpus took them in: an erasure goes
through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.reaching.holdings import snapshot_id
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED
from dagster_project.corpus.takedowns.hits import Looked


def reached_everywhere(store: Store, entries: Sequence[Entry]) -> pa.Table:
    """ERASED rows of what entries reach of which rows alone do not tell: licenses as they were concluded last, and
    copies. What other entries mean by themselves is asked of the rows (`erasing/objects.py`)."""
    asked = [entry for entry in entries if entry.kind == "license" or entry.scope != "document"]
    if not asked:
        return ERASED.empty_table()
    return documents_reached(Reach(store, asked), list(every_snapshot(store)))


def documents_reached(reach: Reach, looked: Sequence[Looked]) -> pa.Table:
    """ERASED rows of what is reached in some snapshots."""
    files = {file.sha256: file for item in looked for file in item.snapshot.files}
    found = [ERASED.empty_table()]
    for documents, reached in reach.reached_among(looked).items():
        ids = read_rows(reach.store, files[documents], reached.column("row").to_pylist(), ["doc_id"]).column("doc_id")
        found.append(pa.table([ids, reached.column("entry")], schema=ERASED))
    return pa.concat_tables(found)


def every_snapshot(store: Store) -> Iterator[Looked]:
    """All versions of all snapshots, each with the conclusions and fingerprints that were made of it last."""
    concluded, printed = (_beside(store, stage) for stage in ("licensed", "fingerprints"))
    for partition, snapshot in _versions(store, "snapshots"):
        yield Looked(partition.key, snapshot, concluded.get(snapshot.id), printed.get(snapshot.id))


def not_concluded(store: Store) -> list[str]:
    """Versions of snapshots of whose documents nobody concluded a license, as partition#version."""
    concluded = _beside(store, "licensed")
    found = ((f"{partition}#{item.id}", item.id) for partition, item in _versions(store, "snapshots"))
    return sorted(name for name, version in found if version not in concluded)


def _beside(store: Store, stage: str) -> Mapping[str, Manifest]:
    """The last version of a table beside each snapshot, by the id of this."""
    return {snapshot_id(item): item for _, item in _versions(store, stage)}


def _versions(store: Store, stage: str) -> Iterable[tuple[Partition, Manifest]]:
    for partition in published(store, stage):
        for version in published_versions(store, partition):
            yield partition, load_manifest(store, version)
