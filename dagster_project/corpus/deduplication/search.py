"""The search for copies: which tasks run, over which shards, and what each is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.candidates import EDGE, MeetTask, Met, Part, Shards, meet, ranges
from dagster_project.corpus.deduplication.keys import Batch, KeysTask, Rows, batches, open_keys, write_keys
from dagster_project.corpus.deduplication.layers import Layer
from dagster_project.corpus.deduplication.verification import AttachTask, CompareTask, attach, compare, margin_of
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.corpus.storage.exchange import Address, Piece, ranges_of

BATCH_ROWS = 1 << 17
RANGE_ROWS = 1 << 21  # of keys: 86 MB


class Search:
    """One search, whose tasks write to one exchange."""

    def __init__(self, work: Work, address: Address, layers: Sequence[Layer], corpus: CorpusRecipe):
        self.work, self.address, self.layers, self.corpus = work, address, layers, corpus
        self.files = [file for layer in layers for file in layer.files]
        self.sources = [source for layer in layers for source in layer.sources]
        self.new = len(self.files) - len(layers[-1].files)
        self.own = batches(layers[-1].files, BATCH_ROWS, self.new)
        self.batches = [*batches(self.files[: self.new], BATCH_ROWS), *self.own]
        self.shards = Shards(_by_shard(self.batches), self._source_of(), _by_shard(layers), self.new)
        self._asked = 0

    def write_keys(self, verdicts: Mapping[str, File]) -> list[dict[str, Any]]:
        """The tables of the last layer, as facts name them: their files, and the number of their first shard in it.
        With verdicts, by the documents they cover, only what they keep has keys."""
        tasks = [self._keys_task(batch, verdicts) for batch in self.own]
        files = self.work.engine.map(write_keys, tasks)
        return [{"first": task.batch.first - self.new, **file} for task, file in zip(tasks, files, strict=True)]

    def _keys_task(self, batch: Batch, verdicts: Mapping[str, File]) -> KeysTask:
        kept = tuple(verdicts[file.documents] for file in batch.files) if verdicts else ()
        made_of = [[file.sha256 for file in batch.files], [file.sha256 for file in kept], batch.first - self.new]
        return KeysTask(
            store=self.work.store,
            key=self.work.key("keys", made_of),
            access=self.work.access,
            batch=batch,
            bands=self.corpus.fingerprints.bands,
            same_url=self.corpus.same_url,
            verdicts=kept,
        )

    def meet(self, own: Sequence[Mapping[str, Any]]) -> list[Met]:
        """What meets in each range of the keys of all layers."""
        tables, start, rows = [], 0, 0
        for layer in self.layers:
            for table in layer.keys if layer.families else own:
                tables.append((open_keys(self.work.store, table), start + table["first"]))
                rows += table["rows"]
            start += len(layer.files)
        tasks = (self._meet_task(tables, *wanted) for wanted in ranges(rows, RANGE_ROWS))
        return list(self.work.engine.map(meet, tasks))

    def _meet_task(self, tables: Sequence[tuple[Piece, int]], first: int, last: int) -> MeetTask:
        parts = tuple(Part(found, start) for table, start in tables for found in ranges_of([table], first, last))
        return MeetTask(self.address, first, parts, self.shards)

    def copies(self, met: Sequence[Met]) -> Iterator[Rows]:
        """Those that digests tell, as EDGE records."""
        return (np.frombuffer(item.copies, EDGE) for item in met)

    def candidates(self, met: Sequence[Met]) -> list[Piece]:
        return [item.candidates for item in met]

    def verify(self, candidates: Sequence[Piece], name: str, limit: float, verify: str) -> Iterator[Rows]:
        """The candidates that are alike enough, as EDGE records."""
        prints = self.corpus.fingerprints if verify != "none" else replace(self.corpus.fingerprints, sketch=0)
        attaching = (
            AttachTask(self.address, name, found, number, self.batches[number], self.shards, prints)
            for number in range(len(self.batches))
            if (found := ranges_of(candidates, number))
        )
        pieces = [piece for made in self.work.engine.map(attach, attaching) for piece in made]
        margin = margin_of(verify, limit, prints.bands * prints.rows)
        comparing = (
            CompareTask(self.address, carried, self.batches[number], prints, limit, margin)
            for number in range(len(self.batches))
            if (carried := ranges_of(pieces, number))
        )
        for alike in self.work.engine.map(compare, comparing):
            yield np.frombuffer(alike, EDGE)

    def likened(self, pairs: Rows) -> Rows:
        """Of pairs of a leader and a member those that are like enough to be of one family."""
        destinations = self.shards.batch[pairs["left_shard"]]
        self._asked += 1
        piece = self.address.send_records(f"members-{self._asked}", pairs, destinations, len(self.batches))
        near = self.corpus.near
        limit = min(near.cohesion, near.similarity)
        found = list(self.verify([piece], f"members-{self._asked}", limit, near.verify))
        return np.concatenate(found) if found else np.empty(0, EDGE)

    def _source_of(self) -> NDArray[np.int32]:
        """By number; all one where copies of other sources count."""
        if self.corpus.scope == "corpus":
            return np.zeros(len(self.files), np.int32)
        return np.unique(np.array(self.sources, np.str_), return_inverse=True)[1].astype(np.int32)


def _by_shard(groups: Sequence[Batch] | Sequence[Layer]) -> NDArray[np.int32]:
    """Of every shard the number of its group."""
    return np.repeat(np.arange(len(groups), dtype=np.int32), [len(group.files) for group in groups])
