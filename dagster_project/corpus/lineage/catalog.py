"""The catalog: every manifest and ref of a store as tables, kept compacted in Parquet and rebuildable from nothing.

A compaction lies in `catalog/tables/<digest>/`, named by all objects that it was made from; `objects.parquet`, which
lists them, is written last. Readers top it up by listing, so that a stale, missing or doubled one only costs time.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.corpus.lineage.catalog_rows import KEYS, OBJECTS, TABLES, Rows, read_object
from dagster_project.corpus.lineage.members import members_of
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.stores import Entry, Store

PREFIX = "catalog/tables/"
FORMAT = 1
READERS = 16
GROUP_ROWS = 1 << 16  # of which those are read that the versions asked about lie in
ABANDONED_SECONDS = 3600  # an unfinished compaction of this age has no writer any more

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Catalog:
    """The tables of TABLES, in the order of KEYS, as the store stood when they were refreshed."""

    store: Store
    tables: Tables

    def newest(self, stage: str) -> list[str]:
        """The ids of the newest version of every partition of a stage, each once, sorted."""
        refs = self.tables["refs"]
        chosen = refs.filter(pc.and_(pc.equal(refs.column("stage"), stage), refs.column("newest")))
        return sorted(set(chosen.column("id").to_pylist()))

    def files(self, version: str) -> list[File]:
        """The files of a version, in their order."""
        rows = self.tables["files"].filter(pc.equal(self.tables["files"].column("id"), version))
        return [File(**row) for row in rows.drop_columns(["id", "position"]).to_pylist()]

    def members(self, mixes: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The members of some versions of mixes, one batch at a time (members.MEMBERS)."""
        for mix in mixes:
            yield from members_of(self.store, mix, self.files(mix))


def refresh(store: Store) -> Catalog:
    """The catalog as of now: the newest compaction, and from the manifests and refs only what it lacks."""
    compactions = list(store.list(PREFIX))
    return _brought_up(store, _newest_compaction(store, compactions), compactions)


def rebuild(store: Store) -> Catalog:
    """The catalog from the manifests and refs alone."""
    return _brought_up(store, _empty(), list(store.list(PREFIX)))


def empty(store: Store) -> Catalog:
    """What the catalog of a store without any version is."""
    return Catalog(store, _empty())


def _empty() -> dict[str, pa.Table]:
    return {name: schema.empty_table() for name, schema in {**TABLES, "objects": OBJECTS}.items()}


def _brought_up(store: Store, known: Tables, compactions: Sequence[Entry]) -> Catalog:
    """Known tables less what is gone or was replaced, with what is new; compacted again if anything changed."""
    with ThreadPoolExecutor(2) as pool:
        listed = _objects([entry for found in pool.map(store.list, ("manifests/", "refs/")) for entry in found])
    if listed.equals(known["objects"]):
        return Catalog(store, known)
    gone, new = _missing_from(listed, known["objects"]), _missing_from(known["objects"], listed)
    with ThreadPoolExecutor(READERS) as pool:
        rows = Rows.united(pool.map(lambda path: read_object(store, path), new))
    tables = _in_order(_with(_without(known, gone), rows)) | {"objects": listed}
    _compact(store, tables, compactions)
    return Catalog(store, tables)


def _objects(entries: Sequence[Entry]) -> pa.Table:
    rows = sorted((entry.path, entry.size, int(entry.modified * 1e6)) for entry in entries)
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table(dict(zip(OBJECTS.names, map(list, columns), strict=True)), schema=OBJECTS)


def _missing_from(have: pa.Table, wanted: pa.Table) -> list[str]:
    """Paths of objects that one listing has, and the other has not or has differently."""
    held = set(zip(*have.to_pydict().values(), strict=True))
    return [row[0] for row in zip(*wanted.to_pydict().values(), strict=True) if row not in held]


def _without(tables: Tables, paths: Sequence[str]) -> Tables:
    if not paths:
        return tables
    ids = pa.array([path.removeprefix("manifests/").removesuffix(".json") for path in paths], pa.string())
    of_refs = ref_paths(tables["refs"]), pa.array(paths, pa.string())
    gone = {name: (tables[name].column("id"), ids) for name in TABLES} | {"refs": of_refs}
    return {name: tables[name].filter(pc.invert(pc.is_in(*gone[name]))) for name in TABLES}


def ref_paths(refs: pa.Table) -> pa.ChunkedArray:
    """Where each row of refs was read."""
    number = pc.utf8_lpad(refs.column("number").cast(pa.string()), 8, "0")
    slash = pc.if_else(pc.equal(refs.column("part"), ""), "", "/")
    names = ("stage", "partition")
    folder = pc.binary_join_element_wise("refs", *(refs.column(name) for name in names), "/")
    return pc.binary_join_element_wise(folder, slash, refs.column("part"), "/", number, ".json", "")


def _with(tables: Tables, rows: Rows) -> dict[str, pa.Table]:
    return {name: pa.concat_tables([tables[name], rows.table(name)]) for name in TABLES}


def _in_order(tables: Tables) -> dict[str, pa.Table]:
    """Rows in the order of their keys in one chunk each, so that content does not depend on how it was gathered."""
    ordered = {name: _sorted(tables[name], KEYS[name]) for name in TABLES}
    return {**ordered, "refs": _newest_marked(ordered["refs"])}


def _sorted(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    return table.sort_by([(key, "ascending") for key in keys]).combine_chunks()


def _newest_marked(refs: pa.Table) -> pa.Table:
    """The last of each run of equal (stage, partition, part) is the newest."""
    places = list(zip(*(refs.column(name).to_pylist() for name in ("stage", "partition", "part")), strict=True))
    newest = [place != after for place, after in zip(places, [*places[1:], None], strict=True)]
    return pa.table([*refs.columns[:-1], pa.array(newest, pa.bool_())], schema=TABLES["refs"])


# ---- compactions --------------------------------------------------------------------------------------------------


def finished_compactions(listed: Sequence[Entry]) -> list[str]:
    """The folders of compactions whose record is there, the newest first."""
    finished = [entry for entry in listed if entry.path.endswith("/objects.parquet")]
    finished.sort(key=lambda entry: (entry.modified, entry.path), reverse=True)
    return [entry.path.rpartition("/")[0] for entry in finished]


def _newest_compaction(store: Store, compactions: Sequence[Entry]) -> Tables:
    """The tables of the newest compaction that can be read whole; one that vanishes meanwhile was replaced."""
    for folder in finished_compactions(compactions):
        try:
            return _loaded(store, folder)
        except (MissingObject, pa.ArrowInvalid):
            continue
    return _empty()


def _loaded(store: Store, folder: str) -> dict[str, pa.Table]:
    schemas = {**TABLES, "objects": OBJECTS}
    with ThreadPoolExecutor(len(schemas)) as pool:
        bodies = pool.map(lambda name: store.get(f"{folder}/{name}.parquet"), schemas)
        tables = {name: pq.read_table(pa.BufferReader(body)) for name, body in zip(schemas, bodies, strict=True)}
    if any(not table.schema.equals(schemas[name]) for name, table in tables.items()):
        raise pa.ArrowInvalid(f"{folder} holds the tables of another release")
    return tables


def _compact(store: Store, tables: Tables, before: Sequence[Entry]) -> None:
    """Write a compaction, its record last; then remove those that were there before it."""
    name = digest([FORMAT, *tables["objects"].to_pydict().values()])
    folder = f"{PREFIX}{name}"
    for table in [*TABLES, "objects"]:
        store.put(f"{folder}/{table}.parquet", _parquet(tables[table]))
    store.delete([entry.path for entry in _replaced(before) if not entry.path.startswith(folder)])


def _replaced(before: Sequence[Entry]) -> Iterator[Entry]:
    """Finished compactions whole, and unfinished ones that nobody writes any more."""
    finished = {entry.path.rpartition("/")[0] for entry in before if entry.path.endswith("/objects.parquet")}
    last = max((entry.modified for entry in before), default=0.0)
    for entry in before:
        if entry.path.rpartition("/")[0] in finished or last - entry.modified > ABANDONED_SECONDS:
            yield entry


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=GROUP_ROWS)
    return buffer.getvalue()
