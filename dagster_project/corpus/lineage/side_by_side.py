"""Documents and their side tables as one stream of rows: shard by shard, zipped and never joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.dataset as ds

from dagster_project.corpus.model.errors import IntegrityError, PartitionError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

BATCH_ROWS = 4096
STAGES = ("snapshots", "filtered")


@dataclass(frozen=True)
class SideBySide:
    """The rows of a snapshot and of its side tables. A column of several tables keeps its name in the first of them,
    and stands under `<table>.<column>` in the others."""

    store: Store
    snapshot: Manifest
    sides: Mapping[str, Manifest]  # by the name of the table: `licensed`, `filtered`, signals/<group>

    @cached_property
    def columns(self) -> dict[str, tuple[str, str]]:
        """Where each column comes from: the table ("" for the documents) and its name there."""
        found: dict[str, tuple[str, str]] = {}
        for table, manifest in {"": self.snapshot, **self.sides}.items():
            for name, _ in manifest.identity.schema:
                if not table or name != "doc_id":
                    found[name if name not in found else f"{table}.{name}"] = (table, name)
        return found

    @cached_property
    def schema(self) -> pa.Schema:
        """Of all columns, as the first shard has them; without rows there is none to read."""
        return next(self._batches(self.snapshot.files[:1], list(self.columns))).schema

    @property
    def rows(self) -> int:
        return self.snapshot.rows

    def to_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows, BATCH_ROWS at a time; of each table only the columns that are asked for are read."""
        yield from self._batches(self.snapshot.files, list(columns if columns is not None else self.columns))

    def reader(self, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """The same for whoever takes Arrow; read while it is taken."""
        chosen = list(columns if columns is not None else self.columns)
        schema = pa.schema([self.schema.field(name) for name in chosen])
        return pa.RecordBatchReader.from_batches(schema, self.to_batches(chosen))

    def scanner(self, columns: Sequence[str] | None = None, filter: ds.Expression | None = None) -> ds.Scanner:
        """A scan of Arrow datasets over the same; a filter may name any of the columns."""
        return ds.Scanner.from_batches(self.reader(columns), filter=filter)

    def _batches(self, documents: Sequence[File], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if unknown := [name for name in columns if name not in self.columns]:
            raise PartitionError(f"there is no column {unknown[0]!r}: use some of {', '.join(self.columns)}")
        tables: dict[str, list[str]] = {table: [] for table in dict.fromkeys(self.columns[name][0] for name in columns)}
        for name in columns:
            tables[self.columns[name][0]].append(self.columns[name][1])
        for document in documents:
            parts = [
                iterate_shard(self.store, self._part(table, document), names, BATCH_ROWS)
                for table, names in tables.items()
            ]
            for batches in zip(*parts, strict=True):
                read = dict(zip(tables, batches, strict=True))
                said = [read[table].column(name) for table, name in (self.columns[item] for item in columns)]
                yield pa.RecordBatch.from_arrays(said, names=list(columns))

    def _part(self, table: str, document: File) -> File:
        if not table:
            return document
        for file in self.sides[table].files:
            if file.documents == document.sha256:
                return file
        raise IntegrityError(f"{table} {self.sides[table].id[:12]} does not cover {document.path}: build it again")


def side_by_side(store: Store, partition: Partition, version: str | None = None) -> SideBySide:
    """The newest signals and licenses of a snapshot, or one exact version of it; of verdicts the very versions that
    they were made of, where they name them. PartitionError for another stage."""
    if partition.stage not in STAGES:
        raise PartitionError(f"{partition} holds no documents by itself: open one of {', '.join(STAGES)}")
    manifest = refs.load_manifest(store, refs.resolve(store, partition, version))
    if partition.stage == "snapshots":
        return SideBySide(store, manifest, dict(_standing(store, partition.key, manifest)))
    (snapshot,) = (refs.load_manifest(store, item.id) for item in manifest.inputs if item.stage == "snapshots")
    source = partition.key.partition("+")[0]
    own = {
        item.partition.removeprefix("signals/").partition("/")[2]: refs.load_manifest(store, item.id)
        for item in manifest.inputs
        if item.stage == "signals"
    }
    sides = {**dict(_standing(store, source, snapshot)), **{f"signals/{name}": found for name, found in own.items()}}
    return SideBySide(store, snapshot, {**sides, "filtered": manifest})


def _standing(store: Store, source: str, snapshot: Manifest) -> Iterator[tuple[str, Manifest]]:
    """The newest side tables of a source that cover this version of its snapshot."""
    wanted = {file.sha256 for file in snapshot.files}
    for stage in ("licensed", "signals"):
        for place, entry in refs.newest(store, stage).items():
            if place.key == source:
                found = refs.load_manifest(store, refs.read_ref(store, entry.path).id)
                if wanted <= {file.documents for file in found.files}:
                    yield "/".join(filter(None, (stage, place.part))), found
