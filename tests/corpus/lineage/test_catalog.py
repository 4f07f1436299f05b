"""The catalog says what the manifests and refs say, whichever way it was gathered."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.lineage import catalog
from dagster_project.corpus.lineage.catalog_rows import KEYS, TABLES
from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Identity, Input, Manifest
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store

PROFILE = {"rows": 3, "removed": {"hash/share": {"documents": 2, "words": 9}}, "note": "text is no number", "yes": True}


def manifest(stage: str, name: str, inputs: Sequence[Input] = (), files: Sequence[File] = ()) -> Manifest:
    """A version whose identity is its name."""
    ids = tuple(item.id for item in inputs)
    identity = Identity(stage, (("doc_id", "fixed_size_binary[16]"),), {"name": name}, "1", ids, name)
    return Manifest(identity, tuple(inputs), tuple(files), PROFILE, {"access": "public"})


def publish(store: Store, partition: str, version: Manifest, reason: str = "") -> Manifest:
    refs.put_manifest(store, version)
    place, _ = parse(partition)
    started = refs.latest(store, place)
    refs.publish(store, place, version.id, build_key=version.id, started_from=started, reason=reason)
    return version


def fill(store: Store, sources: int = 3) -> None:
    for number in range(sources):
        file = File(f"data/public/sha256/{number}", str(number), 10, 3)
        snapshot = publish(store, f"snapshots/web{number}@1", manifest("snapshots", f"web{number}", files=[file, file]))
        above = Input("snapshots", f"snapshots/web{number}@1", snapshot.id)
        publish(store, f"signals/web{number}@1/counts", manifest("signals", f"signals{number}", [above]))


def contents(found: catalog.Catalog) -> dict[str, list[dict[str, Any]]]:
    return {name: table.to_pylist() for name, table in found.tables.items()}


# ---- what it says -------------------------------------------------------------------------------------------------


def test_every_table_says_what_the_manifest_says(store: Store) -> None:
    fill(store, 1)
    tables = contents(catalog.refresh(store))
    above, below = sorted(tables["manifests"], key=lambda row: row["stage"])
    assert (below["rows"], below["files"], below["size_bytes"], below["access"]) == (6, 2, 20, "public")
    assert below["profile"] == canonical(PROFILE).decode()
    assert [tuple(row.values()) for row in tables["inputs"]] == [
        (above["id"], 0, "snapshots", "snapshots/web0@1", below["id"])
    ]
    assert [(row["position"], row["sha256"]) for row in tables["files"]] == [(0, "0"), (1, "0")]
    measures = {row["measure"]: row["value"] for row in tables["counts"] if row["id"] == above["id"]}
    assert measures == {"rows": 3, "removed/hash%2Fshare/documents": 2, "removed/hash%2Fshare/words": 9}


def test_refs_name_partitions_and_mark_the_newest(store: Store) -> None:
    publish(store, "filtered/web@1+gopher", manifest("filtered", "first"))
    last = publish(store, "filtered/web@1+gopher", manifest("filtered", "second"), reason="corrected")
    publish(store, "signals/web@1/counts", manifest("signals", "counts"))
    table = catalog.refresh(store).tables["refs"]
    rows = table.to_pylist()
    told = ["stage", "name", "version", "policy", "part", "number", "newest"]
    assert [tuple(row.values()) for row in table.select(told).to_pylist()] == [
        ("filtered", "web", "1", "gopher", "", 1, False),
        ("filtered", "web", "1", "gopher", "", 2, True),
        ("signals", "web", "1", "", "counts", 1, True),
    ]
    assert (rows[1]["id"], rows[1]["reason"]) == (last.id, "corrected")
    assert abs(rows[1]["published"].timestamp() - time.time()) < 60


def test_an_empty_store_has_typed_empty_tables(store: Store) -> None:
    found = catalog.refresh(store)
    assert {name: found.tables[name].schema for name in TABLES} == TABLES
    assert not any(table.num_rows for table in found.tables.values())
    assert list(found.members(found.newest("mixed"))) == []
    assert not list(store.list("catalog/"))


def test_members_come_file_by_file_with_their_mix(store: Store) -> None:
    def shard(number: int) -> File:
        columns = {
            "doc_id": pa.array([bytes([number, row]) * 8 for row in range(3)], pa.binary(16)),
            "component": ["all"] * 3,
            "copy": pa.array([0] * 3, pa.int32()),
            "source": ["web@1"] * 3,
            "license": ["MIT"] * 3,
            "license_class": ["permissive"] * 3,
            "words": [number] * 3,
        }
        return write_shard(store, pa.table(columns), access="public")

    mixed = publish(store, "mixed/base@1", manifest("mixed", "base", files=[shard(2), shard(1)]))
    found = catalog.refresh(store)
    table = pa.Table.from_batches(found.members(found.newest("mixed")))
    assert table.column("words").to_pylist() == [2, 2, 2, 1, 1, 1]
    assert set(table.column("mix_id").to_pylist()) == {mixed.id}


# ---- however it was gathered --------------------------------------------------------------------------------------


def test_every_way_leads_to_the_same_tables_and_bytes(store: Store) -> None:
    for number in range(1, 5):
        fill(store, number)
        catalog.refresh(store)
    incremental = catalog.refresh(store)
    before = {entry.path: store.get(entry.path) for entry in store.list(catalog.PREFIX)}
    store.delete(list(before))
    rebuilt = catalog.rebuild(store)
    assert contents(incremental) == contents(rebuilt)
    assert {entry.path: store.get(entry.path) for entry in store.list(catalog.PREFIX)} == before


def test_one_compaction_stands_and_is_left_alone_when_nothing_changed(store: Store) -> None:
    fill(store, 1)
    catalog.refresh(store)
    fill(store, 2)
    catalog.refresh(store)
    standing = list(store.list(catalog.PREFIX))
    assert len({entry.path.rpartition("/")[0] for entry in standing}) == 1
    catalog.refresh(store)
    assert list(store.list(catalog.PREFIX)) == standing


def test_what_left_the_store_leaves_the_catalog(store: Store) -> None:
    fill(store, 2)
    catalog.refresh(store)
    gone = refs.latest(store, parse("signals/web1@1/counts")[0])
    assert gone
    lost = ["refs/signals/web1@1/counts/00000001.json", "refs/snapshots/web0@1/00000001.json"]
    store.delete([f"manifests/{gone.id}.json", *lost])
    found = catalog.refresh(store)
    assert all(gone.id not in found.tables[name].column("id").to_pylist() for name in TABLES)
    assert found.tables["refs"].select(["stage", "name"]).to_pylist() == [
        {"stage": "signals", "name": "web0"}, {"stage": "snapshots", "name": "web1"},
    ]  # fmt: skip
    assert contents(found) == contents(catalog.rebuild(store))


def test_a_manifest_rewritten_in_other_files_is_read_again(memory_store: MemoryStore) -> None:
    version = manifest("snapshots", "web", files=[File("data/public/a", "a", 1, 1)])
    publish(memory_store, "snapshots/web@1", version)
    catalog.refresh(memory_store)
    moved = replace(version, files=(File("data/public/another", "b", 1, 1),))
    memory_store.put(f"manifests/{version.id}.json", moved.encoded())
    assert [row["path"] for row in contents(catalog.refresh(memory_store))["files"]] == ["data/public/another"]


@pytest.mark.parametrize("damage", ["vanished", "cut short", "of another release", "without a record"])
def test_a_bad_compaction_only_costs_time(memory_store: MemoryStore, damage: str) -> None:
    fill(memory_store, 2)
    good = contents(catalog.refresh(memory_store))
    (path,) = [entry.path for entry in memory_store.list(catalog.PREFIX) if entry.path.endswith("/files.parquet")]
    if damage == "cut short":
        memory_store.put(path, memory_store.get(path)[:-9])
    elif damage == "of another release":
        buffer = io.BytesIO()
        pq.write_table(pa.table({"id": ["x"]}), buffer)
        memory_store.put(path, buffer.getvalue())
    else:
        memory_store.delete([path if damage == "vanished" else path.replace("/files.", "/objects.")])
    assert contents(catalog.refresh(memory_store)) == good


def test_racing_readers_and_publishers_agree_in_the_end(store: Store) -> None:
    def work(number: int) -> None:
        publish(store, f"snapshots/race{number}@1", manifest("snapshots", f"race{number}"))
        found = catalog.refresh(store)
        assert f"race{number}" in found.tables["refs"].column("name").to_pylist()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    final = catalog.refresh(store)
    assert final.tables["refs"].num_rows == final.tables["manifests"].num_rows == 24
    assert contents(final) == contents(catalog.rebuild(store))
    publish(store, "snapshots/after@1", manifest("snapshots", "after"))
    catalog.refresh(store)
    assert len({entry.path.rpartition("/")[0] for entry in store.list(catalog.PREFIX)}) == 1


def test_an_unknown_format_and_an_altered_manifest_are_refused(memory_store: MemoryStore) -> None:
    fill(memory_store, 1)
    memory_store.put("refs/snapshots/new@1/00000001.json", b'{"format": 99}')
    with pytest.raises(IntegrityError, match=r"format 99.*upgrade"):
        catalog.refresh(memory_store)


def test_rows_are_in_the_order_of_their_keys(memory_store: MemoryStore) -> None:
    fill(memory_store, 6)
    for name, table in catalog.refresh(memory_store).tables.items():
        if name in KEYS:
            rows = table.select(KEYS[name]).to_pylist()
            assert rows == sorted(rows, key=lambda row: tuple(row.values()))
