"""Copies of raw objects: made once, told in the manifest, and read when the original is gone."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.building.library import Built
from dagster_project.corpus.model.errors import IntegrityError, Refused, SourceError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.snapshots.retain import blocks_of
from dagster_project.corpus.sources.files import open_raw
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from tests.corpora import library

SNAPSHOT = Partition("snapshots", "web@1")
ROWS = [{"id": f"d{n}", "text": f"text number {n}"} for n in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten records in a Parquet file and ten in a compressed JSONL file; the recipe reads the latter."""
    raw = tmp_path / "raw" / "deep"
    raw.mkdir(parents=True)
    for number in range(2):
        lines = "".join(json.dumps(row) + "\n" for row in ROWS[number::2])
        (raw / f"{number} ä.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    pq.write_table(pa.Table.from_pylist(ROWS), raw / "all.parquet", row_group_size=5)
    return tmp_path


def build(store: Store, folder: Path, **besides: Any) -> Built:
    asked = {"repair": besides.pop("repair", False), "reason": besides.pop("reason", "")}
    fields = {"format": "jsonl", "version": "1", "location": str(folder / "raw" / "**" / "*.jsonl.gz")} | besides
    path = folder / "recipes" / "sources" / "web.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": "web", "columns": {"key": "id"}} | fields))
    return library(store, folder / "recipes").build(SNAPSHOT, **asked)


def texts(store: Store, built: Built) -> set[str]:
    tables = [read_shard(store, file) for file in built.manifest.files]
    return {text for table in tables for text in table.column("text").to_pylist()}


def test_copies_are_the_originals_and_stand_in_the_facts(store: Store, folder: Path):
    if not isinstance(store, MemoryStore):
        folder = folder.rename(folder.with_name(f"{folder.name}-elsewhere"))
    built = build(store, folder, retain="copy", access="gated")
    recorded = built.manifest.facts["raw_objects"]
    assert len(recorded) == 2
    for item in recorded:
        assert item["copy"] == f"data/gated/sha256/{item['sha256'][:2]}/{item['sha256']}.raw"
        assert hashlib.sha256(store.get(item["copy"])).hexdigest() == item["sha256"]
    assert built.manifest.identity.recipe["retain"] == "copy"


def test_a_reference_keeps_nothing(folder: Path):
    store = MemoryStore()
    built = build(store, folder)
    assert [entry.path for entry in store.list("data/") if entry.path.endswith(".raw")] == []
    assert all("copy" not in item and len(item["sha256"]) == 64 for item in built.manifest.facts["raw_objects"])


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize("gone", ["all", "one"])
def test_what_is_gone_is_read_from_its_copy(
    store: Store, folder: Path, format: str, gone: str, monkeypatch: pytest.MonkeyPatch
):
    pattern = "*.jsonl.gz" if format == "jsonl" else "*.parquet"
    asked = {"format": format, "location": str(folder / "raw" / "deep" / pattern), "retain": "copy"}
    first = build(store, folder, **asked)
    paths = sorted((folder / "raw" / "deep").glob(pattern))
    for path in paths if gone == "all" else paths[:1]:
        path.unlink()
    assert not build(store, folder, **asked).fresh
    rows = [read_shard(store, file).to_pylist() for file in first.manifest.files]
    monkeypatch.setattr(freeze, "CODE_VERSION", "next")  # nothing is found: all is read again
    again = build(store, folder, **asked, reason="new code")
    assert texts(store, again) == {row["text"] for row in ROWS}
    assert [read_shard(store, file).to_pylist() for file in again.manifest.files] == rows
    assert again.manifest.facts["raw_objects"] == first.manifest.facts["raw_objects"]
    assert again.manifest.facts["reading"]["read"]["objects"] == len(paths)


def test_a_lost_shard_is_made_again_from_the_copy(folder: Path):
    store = MemoryStore()
    first = build(store, folder, retain="copy")
    for path in (folder / "raw" / "deep").glob("*.gz"):
        path.unlink()
    store.delete([first.manifest.files[0].path])
    build(store, folder, retain="copy", repair=True)
    assert texts(store, first) == {row["text"] for row in ROWS}


def test_a_version_that_stands_needs_no_originals_until_it_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    build(store, folder)
    for path in (folder / "raw" / "deep").glob("*.gz"):
        path.unlink()
    assert not build(store, folder).fresh
    monkeypatch.setattr(freeze, "CODE_VERSION", "next")
    with pytest.raises(SourceError, match=r"0%20%C3%A4\.jsonl\.gz is gone and no copy was kept"):
        build(store, folder)


def test_an_altered_copy_is_never_taken_for_the_original(folder: Path, monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    first = build(store, folder, retain="copy")
    for path in (folder / "raw" / "deep").glob("*.gz"):
        path.unlink()
    copy = first.manifest.facts["raw_objects"][0]["copy"]
    store.delete([copy])
    store.put(copy, b"something else")
    monkeypatch.setattr(freeze, "CODE_VERSION", "next")
    with pytest.raises(IntegrityError, match=f"{copy} was altered"):
        build(store, folder, retain="copy")


def test_a_fixed_version_refuses_other_raw_objects_and_names_them(folder: Path):
    store = MemoryStore()
    build(store, folder)
    raw = folder / "raw" / "deep"
    (raw / "0 ä.jsonl.gz").write_bytes(gzip.compress(b'{"id": "x", "text": "other"}\n'))
    (raw / "2.jsonl.gz").write_bytes(gzip.compress(b'{"id": "y", "text": "more"}\n'))
    said = r"changed file:///\S*0%20%C3%A4.jsonl.gz; added file:///\S*2.jsonl.gz\): .*give the recipe a new version"
    with pytest.raises(Refused, match=said):
        build(store, folder)
    assert texts(store, build(store, folder, reason="corrected")) >= {"other", "more"}


def test_what_has_no_file_cannot_be_copied(folder: Path):
    with pytest.raises(SourceError, match=r"python:\S+ is no file and cannot be copied: use `retain: reference`"):
        build(MemoryStore(), folder, format="python-manual", location="", retain="copy")


def test_a_file_that_changes_while_it_is_copied_leaves_no_copy(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"now")
    store, item = MemoryStore(), RawObject((tmp_path / "a").as_uri(), 3, 0, hashlib.sha256(b"old").hexdigest())
    with pytest.raises(SourceError, match="changed while it was read"):
        store.put_blocks_once("data/x", 3, lambda: blocks_of(item, open_raw))
    assert [*store.list("")] == []
