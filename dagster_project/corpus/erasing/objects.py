"""Every object under `data/` that can hold the text of a document, told by its own schema: what no manifest names any
more, or yet, is found alike.

Tables of documents are asked which rows entries mean; any table with ids then loses what a blanked row lacks; dead
letters of the raw objects that held erased text lose their excerpts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.erasing.blanking import blank, blank_letters, blankable, is_dead_letters
from dagster_project.corpus.erasing.letters import left_out_documents
from dagster_project.corpus.erasing.replacements import Why, replace_object, row_digests
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard, write_own_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED
from dagster_project.corpus.takedowns.matching import columns_for, matched

DATA = "data/"
PLACE = re.compile(r"data/(?P<access>[^/]+)/sha256/[0-9a-f]{2}/(?P<sha256>[0-9a-f]{64})\.(?P<suffix>.+)")
TABLE = "parquet"
DOCUMENTS, BESIDE, LETTERS = "documents", "beside", "dead letters"  # kinds of tables


@dataclass(frozen=True)
class Stored:
    """One object under `data/`, as its address tells it."""

    path: str
    access: str
    sha256: str
    suffix: str
    size: int
    modified: float  # seconds since the epoch

    def file(self, rows: int = 0) -> File:
        return File(self.path, self.sha256, self.size, rows)


@dataclass(frozen=True)
class KindTask:
    """A table that is asked what it is."""

    store: Store
    stored: Stored


@dataclass(frozen=True)
class LookTask:
    """A table of documents that is asked which rows entries mean, and which were made from documents that go."""

    store: Store
    stored: Stored
    entries: tuple[Entry, ...]
    keys: tuple[str, ...]  # partitions, as name@version, whose documents it holds
    known: pa.Table  # of ERASED


@dataclass(frozen=True)
class EraseTask:
    """A table from which documents are erased, and the raw objects of which dead letters may quote nothing, each with
    the documents that it held."""

    store: Store
    stored: Stored
    known: pa.Table
    raw_objects: Mapping[str, frozenset[bytes]]


class Rewritten(NamedTuple):
    """An object in whose place another one stands."""

    old: str
    new: str


def kind_of(task: KindTask) -> str:
    """What a table is to an erasure, by its schema: documents, any with ids that can lack something, dead letters; or
    nothing."""
    _, schema = _opened(task.store, task.stored)
    if is_dead_letters(schema):
        return LETTERS
    if {"doc_id", "record_id", "parents"} <= set(schema.names):
        return DOCUMENTS
    has_ids = "doc_id" in schema.names and schema.field("doc_id").type == ERASED.field("doc_id").type
    return BESIDE if has_ids and blankable(schema) else ""


def stored_objects(store: Store) -> Iterator[Stored]:
    """All of them; what lies there under no address of ours is none."""
    for entry in store.list(DATA):
        if found := PLACE.fullmatch(entry.path):
            yield Stored(entry.path, **found.groupdict(), size=entry.size, modified=entry.modified)


def look(task: LookTask) -> pa.Table:
    """A row of ERASED for each document of the table, and each entry that means it."""
    wanted = columns_for(task.entries) if task.entries else ["doc_id"]
    documents = _rows(task.store, _opened(task.store, task.stored)[0], [*wanted, "parents"])
    if documents is None:
        return ERASED.empty_table()
    ids = documents.column("doc_id").combine_chunks()
    found = [ERASED.empty_table()]
    for entry, rows in matched(documents, task.entries, task.keys):
        found.append(_pairs(ids.take(pa.array(rows)), pa.array([entry] * len(rows), pa.string())))
    parents = documents.column("parents").combine_chunks()
    named, children = parents.flatten().field("doc_id"), pc.list_parent_indices(parents)
    for entry in task.known.column("entry").unique().to_pylist() if len(named) else ():
        those = task.known.filter(pc.equal(task.known.column("entry"), entry)).column("doc_id")
        rows = children.filter(pc.is_in(named, those)).unique()
        found.append(_pairs(ids.take(rows), pa.array([entry] * len(rows), pa.string())))
    return pa.concat_tables(found)


def raw_objects_of(task: LookTask) -> dict[str, set[bytes]]:
    """The raw objects that erased documents of a table, or of dead letters, were read from, with these."""
    file, schema = _opened(task.store, task.stored)
    letters = is_dead_letters(schema)
    columns = ["raw_object", "reason", "detail"] if letters else ["doc_id", "raw_object"]
    documents = _rows(task.store, file, columns)
    if documents is None:
        return {}
    documents = left_out_documents(documents) if letters else documents
    documents = documents.filter(pc.is_in(documents.column("doc_id"), task.known.column("doc_id")))
    found: dict[str, set[bytes]] = {}
    for doc_id, raw_object in zip(*(column.to_pylist() for column in documents.columns), strict=True):
        found.setdefault(raw_object, set()).add(doc_id)
    return found


def erase(task: EraseTask) -> Rewritten | None:
    """Rewrite a table without what was erased; None where it holds nothing of it."""
    file, schema = _opened(task.store, task.stored)
    if file is None:
        return None
    if is_dead_letters(schema):
        return _erase_letters(task, file)
    named = _rows(task.store, file, ["doc_id"])
    if named is None:
        return None
    ids = named.column("doc_id")
    chosen = pc.is_in(ids, task.known.column("doc_id")).to_numpy()
    table = _rows(task.store, file) if chosen.any() else None
    if table is None:
        return None
    doc_ids, rows = ids.filter(pa.array(chosen)).to_pylist(), np.flatnonzero(chosen).tolist()
    why = Why(rows, [item.hex() for item in doc_ids], entries_of(task.known, doc_ids), row_digests(table, rows))
    return _written(task, file, table, blank(table, chosen), why)


def entries_of(known: pa.Table, doc_ids: Sequence[bytes]) -> list[str]:
    """The entries for which documents go."""
    meant = known.filter(pc.is_in(known.column("doc_id"), pa.array(doc_ids, ERASED.field("doc_id").type)))
    return sorted(meant.column("entry").unique().to_pylist())


def _erase_letters(task: EraseTask, file: File) -> Rewritten | None:
    table = _rows(task.store, file)
    if table is None:
        return None
    silenced = pa.array(sorted(task.raw_objects), pa.string())
    chosen = pc.is_in(table.column("raw_object"), silenced).to_numpy()
    if not chosen.any():
        return None
    quoted = table.column("raw_object").filter(pa.array(chosen)).unique().to_pylist()
    doc_ids = sorted({doc_id for name in quoted for doc_id in task.raw_objects[name]})
    why = Why(np.flatnonzero(chosen).tolist(), [item.hex() for item in doc_ids], entries_of(task.known, doc_ids))
    return _written(task, file, table, blank_letters(table, chosen), why)


def _written(task: EraseTask, file: File, table: pa.Table, made: pa.Table, why: Why) -> Rewritten | None:
    if made.equals(table):
        return None
    new = write_own_shard(task.store, made, access=task.stored.access)
    replace_object(task.store, file, new, why)
    return Rewritten(file.path, new.path)


def _opened(store: Store, stored: Stored) -> tuple[File | None, pa.Schema]:
    """A table with the number of its rows, and its schema; no file where somebody deleted it meanwhile."""
    if stored.suffix != TABLE:
        return None, pa.schema([])
    try:
        with store.open(stored.path) as source:
            parquet = pq.ParquetFile(source)
            return stored.file(parquet.metadata.num_rows), parquet.schema_arrow
    except MissingObject:
        return None, pa.schema([])


def _rows(store: Store, file: File | None, columns: list[str] | None = None) -> pa.Table | None:
    """Those of a table; None where somebody deleted it meanwhile."""
    try:
        return read_shard(store, file, columns) if file else None
    except MissingObject:
        return None


def _pairs(ids: pa.Array, entries: pa.Array) -> pa.Table:
    return pa.table([ids, entries], schema=ERASED)
