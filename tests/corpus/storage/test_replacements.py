"""Objects that were erased from: whoever opens one finds what stands in its place, or is told who asked for it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.erasing.replacements import Why, replace_object
from dagster_project.corpus.model.canonical import sealed
from dagster_project.corpus.model.errors import Erased, IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.storage import shards
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import all_replacements, find_replacement, followed, refuse_erased
from dagster_project.corpus.storage.stores import Store

ENTRY = "ab" * 16


def table(*names: str) -> pa.Table:
    return pa.table({"id": list(range(len(names))), "text": list(names)})


def put(store: Store, *names: str) -> File:
    return shards.write_shard(store, table(*names), access="public", documents="of")


@pytest.fixture(params=[True, False], ids=["whole", "ranged"])
def chain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, store: Store) -> tuple[Store, list[File]]:
    """A shard that was erased from twice, read whole or by its ranges."""
    if not request.param:
        monkeypatch.setattr(shards, "SMALL_BYTES", 0)
    files = [put(store, "one", "two", "three"), put(store, "one", "", "three"), put(store, "", "", "three")]
    for old, new, row in zip(files, files[1:], (1, 0), strict=False):
        replace_object(store, old, new, Why([row], ["00" * 16], [ENTRY]))
    return store, files


def test_every_reader_follows(chain: tuple[Store, list[File]], tmp_path: Path) -> None:
    store, files = chain
    first, last = files[0], table("", "", "three")
    assert shards.read_shard(store, first).equals(last)
    assert shards.read_shard(store, first, ["text"]).column("text").to_pylist() == ["", "", "three"]
    assert shards.read_rows(store, first, [2]).equals(last.slice(2))
    assert shards.read_range(store, first, 1, 3, ["text"]).column("text").to_pylist() == ["", "three"]
    assert [batch.num_rows for batch in shards.iterate_shard(store, first, ["id"])] == [3]
    assert shards.stands(store, first)
    shards.copy_object(store, first, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size == files[2].size_bytes
    found = followed(store, first)
    assert found is not None
    assert (found.sha256, found.documents, found.rows) == (files[2].sha256, "of", 3)
    assert [item.old.sha256 for item in all_replacements(store)] == sorted(item.sha256 for item in files[:2])
    manifest = Manifest(Identity("snapshots", (), {}, "1", (), ""), (), (first,))
    assert shards.remove_altered(store, manifest) == []


def test_what_is_altered_in_the_place_of_another_is_found(chain: tuple[Store, list[File]]) -> None:
    store, files = chain
    body = store.get(files[2].path)
    store.delete([files[2].path])
    store.put_once(files[2].path, body[:-1] + b"\0")
    manifest = Manifest(Identity("snapshots", (), {}, "1", (), ""), (), (files[0],))
    assert shards.remove_altered(store, manifest) == [files[2].path]


def test_what_is_gone_for_good_is_told(memory_store: MemoryStore, tmp_path: Path) -> None:
    store = memory_store
    file = put(store, "one")
    replace_object(store, file, None, Why([], ["00" * 16], [ENTRY, "cd" * 16]))
    said = f"was erased for takedown {ENTRY[:12]} and 1 more: use the version that stands in its place"
    for read in (
        lambda: shards.get_object(store, file.path, file.sha256),
        lambda: shards.read_shard(store, file),
        lambda: shards.copy_object(store, file, tmp_path / "copy"),
        lambda: refuse_erased(store, file),
    ):
        with pytest.raises(Erased, match=said):
            read()
    assert not shards.stands(store, file)
    assert followed(store, file) is None
    assert shards.remove_altered(store, Manifest(Identity("published", (), {}, "1", (), ""), (), (file,))) == []


def test_what_nobody_erased_is_missing_as_ever(memory_store: MemoryStore, tmp_path: Path) -> None:
    file = put(memory_store, "one")
    memory_store.delete([file.path])
    with pytest.raises(MissingObject, match="has no object"):
        shards.read_shard(memory_store, file)
    with pytest.raises(IntegrityError, match="is gone: build its partition again"):
        shards.copy_object(memory_store, file, tmp_path / "copy")
    assert not shards.stands(memory_store, file)


def test_a_record_is_what_was_written(chain: tuple[Store, list[File]]) -> None:
    store, files = chain
    path = f"replacements/{files[0].sha256}.json"
    body = store.get(path)
    loop = json.loads(body)
    del loop["checksum"]
    loop["new"] = loop["old"]
    for changed, said in (
        (b"no record", "is no record in JSON"),
        (b"[]", "is no record in JSON"),
        (body.replace(b'"format":1', b'"format":2'), "has format 2, and this release reads 1"),
        (body.replace(b"[1]", b"[2]"), "is not what was written: it was altered"),
        (store.get(f"replacements/{files[1].sha256}.json"), f"tells of another object, {files[1].path}"),
        (sealed(loop), "leads back to itself"),
    ):
        store.delete([path])
        store.put_once(path, changed)
        with pytest.raises(IntegrityError, match=f"{path} {said}"):
            followed(store, files[0])


def test_the_first_record_stands(memory_store: MemoryStore) -> None:
    """A run that was stopped between the record and the deletion is repeated, perhaps with more to erase."""
    store = memory_store
    file, first, second = put(store, "one", "two"), put(store, "", "two"), put(store, "", "")
    replace_object(store, file, first, Why([0], ["00" * 16], [ENTRY]))
    file = put(store, "one", "two")
    made = replace_object(store, file, second, Why([0, 1], ["00" * 16, "11" * 16], [ENTRY]))
    assert made == find_replacement(store, file.sha256)
    assert made.new == first
    assert store.size(file.path) is None
