"""robots.txt and its like: what sites say of all their pages, kept beside the documents as evidence.

They come in any raw object of a crawl and speak for pages of every other, so they are gathered over the snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import SITE_FILES
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store


class Gathered(NamedTuple):
    """The site files of a snapshot: how many, their digest whatever the layout, and where they lie (none or one)."""

    rows: int
    digest: str
    files: tuple[File, ...]


class Sites:
    """The site files of some parts, written as one file."""

    def __init__(self, store: Store, access: str):
        self.store, self.access = store, access
        self.held, self.files = list[pa.RecordBatch](), list[File]()

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self.held.append(batch)

    def flush(self) -> None:
        if self.held:
            self.files.append(write_shard(self.store, pa.Table.from_batches(self.held, SITE_FILES), access=self.access))
            self.held.clear()


def gather_sites(work: Work, files: Sequence[File]) -> Gathered:
    """All site files of a snapshot, each once, by site, path and time."""
    rows = {tuple(row.values()): row for file in files for row in read_shard(work.store, file).to_pylist()}
    ordered = [row for _, row in sorted(rows.items(), key=lambda item: tuple(map(str, item[0])))]
    said = [[str(value) for value in row.values()] for row in ordered]
    if not ordered:
        return Gathered(0, digest(said), ())
    table = pa.Table.from_pylist(ordered, SITE_FILES)
    return Gathered(len(ordered), digest(said), (write_shard(work.store, table, access=work.access),))
