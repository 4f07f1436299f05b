"""robots.txt and its like: what sites say of all their pages, kept beside the documents as evidence.

They come in any raw object of a crawl and speak for pages of every other, so they are gathered over the snapshot: each
task writes sorted runs, which are merged into one sequence, each row once. No more than a run is ever held.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.documents import SITE_FILES, SiteRow, site_rows
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import iterate_shard, write_shard
from dagster_project.corpus.storage.stores import Store

RUN_BYTES = 32 << 20  # of text in one run, and in one file of the merged sequence
ROWS_AT_ONCE = 8  # of each run while merging; a row has up to SITE_FILE_BYTES


class Gathered(NamedTuple):
    """The site files of a snapshot: how many, their digest whatever the layout, and the files that hold them, sorted by
    site, path and time."""

    rows: int
    digest: str
    files: tuple[File, ...]


class Sites:
    """The site files of some parts, written as sorted runs."""

    def __init__(self, store: Store, access: str):
        self.store, self.access = store, access
        self.held, self.files = list[pa.RecordBatch](), list[File]()

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self.held.append(batch)
            if sum(held.nbytes for held in self.held) >= RUN_BYTES:
                self.flush()

    def flush(self) -> None:
        if self.held:
            rows = sorted((row for batch in self.held for row in site_rows(batch)), key=_place)
            self.files.append(write_shard(self.store, _table(rows), access=self.access))
            self.held.clear()


def gather_sites(work: Work, files: Sequence[File]) -> Gathered:
    """All site files of a snapshot, each once."""
    runs = [_read(work.store, file) for file in files]
    merged = (row for row, _ in groupby(heapq.merge(*runs, key=_place)))
    said, count, written = hashlib.sha256(b"site files"), 0, list[File]()
    for rows in _run_sized(merged):
        said.update(b"".join(canonical(list(row)) + b"\n" for row in rows))
        count += len(rows)
        written.append(write_shard(work.store, _table(rows), access=work.access))
    return Gathered(count, said.hexdigest(), tuple(written))


def _run_sized(rows: Iterable[SiteRow]) -> Iterator[list[SiteRow]]:
    """Rows in lists of about RUN_BYTES of text."""
    held, size = list[SiteRow](), 0
    for row in rows:
        held.append(row)
        size += len(row[3])
        if size >= RUN_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held


def _read(store: Store, file: File) -> Iterator[SiteRow]:
    for batch in iterate_shard(store, file, SITE_FILES.names, ROWS_AT_ONCE):
        yield from site_rows(batch)


def _place(row: SiteRow) -> tuple[str, str, bool, int, int, str]:
    site, path, status, text, at = row
    return site, path, at is None, at or 0, status, text


def _table(rows: Sequence[SiteRow]) -> pa.Table:
    arrays = [pa.array(column, field.type) for field, column in zip(SITE_FILES, zip(*rows, strict=True), strict=True)]
    return pa.Table.from_arrays(arrays, schema=SITE_FILES)
