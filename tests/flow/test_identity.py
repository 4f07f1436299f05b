"""The same input in another layout, order, worker count or engine is the same versions; other input is not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from tests.corpora import documents, library, prose, write_jsonl, write_recipes
from tests.corpus.sources.warcs import answer, packed, record, warcinfo

MIX = Partition("published", "notes@dev")


def messy_rows() -> list[dict]:
    """Unique documents, equal texts under different keys and licenses, near copies, and records without a key."""
    rows = documents(60)
    rows += [{"id": f"copy{n}", "text": prose(n), "license": "Apache-2.0"} for n in range(5)]
    rows += [
        {"id": f"near{n}", "text": prose(n) + "\nOne more line at the end.", "license": "MIT"} for n in range(5, 10)
    ]
    rows += [{"text": prose(n), "license": "MIT"} for n in (1, 1, 2, 500, 500, 500)]
    return rows


def ids_of(store: Store) -> dict[str, str]:
    return {str(partition): refs.resolve(store, partition) for partition in refs.published(store)}


def build(store: Store, folder: Path, location: Path, workers: int = 1) -> dict[str, str]:
    recipes = write_recipes(folder, str(location))
    lib = library(store, recipes, workers=workers)
    lib.build(MIX)
    lib.engine.close()
    return ids_of(store)


def test_one_file_or_sixteen_in_any_order(tmp_path: Path) -> None:
    rows = messy_rows()
    whole = build(MemoryStore(), tmp_path / "a", write_jsonl(tmp_path / "one" / "all.jsonl", rows))
    random.Random(3).shuffle(rows)
    for number in range(16):
        write_jsonl(tmp_path / "many" / f"{15 - number:02d}.jsonl", rows[number::16])
    split = build(MemoryStore(), tmp_path / "b", tmp_path / "many")
    assert split == whole
    assert len(whole) == 10


@pytest.mark.embedded
def test_one_worker_or_two_on_a_real_store(tmp_path: Path, s3_store: S3Store) -> None:
    rows = messy_rows()
    for number in range(4):
        write_jsonl(tmp_path / "many" / f"{number}.jsonl", rows[number::4])
    assert build(s3_store, tmp_path / "b", tmp_path / "many", workers=2) == build(
        MemoryStore(), tmp_path / "a", write_jsonl(tmp_path / "all.jsonl", rows)
    )


def test_another_text_is_another_version_of_everything(tmp_path: Path) -> None:
    rows = messy_rows()
    before = build(MemoryStore(), tmp_path / "a", write_jsonl(tmp_path / "all.jsonl", rows))
    rows[3]["text"] += "!"
    after = build(MemoryStore(), tmp_path / "b", write_jsonl(tmp_path / "other.jsonl", rows))
    assert {partition for partition in before if before[partition] == after[partition]} == set()


def test_equal_texts_without_a_key_are_occurrences_and_repeated_records_are_dead_letters(tmp_path: Path) -> None:
    rows = [
        {"text": prose(1)},
        {"text": prose(1)},
        {"text": prose(1)},
        {"id": "k", "text": prose(2)},
        {"id": "k", "text": prose(2)},
    ]
    store = MemoryStore()
    lib = library(store, write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows))))
    built = lib.build(Partition("snapshots", "notes@dev"))
    table = read_shard(store, built.manifest.files[0])
    assert sorted(locator[-2:] for locator in table.column("locator").to_pylist() if locator != "k") == [
        "#1",
        "#2",
        "#3",
    ]
    assert len(set(table.column("doc_id").to_pylist())) == 4
    assert built.manifest.profile["records"] == 5
    assert built.manifest.profile["dead_letters"] == {"repeated record": 1}


def test_a_second_build_finds_everything(tmp_path: Path) -> None:
    store = MemoryStore()
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", messy_rows())))
    library(store, recipes).build(MIX)
    objects = {entry.path for entry in store.list("")}
    again = library(store, recipes).build(MIX)
    assert not again.fresh
    assert {entry.path for entry in store.list("")} == objects


def test_every_count_adds_up(tmp_path: Path) -> None:
    rows = [*messy_rows(), {"id": "short", "text": "too short"}, {"id": "none"}]
    path = write_jsonl(tmp_path / "all.jsonl", rows)
    path.write_bytes(path.read_bytes() + b'{"broken": \n')
    store = MemoryStore()
    lib = library(store, write_recipes(tmp_path / "r", str(path)))
    lib.build(MIX)
    profile = {p.stage: refs.load_manifest(store, refs.resolve(store, p)).profile for p in refs.published(store)}
    assert profile["snapshots"]["records"] == len(rows) + 1
    assert profile["snapshots"]["dead_letters"] == {"no text": 1, "not JSON": 1}
    assert profile["snapshots"]["documents"] == len(rows) - 1
    verdicts = profile["filtered"]
    assert verdicts["kept"]["documents"] + verdicts["removed"]["content_words"]["documents"] == len(rows) - 1
    status = profile["deduplicated"]["status"]
    assert status["rejected"] == verdicts["removed"]["content_words"]["documents"] == 1
    assert sum(status.values()) == len(rows) - 1
    # prose 0-9 each stand twice or more, prose 500 three times
    assert status["suppressed"] == 5 + 5 + 3 + 2
    assert profile["mixed"]["words"] <= 2000


def test_the_export_holds_the_members_in_their_order(tmp_path: Path) -> None:
    store = MemoryStore()
    lib = library(store, write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", messy_rows()))))
    built = lib.build(MIX)
    mixed = refs.load_manifest(store, built.manifest.inputs[0].id)
    members = read_shard(store, mixed.files[0])
    exported = read_shard(store, built.manifest.files[0])
    assert exported.column("doc_id").equals(members.column("doc_id"))
    assert exported.column("index").to_pylist() == list(range(members.num_rows))
    import pyarrow as pa

    item = built.manifest.facts["exports"]["jsonl"]["shards"][0]["files"]["jsonl.zst"]
    lines = pa.CompressedInputStream(pa.BufferReader(store.get(item["path"])), "zstd").read().decode().splitlines()
    assert [json.loads(line)["text"] for line in lines] == exported.column("text").to_pylist()
    assert [entry.path for entry in store.list("scratch/")] == []


def test_a_crawl_in_one_file_or_sixty_four_is_the_same_version(tmp_path: Path) -> None:
    shared = [record(n, answer(f"<main><h1>{n}</h1><p>{prose(n)}</p></main>".encode())) for n in range(1, 65)]
    layouts = {
        "one": {"all.warc.gz": packed([warcinfo(), *shared])},
        "plain": {"all.warc": b"".join([warcinfo(), *reversed(shared)])},
        "many": {f"{n:02d}.warc.gz": packed([warcinfo(), item]) for n, item in enumerate(shared)},
    }
    found = set()
    for name, contents in layouts.items():
        folder = tmp_path / name
        (folder / "r" / "sources").mkdir(parents=True)
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        (folder / "r" / "sources" / "crawl.yaml").write_text(f"name: crawl\nformat: warc\nlocation: {folder}/*.warc*\n")
        built = library(MemoryStore(), folder / "r")
        found.add(built.build(Partition("snapshots", "crawl@dev")).manifest.id)
    assert len(found) == 1
