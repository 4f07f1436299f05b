"""What the store says of a source: the newest snapshot, and only what was built from just that one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.catalog.measured import Entry, entries, entry_of, measure, years_of
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CollectionRecipe, SourceRecipe
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import documents, library, write_jsonl, write_recipes

KEY = "notes@dev"


@pytest.fixture
def built(tmp_path: Path) -> Library:
    rows = write_jsonl(tmp_path / "notes.jsonl", [*documents(3), {"id": "x", "text": "short", "license": "CC-BY-4.0"}])
    found = library(MemoryStore(), write_recipes(tmp_path / "recipes", str(rows)))
    found.build(Partition("licensed", KEY))
    return found


def notes(built: Library) -> SourceRecipe:
    return built.recipes.source("notes")


def test_a_source_without_a_snapshot_is_its_registry_record() -> None:
    period = CollectionRecipe(start="2019-05-01", end="2021-01-01")
    recipe = SourceRecipe("web", "jsonl", languages=("de",), license="MIT", collection=period)
    (entry,) = entries(MemoryStore(), [recipe])
    assert (entry.measured, entry.documents, entry.words) == (None, None, None)
    assert (entry.languages, entry.licenses, entry.classes) == ({"de": None}, {"MIT": None}, {"permissive": None})
    assert entry.years == ("collection", {2019: None, 2020: None, 2021: None})
    assert entries(None, [recipe]) == [Entry(recipe)]


def test_half_a_period_is_its_year_and_none_is_unknown() -> None:
    ended = SourceRecipe("web", "jsonl", collection=CollectionRecipe(end="2021-01-01"))
    assert Entry(ended).years == ("collection", {2021: None})
    assert Entry(SourceRecipe("web", "jsonl")).years == ("unknown", {})


def test_a_snapshot_with_its_licenses(built: Library) -> None:
    entry = entry_of(built.store, notes(built))
    assert (entry.documents, entry.words) == (4, None)
    assert entry.licenses == {"MIT": 3, "CC-BY-4.0": 1}
    assert entry.classes == {"permissive": 4}
    assert entry.measured is not None
    assert entry.measured.key == KEY
    assert entry.measured.statistics is None


def test_side_tables_of_an_older_snapshot_are_not_told(built: Library, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "notes.jsonl", documents(6))
    built.build(Partition("snapshots", KEY))
    found = measure(built.store, KEY)
    assert found is not None
    assert (found.snapshot.rows, found.licensed) == (6, None)


def test_of_a_landing_place_the_version_built_last(tmp_path: Path) -> None:
    rows = write_jsonl(tmp_path / "in" / "b.jsonl", documents(2))
    store = MemoryStore()
    library(store, write_recipes(tmp_path / "b", str(rows), version="b")).build(Partition("snapshots", "notes@b"))
    library(store, write_recipes(tmp_path / "a", str(rows), version="a")).build(Partition("snapshots", "notes@a"))
    place = SourceRecipe("notes", "jsonl", location="/landing/{version}.jsonl")
    found = entry_of(store, place).measured
    assert found is not None
    assert found.key == "notes@a"
    assert entry_of(store, SourceRecipe("note", "jsonl", location="/{version}/x")).measured is None


def test_years_are_summed_over_languages() -> None:
    rows = [
        {"published_years": [{"year": 2021, "documents": 2}, {"year": None, "documents": 9}]},
        {"published_years": [{"year": 2019, "documents": 1}, {"year": 2021, "documents": 3}]},
    ]
    assert list(years_of(rows, "published").items()) == [(2019, 1), (2021, 5)]
