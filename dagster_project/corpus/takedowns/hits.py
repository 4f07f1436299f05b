"""Which documents of a snapshot the entries of the register hit: looked up in the catalog's indexes, once for each
state of the register, and kept as a table beside the builds.

What is made from a document goes with it. Otherwise only documents are told that an entry means by itself: its scope,
near copies or whole families, is a matter of the corpus in which they have copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.lineage.index import OF_URLS, find_all, spelled
from dagster_project.corpus.lineage.walk import parents_of
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import SCOPES, Entry
from dagster_project.corpus.takedowns.texts import digests

CODE_VERSION = "1"
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
Numbers = NDArray[np.int64]
Asked = dict[Any, list[Entry]]  # entries by what they look for
NO_ROWS: Numbers = np.empty(0, np.int64)


class Looked(NamedTuple):
    """A snapshot by its partition key, and the tables beside it in which documents are looked up."""

    source: str
    snapshot: Manifest
    licensed: Manifest
    prints: Manifest | None  # none where only parents of documents lie in it


class Withdrawn(NamedTuple):
    """The rows of one shard that go, int64[n] ascending, and why: int8[n] places in SCOPES. They are hit themselves,
    are near copies of what is hit, or are hit with their whole families."""

    rows: Numbers
    scopes: NDArray[np.int8]


def hits_of(store: Store, entries: Sequence[Entry], looked: Looked) -> pa.Table:
    """The documents that entries hit, a row of HITS for each pair; found again where it was asked before."""
    key = _key(entries, looked)
    if record := find_build(store, key):
        return read_shard(store, File(**record["file"])) if record["file"] else HITS.empty_table()
    table = pa.concat_tables([HITS.empty_table(), *_found(store, entries, looked)])
    table = table.sort_by([(name, "ascending") for name in HITS.names])
    file = write_shard(store, table, access=looked.snapshot.facts["access"]) if table.num_rows else None
    record_build(store, key, {"file": asdict(file) if file else None})
    return table


def withdrawn_of(
    hits: pa.Table, entries: Iterable[Entry], near: Mapping[int, Numbers] = MappingProxyType({})
) -> dict[int, Withdrawn]:
    """By the number of the shard, with the rows of near copies; of several reasons the furthest counts."""
    families = pa.array([entry.id for entry in entries if entry.scope == "family"], pa.string())
    with_family = pc.is_in(hits.column("entry"), families).to_numpy()
    shards, rows = (hits.column(name).to_numpy().astype(np.int64) for name in ("shard", "row"))
    found = {}
    for shard in sorted({*np.unique(shards).tolist(), *near}):
        here = shards == shard
        scopes = np.full(
            int(max(rows[here].max(initial=-1), near.get(shard, NO_ROWS).max(initial=-1))) + 1, -1, np.int8
        )
        scopes[rows[here]] = SCOPES.index("document")
        reached = near.get(shard, NO_ROWS)
        scopes[reached[scopes[reached] < 0]] = SCOPES.index("near")
        scopes[rows[here & with_family]] = SCOPES.index("family")
        there = np.flatnonzero(scopes >= 0)
        found[int(shard)] = Withdrawn(there, scopes[there])
    return found


def _key(entries: Sequence[Entry], looked: Looked) -> str:
    made_of = [manifest.id if manifest else "" for manifest in (looked.snapshot, looked.licensed, looked.prints)]
    return digest(["takedown hits", CODE_VERSION, looked.source, sorted(entry.id for entry in entries), made_of])


def _found(store: Store, entries: Sequence[Entry], looked: Looked) -> Iterator[pa.Table]:
    for kind, (table, column) in LOOKED_UP.items():
        if manifest := getattr(looked, table):
            yield from _by_index(store, manifest, column, _asked(entries, kind))
    if looked.prints is None:
        yield from _by_text(store, looked.snapshot, _asked(entries, "text"), _asked(entries, "normalized"))
    for entry in entries:
        if entry.kind == "source" and entry.value in (looked.source, looked.source.partition("@")[0]):
            for shard, file in enumerate(looked.snapshot.files):
                yield _rows(shard, np.arange(file.rows), entry)
    yield from _by_license(store, looked.licensed, _asked(entries, "license"))
    yield from _by_parents(store, entries, looked)


def _by_parents(store: Store, entries: Sequence[Entry], looked: Looked) -> Iterator[pa.Table]:
    """Documents that were made from one that is hit, in whatever source that lies."""
    concluded = parents_of(store, looked.licensed)
    for source, snapshot in parents_of(store, looked.snapshot).items():
        parents = Looked(source, snapshot, concluded[source], None)
        hits = hits_of(store, entries, parents)
        for name in hits.column("entry").unique().to_pylist():
            (entry,) = (item for item in entries if item.id == name)
            ids = ids_at(store, snapshot, hits.filter(pc.equal(hits.column("entry"), name)))
            for shard, file in enumerate(looked.snapshot.files):
                said = read_shard(store, file, ["parents"]).column("parents").combine_chunks()
                is_child = pc.is_in(said.flatten().field("doc_id"), ids).to_numpy(zero_copy_only=False)
                yield _rows(shard, np.unique(pc.list_parent_indices(said).to_numpy()[is_child]), entry)


def ids_at(store: Store, snapshot: Manifest, hits: pa.Table) -> pa.Array:
    """The documents that hits lead to, each once."""
    found = [pa.array([], ID)]
    for shard in hits.column("shard").unique().to_pylist():
        rows = hits.filter(pc.equal(hits.column("shard"), shard)).column("row")
        ids = read_shard(store, snapshot.files[shard], ["doc_id"]).column("doc_id")
        found.append(ids.take(rows).combine_chunks())
    return pa.concat_arrays(found).unique()


def _by_text(store: Store, snapshot: Manifest, exact: Asked, normalized: Asked) -> Iterator[pa.Table]:
    """The same as by fingerprints, by reading all texts."""
    for shard, file in enumerate(snapshot.files if exact or normalized else ()):
        data, offsets = buffers(read_shard(store, file, ["text"]).column("text"))
        for asked, texts in ((exact, (data, offsets)), (normalized, normalize(data, offsets) if normalized else None)):
            for row, value in enumerate(digests(*texts) if asked and texts else ()):
                for entry in asked.get(value, ()):
                    yield _rows(shard, np.array([row], np.int64), entry)


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
