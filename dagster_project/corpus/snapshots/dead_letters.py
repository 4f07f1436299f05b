"""Dead letters on their way into the store: what could not become a document, and what must not be quoted."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.blanking import blank_letters
from dagster_project.corpus.model.documents import DEAD_LETTERS
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store

HELD = 20_000


class DeadLetters:
    """What could not become a document, flushed to files of a bounded size, and counted by reason."""

    def __init__(self, store: Store, access: str):
        self.store, self.access, self.held, self.files = store, access, list[pa.RecordBatch](), list[File]()
        self.counts: Counter[str] = Counter()
        self.records = 0  # read for this task, dead or not
        self.silenced = set[str]()  # raw objects of which nothing is quoted

    def leave_out(self, raw_objects: pa.ChunkedArray) -> None:
        """Quote nothing of raw objects that hold erased text."""
        self.silenced.update(raw_objects.to_pylist())

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self.counts.update(batch.column("reason").to_pylist())
            self.held.append(batch)
            if sum(held.num_rows for held in self.held) > HELD:
                self.flush()

    def flush(self) -> None:
        if self.held:
            table = pa.Table.from_batches(self.held, DEAD_LETTERS)
            if self.silenced:
                quoted = pc.is_in(table.column("raw_object"), pa.array(sorted(self.silenced), pa.string()))
                table = blank_letters(table, quoted.to_numpy())
            self.files.append(write_shard(self.store, table, access=self.access))
            self.held.clear()
