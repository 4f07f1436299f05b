"""The same capture twice: the earliest stays, and only another license or reservation is contrary."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.documents import CONTRARY, DEAD_LETTERS, SAME
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library, write_jsonl

COLUMNS = {"key": "id", "collected_at": "at", "title": "title", "license": "license"}


def build(folder: Path, rows: list[dict[str, Any]]) -> tuple[MemoryStore, Manifest]:
    write_jsonl(folder / "raw.jsonl", rows)
    recipe = {"name": "web", "format": "jsonl", "location": str(folder / "raw.jsonl"), "columns": COLUMNS}
    (folder / "r" / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "r" / "sources" / "web.yaml").write_text(json.dumps(recipe | {"max_bad_records": 1.0}))
    store = MemoryStore()
    return store, library(store, folder / "r").build(Partition("snapshots", "web@dev")).manifest


def capture(at: str | None, **besides: Any) -> dict[str, Any]:
    return {"id": "page", "text": "the same words", "at": at, **besides}


def test_the_earliest_capture_stays_and_another_day_is_no_contradiction(tmp_path: Path):
    captures = [
        capture("2024-05-01", title="May"),
        capture("1969-03-01", title="March"),
        capture(None, title="unknown"),
        capture("2024-04-01", title="April"),
    ]
    found = set()
    for number, rows in enumerate(itertools.permutations(captures)):
        store, manifest = build(tmp_path / str(number), list(rows))
        table = read_shard(store, manifest.files[0])
        assert table.column("title").to_pylist() == ["March"]
        assert manifest.profile["dead_letters"] == {SAME: 3}
        found.add(manifest.id)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"license": "MIT"}, {"license": "MIT", "title": "other"}, SAME),
        ({"license": "MIT"}, {"license": "GPL-3.0-only"}, CONTRARY),
        ({"license": "MIT"}, {}, CONTRARY),
        ({}, {"note": "metadata"}, SAME),
    ],
)
def test_only_another_license_is_contrary(tmp_path: Path, first: dict[str, Any], second: dict[str, Any], reason: str):
    store, manifest = build(tmp_path, [capture("2024-05-01", **second), capture("2024-04-01", **first)])
    assert manifest.profile["dead_letters"] == {reason: 1}
    (file,) = manifest.facts["dead_letters"]
    letters = read_shard(store, File(**file))
    assert letters.schema.equals(DEAD_LETTERS)
    said = json.loads(letters.column("detail")[0].as_py())
    assert [item["value"] for item in said.get("license_evidence", [])] == [*filter(None, [second.get("license")])]


def test_contrary_is_said_of_each_against_the_one_that_stays(tmp_path: Path):
    days = {"2024-01-01": "MIT", "2024-01-02": "GPL-3.0-only", "2024-01-03": "MIT"}
    _, manifest = build(tmp_path, [capture(day, license=name) for day, name in days.items()])
    assert manifest.profile["dead_letters"] == {SAME: 1, CONTRARY: 1}


def test_captures_of_equal_days_are_settled_by_what_they_say(tmp_path: Path):
    rows = [capture("2024-01-01", title=title) for title in ("a", "b", "c")]
    ids = {build(tmp_path / "".join(map(str, order)), [rows[n] for n in order])[1].id for order in
           itertools.permutations(range(3))}  # fmt: skip
    assert len(ids) == 1


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["a", "b", None]),
            "text": st.sampled_from(["x", "y"]),
            "at": st.sampled_from(["2024-01-01", "2023-01-01", None]),
            "license": st.sampled_from(["MIT", None]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, data=st.data())
def test_counts_add_up_and_order_says_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], data: st.DataObject
):
    folder = tmp_path_factory.mktemp("law")
    store, manifest = build(folder / "a", rows)
    assert manifest.rows + sum(manifest.profile["dead_letters"].values()) == len(rows)
    ids = [value for file in manifest.files for value in read_shard(store, file).column("doc_id").to_pylist()]
    assert len(set(ids)) == len(ids)
    assert build(folder / "b", data.draw(st.permutations(rows)))[1].id == manifest.id
