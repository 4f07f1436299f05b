"""Trace and impact: addresses and licenses in any spelling, indexes that heal, locators nobody can forge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.lineage import places
from dagster_project.corpus.lineage.catalog import refresh
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.merged import look_up
from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.side_by_side import side_by_side
from dagster_project.corpus.lineage.trace import documents_in, trace
from dagster_project.corpus.lineage.upkeep import rebuild
from dagster_project.corpus.model.documents import record_id
from dagster_project.corpus.model.errors import PartitionError
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
    (found,) = documents_in(overview(store), refs.resolve(store, MIX), Question(url=url)).documents
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
    asked = Question(url="http://a.example/5")
    (found,) = documents_in(overview(store), refs.resolve(store, MIX), asked).documents
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


# ---- every question, by indexes and by a scan of all members -------------------------------------------------------

HOSTS = ("a.example", "www.b.example", "c.b.example")


def pages(start: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"p{n}",
            "url": f"https://{HOSTS[n % 3]}/{n}",
            "text": prose(n),
            "license": "MIT OR Apache-2.0" if n % 2 else "CC0-1.0",
        }
        for n in range(start, start + 12)
    ]


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """A mix in two versions over two versions of its source; some members twice. The catalog knows the first alone."""
    folder = tmp_path_factory.mktemp("renewed")
    store = MemoryStore()
    recipes = write_recipes(folder / "r", str(folder / "all.jsonl"), words=2800)
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text().replace("key: id, ", "key: id, url: url, "))
    mix = recipes / "mixes" / "notes.yaml"
    mix.write_text(mix.read_text().replace("weight: 1", "weight: 1, max_epochs: 3"))
    for start in (0, 6):
        write_jsonl(folder / "all.jsonl", pages(start))
        library(store, recipes).build(Partition("published", "notes@dev"))
        if not start:
            rebuild(store)
    return store


def asked_by_all() -> dict[str, tuple[Question, Callable[[dict[str, Any]], bool]]]:
    """Questions, and which documents with their members they mean."""
    upper = f"  {prose(7).upper()} ?!"
    return {
        "url": (Question(url="HTTPS://a.example/6#x"), lambda row: row["url"] == "https://a.example/6"),
        "host": (Question(host="WWW.b.example"), lambda row: "//www.b.example/" in row["url"]),
        "domain": (Question(domain="b.example"), lambda row: "b.example/" in row["url"]),
        "text": (Question(text=prose(8)), lambda row: row["text"] == prose(8)),
        "normalized": (Question(normalized=upper), lambda row: row["text"] == prose(7)),
        "source": (Question(source="notes"), lambda row: True),
        "license": (Question(license="CC0-1.0"), lambda row: row["license"] == "CC0-1.0"),
        "choice": (Question(license="Apache-2.0 OR MIT"), lambda row: row["at"] % 2 == 1),
        "nothing": (Question(host="d.example"), lambda row: False),
        "of both": (Question(record_id=record_id("notes", "p6")), lambda row: row["at"] == 6),
    }


@pytest.mark.parametrize("name", asked_by_all())
@pytest.mark.parametrize("state", ["stale", "fresh", "joined", "bare"])
def test_every_question_is_answered_as_by_a_scan(renewed: MemoryStore, name: str, state: str) -> None:
    if state == "bare":
        renewed.delete([entry.path for entry in renewed.list("catalog/")])
    if state == "fresh":
        refresh(renewed)
    if state == "joined":
        rebuild(renewed)
    question, means = asked_by_all()[name]
    found = {
        item["number"]: (item["documents"], item["members"], [row["position"] for row in item["rows"]])
        for item in impact(renewed, question, most=1000)
    }
    assert found == scanned(renewed, means)


@pytest.mark.parametrize(("many", "part", "column"), [(0, 100, "source"), (0, 1, "doc_id"), (128, 100, "doc_id")])
def test_many_documents_are_found_by_their_source_or_each_by_its_id(
    renewed: MemoryStore, monkeypatch: pytest.MonkeyPatch, many: int, part: int, column: str
) -> None:
    monkeypatch.setattr(places, "MANY", many)
    monkeypatch.setattr(places, "PART", part)
    columns = []

    def looked_up(store: MemoryStore, stage: str, by: str, *rest: Any) -> Any:
        columns.append((stage, by))
        return look_up(store, stage, by, *rest)

    monkeypatch.setattr(places, "look_up", looked_up)
    meant = {row["doc_id"] for row in documents_below(renewed) if row["at"] % 3 == 0}
    found = {
        item["number"]: (item["documents"], item["members"], [row["position"] for row in item["rows"]])
        for item in impact(renewed, Question(documents=tuple(sorted(meant))), most=1000)
    }
    assert found == scanned(renewed, lambda row: row["doc_id"] in meant)
    assert columns[-1] == ("mixed", column)


def scanned(store: MemoryStore, means: Callable[[dict[str, Any]], bool]) -> dict[int, Any]:
    found = {}
    for ref in refs.history(store, MIX):
        mixed = refs.load_manifest(store, ref.id)
        rows = [row for file in mixed.files for row in read_shard(store, file).to_pylist()]
        documents = {row["doc_id"]: row for row in documents_below(store)}
        held = [means({**row, **documents[row["doc_id"]], "license": row["license"]}) for row in rows]
        at = np.flatnonzero(held).tolist()
        if at:
            found[ref.number] = (len({rows[place]["doc_id"] for place in at}), len(at), at)
    return found


def documents_below(store: MemoryStore) -> list[dict[str, Any]]:
    """The documents of every version of the source, with their numbers."""
    found = []
    for ref in refs.history(store, Partition("snapshots", "notes@dev")):
        for file in refs.load_manifest(store, ref.id).files:
            found += read_shard(store, file, ["doc_id", "url", "text", "locator"]).to_pylist()
    return [{**row, "at": int(row["locator"].removeprefix("p"))} for row in found]


def test_one_version_of_a_snapshot_is_told_from_another(renewed: MemoryStore) -> None:
    for ref in refs.history(renewed, Partition("snapshots", "notes@dev")):
        (answer,) = impact(renewed, Question(snapshot=ref.id[:12]))
        assert answer["number"] == ref.number


def test_a_rebuild_of_the_catalog_says_the_same_in_the_same_bytes(renewed: MemoryStore) -> None:
    rebuild(renewed)
    before = {entry.path: renewed.get(entry.path) for entry in renewed.list("catalog/")}
    rebuild(renewed)
    assert {entry.path: renewed.get(entry.path) for entry in renewed.list("catalog/")} == before
    renewed.delete(list(before))
    rebuild(renewed)
    again = {entry.path: renewed.get(entry.path) for entry in renewed.list("catalog/")}
    assert {path: body for path, body in before.items() if "/families/" not in path}.items() >= {
        path: body for path, body in again.items() if "objects" not in path
    }.items()


def test_decisions_follow_the_flow(renewed: MemoryStore) -> None:
    (found,) = documents_in(
        overview(renewed), refs.resolve(renewed, MIX), Question(url="https://a.example/9")
    ).documents
    decisions = trace(renewed, MIX, found)["decisions"]
    assert [item["stage"] for item in decisions] == ["snapshots", "licensed", "filtered", "deduplicated", "mixed"]
    assert [item["decision"] for item in decisions[2:4]] == ["kept", "survivor"]
    assert decisions[4]["rule"] == "all"
    assert all(len(item["id"]) == len(item["recipe"]) == 64 and item["code_version"] for item in decisions)


def test_many_documents_are_counted_and_the_first_are_told(renewed: MemoryStore) -> None:
    found = documents_in(overview(renewed), refs.resolve(renewed, MIX), Question(domain="b.example"), 3)
    assert (len(found.documents), found.total) == (3, 8)


def test_a_snapshot_stands_beside_its_side_tables(renewed: MemoryStore) -> None:
    rows = side_by_side(renewed, Partition("filtered", "notes@dev+plain"))
    table = pa.Table.from_batches(rows.to_batches(["doc_id", "url", "words", "keep", "license"]))
    assert (len(table), set(table.column("keep").to_pylist())) == (12, {True})
    assert table.column("words")[0].as_py() > 100
    assert rows.reader(["license"]).read_all().column("license").unique().to_pylist()
    with pytest.raises(PartitionError, match="no column 'nothing'"):
        next(rows.to_batches(["nothing"]))
    with pytest.raises(PartitionError, match="holds no documents by itself"):
        side_by_side(renewed, MIX)
