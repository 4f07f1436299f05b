"""Trace and impact: addresses and licenses in any spelling, indexes that heal, locators nobody can forge."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.trace import documents_by_url, trace
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library, prose, write_jsonl, write_recipes

MIX = Partition("mixed", "notes@dev")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """Twenty keyed pages of one host, under a license that the table spells in another order."""
    folder = tmp_path_factory.mktemp("lineage")
    rows = [
        {
            "id": f"p{n}",
            "url": f"HTTP://A.example:80/{n}#top",
            "text": prose(n),
            "license": "MIT OR Apache-2.0",
            "when": "9999-12-31T23:59:59-05:00",
        }
        for n in range(20)
    ]
    recipes = write_recipes(folder / "r", str(write_jsonl(folder / "all.jsonl", rows)), words=2800)
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text().replace("key: id, ", "key: id, url: url, published_at: when, "))
    store = MemoryStore()
    library(store, recipes).build(Partition("published", "notes@dev"))
    return store


@pytest.mark.parametrize("url", ["http://a.example/3", "HTTP://A.example:80/3#top", "http://A.EXAMPLE:80/3#other"])
def test_a_page_is_found_in_any_spelling_of_its_address(store: MemoryStore, url: str) -> None:
    (found,) = documents_by_url(store, MIX, url)
    traced = trace(store, MIX, found)
    assert traced["document"]["locator"] == "p3"
    assert traced["document"]["published_at"] is None
    (answer,) = impact(store, Question(url=url))
    assert (answer["documents"], answer["members"], answer["shards"]) == (1, 1, [0])


@pytest.mark.parametrize("host", ["a.example", "A.Example", "a.example:80"])
def test_a_host_is_found_with_or_without_its_port(store: MemoryStore, host: str) -> None:
    (answer,) = impact(store, Question(host=host))
    assert answer["documents"] == 20


@pytest.mark.parametrize("license", ["MIT OR Apache-2.0", "Apache-2.0 OR MIT", "apache-2.0 or mit"])
def test_a_license_is_found_in_any_order_of_its_parts(store: MemoryStore, license: str) -> None:
    (answer,) = impact(store, Question(license=license))
    assert answer["documents"] == 20


def test_indexes_that_were_removed_are_made_again(store: MemoryStore) -> None:
    before = {entry.path: store.get(entry.path) for entry in store.list("catalog/indexes/")}
    store.delete(list(before))
    (found,) = documents_by_url(store, MIX, "http://a.example/5")
    assert trace(store, MIX, found)["document"]["locator"] == "p5"
    again = {entry.path: store.get(entry.path) for entry in store.list("catalog/indexes/")}
    assert again
    assert {path: before[path] for path in again} == again


def test_a_key_cannot_pass_for_the_locator_of_a_text(tmp_path: Path) -> None:
    text = prose(1)
    forged = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}#2"
    rows = [{"text": text}, {"text": text}, {"id": forged, "text": text}, {"id": f"key:{forged}", "text": text}]
    store = MemoryStore()
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    library(store, recipes).build(Partition("snapshots", "notes@dev"))
    manifest = refs.load_manifest(store, refs.resolve(store, Partition("snapshots", "notes@dev")))
    table = read_shard(store, manifest.files[0])
    assert len(set(table.column("doc_id").to_pylist())) == 4
    assert sorted(table.column("locator").to_pylist())[:2] == [f"key:key:{forged}", f"key:{forged}"]
