"""A refresh reads what changed and nothing else; groups of small objects keep still while others come and go."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.building.library import Built
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart
from dagster_project.corpus.model.recipe_rules import MOST_PERMUTATIONS
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.sources import batches
from dagster_project.corpus.sources.jsonl import JsonLines
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.quality.profiles import profile_of
from tests.corpora import library

SIZE = 100


class Counting(JsonLines):
    """Notes every object that is read, and every one that is read for its checksum."""

    def __init__(self) -> None:
        object.__setattr__(self, "names", [])
        object.__setattr__(self, "summed", [])

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        self.names.append(part.uri.rpartition("/")[2])  # type: ignore[attr-defined]
        yield from super().read(recipe, part)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    source = Counting()
    monkeypatch.setattr("dagster_project.corpus.building.source_plans.source_for", lambda format: source)
    return source


def write(folder: Path, name: str, text: str) -> None:
    line = json.dumps({"id": name, "text": text, "day": "2024-05-06"})
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "raw" / f"{name}.jsonl").write_text(line.ljust(SIZE - 1) + "\n")


def build(store: MemoryStore, folder: Path, version: str = "dev") -> Built:
    path = folder / "recipes" / "sources" / "web.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    recipe = {"name": "web", "format": "jsonl", "version": version, "location": str(folder / "raw")}
    path.write_text(json.dumps(recipe | {"columns": {"key": "id", "collected_at": "day"}}))
    return library(store, folder / "recipes").build(Partition("snapshots", f"web@{version}"))


def locators(store: MemoryStore, built: Built) -> set[str]:
    return {name for file in built.manifest.files for name in read_shard(store, file).column("locator").to_pylist()}


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_refresh_reads_the_groups_of_what_changed(
    tmp_path: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch, at_once: int
):
    monkeypatch.setattr(freeze, "GROUP_BYTES", at_once * SIZE + 1)
    for number in range(10):
        write(tmp_path, f"d{number}", f"text {number}")
    store = MemoryStore()
    first = build(store, tmp_path)
    assert first.manifest.facts["reading"] == {
        "read": {"objects": 10, "bytes": 10 * SIZE},
        "reused": {"objects": 0, "bytes": 0},
    }
    names = {f"d{n}.jsonl" for n in range(10)}
    counting.names.clear()  # type: ignore[attr-defined]
    write(tmp_path, "d3", "changed")
    write(tmp_path, "new", "added")
    (tmp_path / "raw" / "d7.jsonl").unlink()
    second = build(store, tmp_path)
    before = grouped_names(tmp_path, names)
    after = grouped_names(tmp_path, names - {"d7.jsonl"} | {"new.jsonl"})
    others = [group for group in after if group not in before or "d3.jsonl" in group]
    read = set(counting.names)  # type: ignore[attr-defined]
    assert read == set.union(*others) >= {"d3.jsonl", "new.jsonl"}
    assert len(counting.names) == len(read)  # type: ignore[attr-defined]
    if at_once == 1:
        assert read == {"d3.jsonl", "new.jsonl"}
    assert second.manifest.facts["reading"]["read"]["objects"] == len(read)
    assert second.manifest.facts["reading"]["reused"]["objects"] == 10 - len(read)
    assert locators(store, second) == {f"d{n}" for n in range(10) if n != 7} | {"new"}
    assert build(MemoryStore(), tmp_path).manifest.id == second.manifest.id


def grouped_names(folder: Path, names: set[str]) -> list[set[str]]:
    uris = [(folder / "raw" / name).as_uri() for name in sorted(names)]
    small = [(int(digest(uri), 16), RawObject(uri, SIZE, 0)) for uri in uris]
    return [{item.uri.rpartition("/")[2] for item in group} for group in freeze.shared(small)]


def test_another_version_reuses_what_lies_where_it_lay(tmp_path: Path, counting: Counting):
    write(tmp_path, "a", "text")
    store = MemoryStore()
    first = build(store, tmp_path, "1")
    counting.names.clear()  # type: ignore[attr-defined]
    second = build(store, tmp_path, "2")
    assert (counting.names, second.manifest.id) == ([], first.manifest.id)  # type: ignore[attr-defined]


def test_a_shard_in_which_a_record_was_dropped_says_the_same_of_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        write(tmp_path, f"d{number}", f"text {number}")
    write(tmp_path, "d3 again", "text 3")
    again = tmp_path / "raw" / "d3 again.jsonl"
    again.write_text(again.read_text().replace("d3 again", "d3"))
    whole = build(MemoryStore(), tmp_path)
    monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
    assert build(MemoryStore(), tmp_path).manifest.id == whole.manifest.id
    assert whole.manifest.profile["dead_letters"] == {"repeated record": 1}


def test_a_record_that_is_lost_after_it_was_read_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
    for number in range(3):
        write(tmp_path, f"d{number}", f"text {number}")
    settle = freeze.settle_repeats
    monkeypatch.setattr(freeze, "settle_repeats", lambda work, shards, out: settle(work, shards[1:], out))
    manifest = build(MemoryStore(), tmp_path).manifest
    assert (manifest.profile["records"], manifest.profile["documents"]) == (3, 2)
    assert profile_of(manifest, {}).numbers["unaccounted_records"] == 1


def test_a_shard_holds_so_many_documents_however_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = "".join(json.dumps({"id": f"d{number}", "text": f"tiny {number}"}) + "\n" for number in range(100))
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "tiny.jsonl").write_text(lines)
    whole = build(MemoryStore(), tmp_path).manifest
    monkeypatch.setattr(freeze, "SHARD_DOCUMENTS", 20)
    monkeypatch.setattr(batches, "BATCH_RECORDS", 8)
    cut = build(MemoryStore(), tmp_path).manifest
    assert cut.id == whole.id
    assert [file.rows for file in cut.files] == [24, 24, 24, 24, 4]


def test_no_column_of_a_shard_can_hold_more_than_arrow_does():
    most_rows = freeze.SHARD_DOCUMENTS + batches.BATCH_RECORDS
    assert most_rows * 8 * MOST_PERMUTATIONS < 2**31  # band keys, the widest: one for every hash


@given(sizes=st.lists(st.integers(0, 60), max_size=200), seed=st.integers(0, 9))
def test_groups_are_bounded_and_hold_each_object_once(sizes: list[int], seed: int):
    items = [RawObject(f"file:///{seed}/{n}", size, 0) for n, size in enumerate(sizes)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(freeze, "GROUP_BYTES", 100)
        small = [(int(digest(item.uri), 16), item) for item in items]
        groups = list(freeze.shared(small))
        assert sorted(item for group in groups for item in group) == sorted(items)
        assert all(sum(item.size for item in group) <= 100 or len(group) == 1 for group in groups)
        random.Random(seed).shuffle(small)
        assert {frozenset(group) for group in freeze.shared(small)} == {frozenset(group) for group in groups}


def test_one_more_object_moves_one_group_even_where_the_total_doubles():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(freeze, "GROUP_BYTES", 1_000)
        for count in (10, 64, 127, 128, 500):
            items = [RawObject(f"file:///{n}", 100, 0) for n in range(count + 1)]
            small = [(int(digest(item.uri), 16), item) for item in items]
            before = {tuple(group) for group in freeze.shared(small[:-1])}
            after = {tuple(group) for group in freeze.shared(small)}
            assert len(before - after) == 1
