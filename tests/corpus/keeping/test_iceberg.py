"""Partitions as Iceberg tables: pyiceberg reads the rows that the store has, without a copy of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.keeping.iceberg import catalog_at, register, table_name
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import Replacement, put_replacement
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.stores import iceberg_properties
from tests.corpora import documents, library, write_jsonl, write_recipes

pytest.importorskip("pyiceberg")
SNAPSHOT, MIXED = Partition("snapshots", "notes@dev"), Partition("mixed", "notes@dev")


def catalog(folder: Path, **more: str) -> Any:
    return catalog_at(f"sqlite:///{folder}/catalog.db", {"warehouse": (folder / "warehouse").as_uri(), **more})


def built(store: Any, folder: Path, count: int) -> None:
    recipes = write_recipes(folder / "r", str(write_jsonl(folder / "notes.jsonl", documents(count))))
    library(store, recipes).build(MIXED)


def newest(store: Any, partition: Partition) -> Manifest:
    return refs.load_manifest(store, refs.resolve(store, partition))


def rows(store: Any, manifest: Manifest) -> pa.Table:
    return pa.concat_tables(read_shard(store, file) for file in manifest.files)


def test_versions_are_snapshots_of_a_table(directory_store: DirectoryStore, tmp_path: Path) -> None:
    store, at = directory_store, catalog(tmp_path)
    built(store, tmp_path, 20)
    before = {entry.path for entry in store.list("")}
    first = register(store, at, SNAPSHOT, newest(store, SNAPSHOT))
    assert (first.table, first.fresh, first.rows, first.hidden) == ("florilegium.snapshots_notes_dev", True, 20, ())
    assert {entry.path for entry in store.list("")} == before
    table = at.load_table(first.table)
    assert table.scan().to_arrow().select(["text", "doc_id"]).cast(
        pa.schema([("text", pa.string()), ("doc_id", pa.binary(16))])
    ).equals(rows(store, newest(store, SNAPSHOT)).select(["text", "doc_id"]).cast(
        pa.schema([("text", pa.string()), ("doc_id", pa.binary(16))])
    ))  # fmt: skip
    again = register(store, at, SNAPSHOT, newest(store, SNAPSHOT))
    assert (again.fresh, again.snapshot) == (False, first.snapshot)
    built(store, tmp_path, 30)
    second = register(store, at, SNAPSHOT, newest(store, SNAPSHOT))
    assert (second.fresh, second.rows) == (True, 30)
    table = at.load_table(second.table)
    assert table.scan().to_arrow().num_rows == 30
    assert table.scan(snapshot_id=first.snapshot).to_arrow().num_rows == 20
    assert [item.summary["florilegium.version"] for item in table.metadata.snapshots] == [first.id, second.id]
    assert table.properties["gc.enabled"] == "false"


def test_every_stage_has_rows_there(directory_store: DirectoryStore, tmp_path: Path) -> None:
    """Columns for which Iceberg has no type are left out, and told."""
    at = catalog(tmp_path)
    built(directory_store, tmp_path, 20)
    hidden = {}
    for partition in refs.published(directory_store):
        manifest = newest(directory_store, partition)
        told = register(directory_store, at, partition, manifest)
        found = at.load_table(told.table).scan().to_arrow()
        assert (found.num_rows, told.rows) == (manifest.rows, manifest.rows)
        assert {*found.column_names, *told.hidden} == {name for name, _ in manifest.identity.schema}
        hidden[partition.stage] = told.hidden
    assert {stage for stage, names in hidden.items() if names} == {"mixed"}


def test_erased_objects_are_left_out_for_their_successors(directory_store: DirectoryStore, tmp_path: Path) -> None:
    store, at = directory_store, catalog(tmp_path)
    built(store, tmp_path, 20)
    manifest = newest(store, SNAPSHOT)
    register(store, at, SNAPSHOT, manifest)
    (old,) = manifest.files
    blank = read_shard(store, old)
    blank = blank.set_column(blank.schema.get_field_index("text"), blank.schema.field("text"), pa.array([""] * 20))
    new = write_shard(store, blank, access="public")
    put_replacement(store, Replacement(old, new, tuple(range(20)), (), ("e" * 32,)))
    store.delete([old.path])
    told = register(store, at, SNAPSHOT, manifest)
    assert (told.fresh, told.rows) == (True, 20)
    assert {*at.load_table(told.table).scan().to_arrow().column("text").to_pylist()} == {""}


@pytest.mark.embedded
def test_a_store_on_a_server_is_read_from_there(s3_store: S3Store, tmp_path: Path) -> None:
    at = catalog(tmp_path, **iceberg_properties(s3_store))
    built(s3_store, tmp_path, 20)
    told = register(s3_store, at, SNAPSHOT, newest(s3_store, SNAPSHOT))
    assert at.load_table(told.table).scan().to_arrow().num_rows == told.rows == 20


def test_tables_of_others_and_stores_without_addresses_are_refused(
    directory_store: DirectoryStore, tmp_path: Path
) -> None:
    at = catalog(tmp_path)
    built(directory_store, tmp_path, 20)
    manifest = newest(directory_store, SNAPSHOT)
    register(directory_store, at, SNAPSHOT, manifest, name="mine")
    with pytest.raises(Refused, match=r"florilegium.mine is of snapshots/notes@dev: name another one with --table"):
        register(directory_store, at, MIXED, newest(directory_store, MIXED), name="mine")
    with pytest.raises(Refused, match="memory://memory has no addresses"):
        register(MemoryStore(), at, SNAPSHOT, manifest)
    with pytest.raises(Refused, match="give one with --warehouse"):
        register(directory_store, catalog_at(f"sqlite:///{tmp_path}/other.db", {}), SNAPSHOT, manifest)
    with pytest.raises(Refused, match="cannot be opened"):
        catalog_at("nothing://user:secret@host/db", {})


def test_names_that_differ_in_their_signs_have_tables_of_their_own(
    directory_store: DirectoryStore, tmp_path: Path
) -> None:
    at = catalog(tmp_path)
    built(directory_store, tmp_path, 20)
    manifest = newest(directory_store, SNAPSHOT)
    names = [Partition("snapshots", name) for name in ("a-b@1", "a.b@1", "a-b@1", "a.b@1")]
    told = [register(directory_store, at, name, manifest) for name in names]
    assert [item.fresh for item in told] == [True, True, False, False]
    assert [item.table for item in told[:2]] == [item.table for item in told[2:]]
    assert told[0].table == "florilegium.snapshots_a_b_1"
    assert re.fullmatch(r"florilegium\.snapshots_a_b_1_[0-9a-f]{8}", told[1].table)


def test_names_need_no_quotes() -> None:
    assert table_name(Partition("signals", "a.b-c@1.0", "quality.v1")) == "signals_a_b_c_1_0_quality_v1"
