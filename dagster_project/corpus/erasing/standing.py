"""What the snapshots of a store say of documents, whatever version it is: one that cannot be read proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.index import Look, find_all, find_by_shard
from dagster_project.corpus.model.errors import FlorilegiumError, StoreError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

Said = TypeVar("Said")


def said_by_snapshots(store: Store, read: Callable[[Manifest], Iterable[Said]]) -> Iterator[Said]:
    """What is read of every version of a snapshot that can be read."""
    for partition in published(store, "snapshots"):
        for version in published_versions(store, partition):
            try:
                yield from read(load_manifest(store, version))
            except StoreError:
                raise
            except FlorilegiumError:
                continue


def rows_of(
    store: Store, snapshot: Manifest, ids: pa.Array, columns: Sequence[str], look: Look = find_all
) -> Iterator[pa.Table]:
    """The rows of documents in one version, some columns and `doc_id` of them, shard by shard."""
    for shard, rows in find_by_shard(store, snapshot, "doc_id", ids, look):
        table = read_rows(store, snapshot.files[shard], rows.tolist(), [*dict.fromkeys(["doc_id", *columns])])
        yield table.filter(pc.is_in(table.column("doc_id"), ids))
