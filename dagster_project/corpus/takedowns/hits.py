"""Which documents of a snapshot the entries of the register hit: looked up in the catalog's indexes, once for each
state of the register, and kept as a table beside the builds.

What is made from a document goes with it. Otherwise only documents are told that an entry means by itself: its scope,
near copies or whole families, is a matter of the corpus in which they have copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.index import OF_URLS, find_all, spelled
from dagster_project.corpus.lineage.walk import parents_of
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.gone import Numbers
from dagster_project.corpus.takedowns.kept import kept_table
from dagster_project.corpus.takedowns.texts import digests_of

CODE_VERSION = "2"
HITS = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
        pa.field("entry", pa.string(), nullable=False),  # its id
    ]
)
LOOKED_UP = {  # by kind, in which table and column of it
    "document": ("snapshot", "doc_id"),
    "record": ("snapshot", "record_id"),
    "url": ("snapshot", "url"),
    "host": ("snapshot", "host"),
    "domain": ("snapshot", "domain"),
    "text": ("prints", "text_digest"),
    "normalized": ("prints", "normalized_digest"),
}
Asked = dict[Any, list[Entry]]  # entries by what they look for


class Looked(NamedTuple):
    """A snapshot by its partition key, and the tables beside it in which documents are looked up."""

    source: str
    snapshot: Manifest
    licensed: Manifest | None  # none where nothing was concluded yet
    prints: Manifest | None  # none where only parents of documents lie in it


def hits_of(store: Store, entries: Sequence[Entry], looked: Looked) -> pa.Table:
    """The documents that entries hit, a row of HITS for each pair; found again where it was asked before."""
    access = looked.snapshot.facts["access"]
    return kept_table(store, _key(entries, looked), HITS, access, lambda: _found(store, entries, looked))


def by_shard(hits: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Hits, which are in the order of their shards, by the number of these."""
    shards = hits.column("shard").to_numpy()
    for shard in np.unique(shards).tolist():
        first, end = np.searchsorted(shards, [shard, shard + 1]).tolist()
        yield shard, hits.slice(first, end - first)


def _key(entries: Sequence[Entry], looked: Looked) -> str:
    made_of = [manifest.id if manifest else "" for manifest in (looked.snapshot, looked.licensed, looked.prints)]
    return digest(["takedown hits", CODE_VERSION, looked.source, sorted(entry.id for entry in entries), made_of])


def _found(store: Store, entries: Sequence[Entry], looked: Looked) -> Iterator[pa.Table]:
    for kind, (table, column) in LOOKED_UP.items():
        if manifest := getattr(looked, table):
            yield from _by_index(store, manifest, column, _asked(entries, kind))
    if looked.prints is None:
        for kind in ("text", "normalized"):
            yield from _by_text(store, looked.snapshot, kind, _asked(entries, kind))
    for entry in entries:
        if entry.kind == "source" and entry.value in (looked.source, looked.source.partition("@")[0]):
            for shard, file in enumerate(looked.snapshot.files):
                yield _rows(shard, np.arange(file.rows), entry)
    if looked.licensed:
        yield from _by_license(store, looked.licensed, _asked(entries, "license"))
    yield from _by_parents(store, entries, looked)


def _by_parents(store: Store, entries: Sequence[Entry], looked: Looked) -> Iterator[pa.Table]:
    """Documents that were made from one that is hit, in whatever source that lies."""
    for parents in parents_looked(store, looked):
        snapshot = parents.snapshot
        hits = hits_of(store, entries, parents)
        for name in hits.column("entry").unique().to_pylist():
            (entry,) = (item for item in entries if item.id == name)
            ids = ids_at(store, snapshot, hits.filter(pc.equal(hits.column("entry"), name)))
            for shard, file in enumerate(looked.snapshot.files):
                said = read_shard(store, file, ["parents"]).column("parents").combine_chunks()
                is_child = pc.is_in(said.flatten().field("doc_id"), ids).to_numpy(zero_copy_only=False)
                yield _rows(shard, np.unique(pc.list_parent_indices(said).to_numpy()[is_child]), entry)


def parents_looked(store: Store, looked: Looked) -> Iterator[Looked]:
    """The snapshots that the parents of documents are in."""
    concluded = parents_of(store, looked.licensed) if looked.licensed else {}
    for source, snapshot in parents_of(store, looked.snapshot).items():
        yield Looked(source, snapshot, concluded.get(source), None)


def ids_at(store: Store, snapshot: Manifest, hits: pa.Table) -> pa.Array:
    """The documents that hits lead to, each once."""
    found = [pa.array([], ID)]
    for shard, rows in by_shard(hits):
        ids = read_shard(store, snapshot.files[shard], ["doc_id"]).column("doc_id")
        found.append(ids.take(rows.column("row")).combine_chunks())
    return pa.concat_arrays(found).unique()


def _by_text(store: Store, snapshot: Manifest, kind: str, asked: Asked) -> Iterator[pa.Table]:
    """The same as by fingerprints, by reading all texts."""
    for shard, file in enumerate(snapshot.files if asked else ()):
        digests = digests_of(store, file, snapshot.facts["access"]).column(LOOKED_UP[kind][1])
        for value, entries in asked.items():
            rows = np.flatnonzero(pc.equal(digests, pa.scalar(value, digests.type)).to_numpy())
            for entry in entries:
                yield _rows(shard, rows, entry)


def _asked(entries: Sequence[Entry], kind: str) -> Asked:
    """The entries of a kind by what they look for: one value may be asked for in several scopes."""
    asked: Asked = {}
    for entry in entries:
        if entry.kind == kind:
            is_id = LOOKED_UP.get(kind, ("", ""))[1].endswith(("_id", "_digest"))
            asked.setdefault(bytes.fromhex(entry.value) if is_id else entry.value, []).append(entry)
    return asked


def _by_index(
    store: Store, manifest: Manifest, column: str, asked: Mapping[bytes | str, Sequence[Entry]]
) -> Iterator[pa.Table]:
    """What an index points to, each checked against the row itself."""
    if not asked:
        return
    by_shard: dict[int, dict[bytes | str, list[int]]] = {}
    for value, places in find_all(store, manifest, column, list(asked)).items():
        for shard, row in places:
            by_shard.setdefault(shard, {}).setdefault(value, []).append(row)
    for shard, found in sorted(by_shard.items()):
        values = read_shard(store, manifest.files[shard], ["url" if column in OF_URLS else column]).column(0)
        for value, rows in found.items():
            said = values.take(pa.array(rows)).to_pylist()
            is_it = np.array([spelled(column, item) == value for item in said], np.bool_)
            for entry in asked[value]:
                yield _rows(shard, np.array(rows, np.int64)[is_it], entry)


def _by_license(store: Store, licensed: Manifest, asked: Mapping[str, Sequence[Entry]]) -> Iterator[pa.Table]:
    said = licensed.profile.get("licenses", {})
    wanted = [value for value in asked if value in said]
    for shard, file in enumerate(licensed.files if wanted else ()):
        licenses = read_shard(store, file, ["license"]).column("license")
        for value in wanted:
            rows = np.flatnonzero(pc.equal(licenses, value).to_numpy())
            for entry in asked[value]:
                yield _rows(shard, rows, entry)


def _rows(shard: int, rows: Numbers, entry: Entry) -> pa.Table:
    columns = [
        np.full(len(rows), shard, np.int32),
        rows.astype(np.int32),
        pa.array([entry.id] * len(rows), pa.string()),
    ]
    return pa.table(columns, schema=HITS)
