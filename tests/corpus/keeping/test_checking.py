"""Structure of a whole store: each break is named, and nothing else is."""

from __future__ import annotations

import json

import pytest

from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.keeping.places import KINDS
from dagster_project.corpus.model.canonical import sealed
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import Replacement, put_replacement
from dagster_project.corpus.storage.shards import put_object
from tests.corpus.keeping.aging import copied, paths
from tests.flow.test_mixes import PUBLISHED

MIXED = Partition("mixed", PUBLISHED.key)


@pytest.fixture
def store(rich: MemoryStore) -> MemoryStore:
    return copied(rich)


def wrong(store: MemoryStore) -> set[tuple[str, str, str]]:
    """(object, what of it, what it is) of every problem."""
    return {(item.path, item.what, item.found) for item in check(store).problems}


def newest(store: MemoryStore) -> tuple[str, str]:
    """(path of the last publication, path of the manifest) of a mix."""
    ref = refs.latest(store, MIXED)
    assert ref is not None
    return f"refs/{MIXED}/{ref.number:08d}.json", f"manifests/{ref.id}.json"


def test_a_store_as_it_was_built_is_whole(store: MemoryStore) -> None:
    found = check(store)
    assert found.problems == []
    assert sum(found.objects.values()) == len(paths(store))
    assert tuple(found.objects) == KINDS


def test_a_lost_manifest_is_named_by_all_that_name_it(store: MemoryStore) -> None:
    ref, manifest = newest(store)
    store.delete([manifest])
    above = f"manifests/{refs.resolve(store, PUBLISHED)}.json"
    said = {(path.partition("/")[0], what) for path, what, _ in wrong(store)}
    assert said == {
        ("builds", "the version that it made"),
        ("refs", "the version that it names"),
        ("manifests", f"its input {MIXED}"),
    }
    assert {path for path, _, _ in wrong(store) if not path.startswith("builds/")} == {ref, above}


def test_an_altered_manifest_is_named(store: MemoryStore) -> None:
    _, manifest = newest(store)
    store.put(manifest, store.get(manifest).replace(b'"rows":', b'"rows": ', 1)[:-3] + b'9"}')
    assert [(path, what) for path, what, _ in wrong(store)] == [(manifest, "the manifest")]


def test_lost_and_cut_objects_are_named(store: MemoryStore) -> None:
    lost, cut = (file.path for file in refs.load_manifest(store, refs.resolve(store, PUBLISHED)).objects[:2])
    store.delete([lost])
    store.put(cut, store.get(cut)[:-1])
    size = store.size(cut)
    assert wrong(store) == {(lost, "the object", "gone"), (cut, "its size", f"{size} bytes")}


def test_a_gap_in_publications_is_named(store: MemoryStore) -> None:
    ref, _ = newest(store)
    record = refs.read_ref(store, ref)
    refs.publish(store, MIXED, "ab" * 32, build_key=record.build_key, started_from=record, reason="test")
    store.delete([ref])
    after = f"refs/{MIXED}/{record.number + 1:08d}.json"
    assert wrong(store) >= {(ref, "the record", "gone"), (after, "the version that it names", f"gone: {'ab' * 32}")}


def test_an_unknown_object_is_named(store: MemoryStore) -> None:
    store.put("notes/\x1b[31m.txt", b"")
    (problem,) = check(store).problems
    assert (problem.what, problem.found) == ("the object", "unknown")


def test_replacements_lead_to_objects(store: MemoryStore) -> None:
    old = refs.load_manifest(store, refs.resolve(store, MIXED)).files[0]
    path, sha256 = put_object(store, b"blanked", access="public", suffix="parquet")
    put_replacement(store, Replacement(old, File(path, sha256, 7, old.rows), (0,), (), ("e" * 32,)))
    assert wrong(store) == {(old.path, "the object", "there")}
    store.delete([old.path])
    assert wrong(store) == set()
    store.delete([path])
    record = f"replacements/{old.sha256}.json"
    assert {item for item in wrong(store) if item[0] == record} == {
        (record, f"what it leads to, {path}: the object", "gone")
    }


def test_what_was_erased_for_good_is_not_missed(store: MemoryStore) -> None:
    old = refs.load_manifest(store, refs.resolve(store, PUBLISHED)).files[0]
    put_replacement(store, Replacement(old, None, (), (), ("e" * 32,)))
    store.delete([old.path])
    assert wrong(store) == set()


@pytest.mark.parametrize("kind", ["takedowns", "sweeps"])
def test_registers_are_in_sequence(store: MemoryStore, kind: str) -> None:
    path = f"{kind}/00000002.json"
    for number in (1, 3):
        store.put(f"{kind}/{number:08d}.json", sealed({"format": 1, "number": number, "entries": []}))
    assert wrong(store) == {(path, "the record", "gone")}
    store.put(path, sealed({"format": 1, "number": 4}))
    assert wrong(store) == {(path, "its number", "4")}
    store.put(path, b"{")
    assert wrong(store) == {(path, "the record", f"{path} is no record in JSON: it was altered; restore it")}


def test_the_report_is_data(store: MemoryStore) -> None:
    store.put("x", b"")
    told = json.loads(json.dumps(check(store).as_data()))
    assert [item["sentence"] for item in told["problems"]] == [
        "x of the store: the object should be one of those that a store has and is unknown"
    ]
