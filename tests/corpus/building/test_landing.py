"""Landing places: folders become versions in natural order, and what is none is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.building import landing
from dagster_project.corpus.building.landing import complaint, filled, is_marked, landed, natural, place_of
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.errors import PartitionError, RecipeError, Refused, SourceError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import MemberRecipe, SourceRecipe
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import documents, library, write_jsonl


def put(folder: Path, *names: str) -> Path:
    for name in names:
        write_jsonl(folder / name / "x.jsonl", documents(2, start=len(name)))
    return folder


def source(folder: Path, location: str, **fields: Any) -> Path:
    path = folder / "sources" / "news.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": "news", "format": "jsonl", "location": location} | fields))
    return folder


def corpus(folder: Path, member: str) -> Recipes:
    (folder / "corpora").mkdir(exist_ok=True)
    recipe = {"name": "all", "members": [{"source": member, "policy": "gopher"}]}
    (folder / "corpora" / "all.yaml").write_text(json.dumps(recipe))
    return find_recipes([folder])


def test_folders_are_versions_in_natural_order(tmp_path: Path):
    put(tmp_path / "in", "2026-9", "2026-11", "2025-12", "1.0.1", "1.0")
    recipes = find_recipes([source(tmp_path, "in/{version}/*.jsonl")])
    assert recipes.landing("news").versions == ("1.0", "1.0.1", "2025-12", "2026-9", "2026-11")
    newest = recipes.source("news")
    assert (newest.key, newest.location) == ("news@2026-11", str(tmp_path / "in/2026-11/*.jsonl"))
    assert recipes.source("news@2026-9").location == str(tmp_path / "in/2026-9/*.jsonl")


def test_names_that_are_no_versions_are_told(tmp_path: Path):
    put(tmp_path / "in", "good", "BAD", "a..b", "dev", "\x1b[31m")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "in" / "good")
    (tmp_path / "in" / "README").write_text("no folder")
    found = landed(SourceRecipe("news", "jsonl", location=f"{tmp_path}/in/{{version}}/"))
    assert found.versions == ("good",)
    names = [problem.partition(" in ")[0] for problem in found.problems]
    assert names == ["BAD", r"\x1b[31m", "a..b", "dev", "link"]
    assert all(f"in {tmp_path}/in is no version of news: " in problem for problem in found.problems)


def test_a_part_of_a_name_and_single_files(tmp_path: Path):
    put(tmp_path / "in", "date=2026-11", "date=2026-12", "other", "date=")
    for name in ("v1.jsonl.gz", "v2.jsonl.gz", "v3.txt"):
        (tmp_path / "in" / name).write_text("")
    days = landed(SourceRecipe("news", "jsonl", location=f"{tmp_path}/in/date={{version}}"))
    files = landed(SourceRecipe("news", "jsonl", location=f"{tmp_path}/in/{{version}}.jsonl.gz"))
    assert (days, files) == ((("2026-11", "2026-12"), ()), (("v1", "v2"), ()))


def test_a_build_finds_one_version_and_a_corpus_pins_the_newest(tmp_path: Path):
    put(tmp_path / "in", "1", "2")
    folder = source(tmp_path, "in/{version}/", columns={"key": "id"})
    recipes = corpus(folder, "news")
    store = MemoryStore()
    lib = library(store, folder)
    built = lib.build(Partition("snapshots", "news@1"))
    assert (built.manifest.rows, built.manifest.facts["source"]["version"]) == (2, "1")
    assert recipes.source(recipes.corpus("all").members[0].source).key == "news@2"
    needed = [Partition("fingerprints", "news@2", "words5-14x8")]
    assert lib.planner.dependencies.of(Partition("families", "all@dev")) == needed
    put(tmp_path / "in", "3")
    assert recipes.source("news").key == "news@2"  # one state for as long as a build lasts
    assert find_recipes([folder]).source("news").key == "news@3"


def test_a_late_file_is_refused_for_a_version_that_stands(tmp_path: Path):
    put(tmp_path / "in", "1")
    folder = source(tmp_path, "in/{version}/")
    store = MemoryStore()
    library(store, folder).build(Partition("snapshots", "news@1"))
    write_jsonl(tmp_path / "in" / "1" / "late.jsonl", documents(1))
    with pytest.raises(Refused, match=r"added file:///\S*/in/1/late.jsonl"):
        library(store, folder).build(Partition("snapshots", "news@1"))


def test_checking_recipes_lists_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(landing, "landed", lambda recipe: pytest.fail("listed"))
    folder = source(tmp_path, "nowhere/{version}/", policy="gopher")
    for member in ("news", "news@2026-11"):
        recipes = corpus(folder, member)
    assert recipes.source("news@2026-11").location == str(tmp_path / "nowhere/2026-11")
    assert recipes.corpus("news").members == (MemberRecipe("news", "gopher"),)


def test_a_place_without_versions_or_without_being_there_is_a_sentence(tmp_path: Path):
    put(tmp_path / "in", "BAD")
    with pytest.raises(PartitionError, match=r"news has no version yet: nothing lies at \S+/in/\{version\} \(BAD in "):
        find_recipes([source(tmp_path, "in/{version}/")]).source("news")
    with pytest.raises(SourceError, match=r"news: \S+/gone cannot be listed \(No such file or directory\): mend"):
        find_recipes([source(tmp_path, "gone/{version}/")]).source("news")
    with pytest.raises(PartitionError, match="dev is the name of what may change"):
        find_recipes([tmp_path]).source("news@dev")


def test_a_version_of_its_own_recipe_comes_before_a_folder(tmp_path: Path):
    put(tmp_path / "in", "1")
    folder = source(tmp_path, "in/{version}/")
    own = {"name": "news", "format": "jsonl", "version": "0", "location": "old.jsonl"}
    (folder / "sources" / "old.yaml").write_text(json.dumps(own))
    recipes = find_recipes([folder])
    assert recipes.source("news@0").location == str(tmp_path / "old.jsonl")
    assert recipes.source("news").key == "news@1"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"location": "a/{version}/{version}/"}, "location", "holds {version} 2 times; say it once"),
        ({"location": "a/*/{version}/"}, "location", "has a wildcard before {version}"),
        ({"location": "s3://{version}/a"}, "location", "has {version} for a bucket"),
        ({"location": "a/{version}/", "version": "1"}, "version", "leave it out"),
        ({"location": "a.jsonl", "version": "1", "schedule": "0 4 * * *"}, "schedule", "version 1 is fixed"),
    ],
)
def test_what_cannot_be_a_landing_place(tmp_path: Path, fields: dict[str, str], field: str, message: str):
    with pytest.raises(RecipeError) as refusal:
        find_recipes([source(tmp_path, **fields)])
    assert [(item.field, message in item.message) for item in refusal.value.problems] == [(field, True)]


def test_markers_are_files_in_the_folder_of_the_version(tmp_path: Path):
    put(tmp_path / "in", "1", "2", "3/_SUCCESS")
    (tmp_path / "in" / "1" / "_SUCCESS").write_text("")
    recipe = SourceRecipe("news", "jsonl", location=f"{tmp_path}/in/{{version}}/*.jsonl")
    assert [is_marked(recipe, version) for version in "123"] == [True, False, False]


@pytest.mark.embedded
def test_a_prefix_on_s3(s3_store: S3Store, embedded_s3: S3Config, monkeypatch: pytest.MonkeyPatch):
    from dagster_project.corpus.sources.remote import s3

    names = {
        "AWS_ENDPOINT_URL_S3": "endpoint",
        "AWS_ACCESS_KEY_ID": "access_key",
        "AWS_SECRET_ACCESS_KEY": "secret_key",
    }
    for name, field in names.items():
        monkeypatch.setenv(name, str(getattr(embedded_s3, field)))
    s3.cache_clear()
    for name in ("10/a.jsonl", "9/a.jsonl", "9/.done", "B/a.jsonl"):
        s3_store.put_once(f"in/{name}", b'{"text": "words"}\n')
    try:
        recipe = SourceRecipe("news", "jsonl", location=f"{s3_store.location}/in/{{version}}/")
        found = landed(recipe)
        assert (found.versions, len(found.problems)) == (("9", "10"), 1)
        assert [is_marked(recipe, version) for version in found.versions] == [True, False]
    finally:
        s3.cache_clear()


VERSIONS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)


@given(VERSIONS, VERSIONS)
def test_natural_order_tells_all_names_apart(first: str, second: str):
    assert [natural(first) < natural(second), natural(second) < natural(first)].count(True) == (first != second)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_count_as_numbers(first: int, second: int):
    assert (natural(f"v{first}") < natural(f"v{second}")) == (first < second)


@given(VERSIONS.filter(lambda name: ".." not in name))
def test_a_filled_place_is_where_the_version_was_found(version: str):
    recipe = SourceRecipe("news", "jsonl", location="/in/x-{version}-y/*.gz")
    place = place_of(recipe.location)
    assert complaint(recipe.location) is None
    assert filled(recipe, version).location == f"{place.above}/{place.before}{version}{place.after}{place.rest}"
