"""Who enters and leaves a mix: every reason is found, sums are those of sets, and both directions mirror each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dagster_project.corpus.mixing.turnover import ABSENT, Turnover, as_data, turnover
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.spool import Spool
from tests.corpora import documents, library, prose, write_jsonl


class Versions(NamedTuple):
    store: MemoryStore
    before: Manifest
    after: Manifest


def build(store: MemoryStore, folder: Path, rows: list[dict[str, Any]], mix: Mapping[str, Any], most: int) -> Manifest:
    """The publication of a mix of some rows, of which a rule lets so many words through."""
    write_jsonl(folder / "raw.jsonl", rows)
    source = {"name": "web", "format": "jsonl", "location": str(folder / "raw.jsonl")}
    recipes = {
        "sources/web": {**source, "columns": {"key": "id", "license": "license", "url": "url"}},
        "policies/long": {"name": "long", "max_removed": 1.0, "rules": [{"rule": "content_words", "max": most}]},
        "corpora/web": {"name": "web", "members": [{"source": "web", "policy": "long"}], "max_removed": 1.0},
        "mixes/web": {"name": "web", "seed": 5, **mix},
    }
    for name, recipe in recipes.items():
        path = folder / "recipes" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(recipe))
    return library(store, folder / "recipes").build(Partition("published", "web@dev")).manifest


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Ten documents, all taken; then each of the first six is left out for another reason, and half of the others."""
    store, folder = MemoryStore(), tmp_path_factory.mktemp("turnover")
    rows = [{**row, "url": f"https://example.org/{row['id']}"} for row in documents(10)]
    rows[2]["text"] = prose(2, words=400)
    everything = {"name": "all", "corpus": "web"}
    before = build(store, folder, rows, {"budget": {"documents": 10}, "components": [everything]}, 1000)
    copies = [{**rows[3], "id": f"copy{n}", "url": f"https://example.org/copy{n}"} for n in range(8)]
    changed = {**rows[1], "text": rows[1]["text"] + " And more."}
    refused = {**rows[4], "license": "GPL-3.0-only"}
    selected = {**everything, "where": "not ends_with(url, '/d5')"}
    mix = {"budget": {"documents": 3}, "components": [selected], "licenses": {"allow": ["permissive"]}}
    after = build(store, folder, [changed, *rows[2:4], refused, *rows[5:], *copies], mix, 200)
    return Versions(store, before, after)


def found_of(found: Turnover, direction: str) -> dict[str, int]:
    return {reason.why: reason.documents for reason in getattr(found, direction)}


def ids_of(versions: Versions, manifest: Manifest) -> set[str]:
    rows = (read_shard(versions.store, file, ["doc_id"]).column(0).to_pylist() for file in manifest.files)
    return {doc_id.hex() for ids in rows for doc_id in ids}


def test_every_document_that_left_has_its_reason(versions: Versions) -> None:
    found = turnover(versions.store, versions.before, versions.after)
    left = found_of(found, "left")
    beyond = left.pop("beyond the budget of all")
    assert left == {
        ABSENT: 2,
        "rejected by rule content_words": 1,
        "a copy of another document": 1,
        "its license was refused: class": 1,
        "outside the selection of all: where": 1,
    }
    gone = ids_of(versions, versions.before) - ids_of(versions, versions.after)
    assert beyond + sum(left.values()) == len(gone)
    told = {example["url"][-2:]: reason.why for reason in found.left for example in reason.examples}
    assert told.items() >= {
        ("d0", ABSENT),
        ("d1", ABSENT),
        ("d2", "rejected by rule content_words"),
        ("d3", "a copy of another document"),
        ("d4", "its license was refused: class"),
        ("d5", "outside the selection of all: where"),
    }
    assert {example["doc_id"] for reason in found.left for example in reason.examples} == gone


def test_examples_name_source_license_and_survivor(versions: Versions) -> None:
    reasons = {reason.why: reason for reason in turnover(versions.store, versions.before, versions.after).left}
    (copied,) = reasons["a copy of another document"].examples
    corpus = refs.load_manifest(versions.store, refs.resolve(versions.store, Partition("deduplicated", "web@dev")))
    survivors = [
        row["doc_id"].hex()
        for row in read_shard(versions.store, corpus.files[0]).to_pylist()
        if row["status"] == "survivor" and row["family_size"] > 1
    ]
    assert [copied["copy_of"]] == survivors
    assert copied["source"] == "web@dev"
    assert reasons["its license was refused: class"].examples[0]["license"] == "GPL-3.0-only"
    assert reasons["rejected by rule content_words"].words > 390
    assert "license" not in reasons[ABSENT].examples[0]


def test_who_entered_was_not_there_before(versions: Versions) -> None:
    found = turnover(versions.store, versions.before, versions.after)
    new = ids_of(versions, versions.after) - ids_of(versions, versions.before)
    assert found_of(found, "entered") == ({ABSENT: len(new)} if new else {})
    mirrored = turnover(versions.store, versions.after, versions.before)
    assert (mirrored.left, mirrored.entered) == (found.entered, found.left)


def test_who_is_never_drawn_is_outside_of_the_selection(tmp_path: Path) -> None:
    """A rate of 0 is no matter of the budget."""
    store, rows = MemoryStore(), [{**row, "url": f"https://example.org/{row['id']}"} for row in documents(6)]
    component = {"name": "all", "corpus": "web"}
    mix = {"budget": {"documents": 6}, "components": [component]}
    before = build(store, tmp_path, rows, mix, 1000)
    component["sample"] = "case when ends_with(url, '/d5') then 0 when ends_with(url, '/d4') then null else 1 end"
    after = build(store, tmp_path, rows, {**mix, "budget": {"documents": 3}}, 1000)
    assert found_of(turnover(store, before, after), "left") == {
        "outside the selection of all: sample": 2,
        "beyond the budget of all": 1,
    }


@pytest.mark.parametrize("limit", [1, 3, 6, 20])
def test_a_limit_holds_for_each_direction(versions: Versions, limit: int) -> None:
    whole, some = (turnover(versions.store, versions.before, versions.after, most) for most in (100, limit))
    assert found_of(some, "left") == found_of(whole, "left")
    assert sum(len(reason.examples) for reason in some.left) <= limit
    for one, other in zip(some.left, whole.left, strict=True):
        assert one.examples == other.examples[: len(one.examples)]


def test_mixes_and_publications_say_the_same_and_on_disk_too(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = turnover(versions.store, versions.before, versions.after)
    mixes = [
        refs.load_manifest(versions.store, manifest.inputs[0].id) for manifest in (versions.before, versions.after)
    ]
    assert turnover(versions.store, *mixes) == found
    monkeypatch.setattr("dagster_project.corpus.mixing.turnover.Spool", lambda dtype: Spool(dtype, 1))
    again = turnover(versions.store, versions.before, versions.after)
    assert as_data(again)["left"][0]["documents"] == found.left[0].documents
    assert found_of(again, "left") == found_of(found, "left")


def test_a_version_does_not_differ_from_itself(versions: Versions) -> None:
    assert turnover(versions.store, versions.after, versions.after) == ((), ())
