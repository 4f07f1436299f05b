"""Damage: a flipped bit, a lost object, a raw file that changes while it is read. Nothing wrong is ever published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.corpus.model.errors import FlorilegiumError, IntegrityError, RecipeError, SourceError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.raw import Batch, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.jsonl import JsonLines
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import documents, library, prose, write_jsonl, write_recipes

MIX, SNAPSHOT = Partition("published", "notes@dev"), Partition("snapshots", "notes@dev")


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    return write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", documents(60))))


def flip(store: MemoryStore, path: str, at: int) -> bytes:
    body = store.get(path)
    changed = bytearray(body)
    changed[at % len(body)] ^= 1 << (at % 8)
    store.put(path, bytes(changed))
    return body


def test_a_flipped_bit_is_never_published(recipes: Path) -> None:
    """In every part of the documents shard that the export reads: either an error in a sentence, or the same bytes."""
    store = MemoryStore()
    library(store, recipes).build(Partition("mixed", "notes@dev"))
    shard = refs.load_manifest(store, refs.resolve(store, SNAPSHOT)).files[0]
    right = None
    noticed: list[str] = []
    for at in [None, *range(5, shard.size_bytes, shard.size_bytes // 60)]:
        attempt = MemoryStore()
        for entry in store.list(""):
            attempt.put(entry.path, store.get(entry.path))
        if at is not None:
            flip(attempt, shard.path, at)
        try:
            built = library(attempt, recipes).build(MIX, upstream=False)
        except IntegrityError as error:
            noticed.append(str(error))
            continue
        texts = read_shard(attempt, built.manifest.files[0]).column("text").to_pylist()
        right = right or texts
        assert texts == right
    assert len(noticed) > 30
    assert all(shard.path in message for message in noticed)


@pytest.mark.parametrize("stage", ["snapshots", "licensed", "fingerprints", "filtered", "mixed", "published"])
def test_what_is_lost_or_altered_is_made_again(stage: str, recipes: Path) -> None:
    store = MemoryStore()
    library(store, recipes).build(MIX)
    partition = next(item for item in refs.published(store, stage))
    manifest = refs.load_manifest(store, refs.resolve(store, partition))
    body = flip(store, manifest.files[0].path, 100)
    library(store, recipes).build(MIX, repair=True)
    assert store.get(manifest.files[0].path) == body
    store.delete([manifest.files[0].path])
    library(store, recipes).build(MIX, repair=True)
    assert store.get(manifest.files[0].path) == body
    assert len(refs.history(store, partition)) == 1


def test_a_lost_manifest_is_made_again(recipes: Path) -> None:
    store = MemoryStore()
    library(store, recipes).build(MIX)
    version = refs.resolve(store, Partition("licensed", "notes@dev"))
    store.delete([f"manifests/{version}.json"])
    library(store, recipes).build(MIX)
    assert refs.load_manifest(store, version).id == version


class Changing(JsonLines):
    """A source whose file is replaced between its checksum and its reading."""

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        write_jsonl(Path(recipe.location), documents(30, start=1000))
        yield from super().read(recipe, part)


def test_a_raw_file_that_changes_while_it_is_read_poisons_nothing(
    recipes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    with monkeypatch.context() as patched:
        patched.setattr("dagster_project.corpus.building.source_plans.source_for", lambda format: Changing())
        with pytest.raises(SourceError, match="changed while it was read: build again"):
            library(store, recipes).build(SNAPSHOT)
    write_jsonl(tmp_path / "all.jsonl", documents(60))
    built = library(store, recipes).build(SNAPSHOT)
    ids = read_shard(store, built.manifest.files[0]).column("locator").to_pylist()
    assert sorted(ids) == sorted(f"d{n}" for n in range(60))


def test_a_repeated_record_that_says_otherwise_is_told_apart(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": prose(1), "license": name} for name in ("MIT", "MIT", "GPL-3.0-only")]
    store = MemoryStore()
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    built = library(store, recipes).build(SNAPSHOT)
    counted = built.manifest.profile["dead_letters"]
    assert sum(counted.values()) == 2
    assert counted["repeated record that says otherwise"] >= 1


def test_dead_letters_and_access_are_part_of_what_a_snapshot_is(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "all.jsonl", documents(60))
    recipes = write_recipes(tmp_path / "r", str(path))
    store = MemoryStore()
    first = library(store, recipes).build(SNAPSHOT)
    path.write_text(path.read_text() + "{broken\n")
    second = library(store, recipes).build(SNAPSHOT)
    assert (second.fresh, second.manifest.profile["dead_letters"]) == (True, {"not JSON": 1})
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text() + "access: private\n")
    third = library(store, recipes).build(SNAPSHOT)
    assert len({first.manifest.id, second.manifest.id, third.manifest.id}) == 3
    assert third.manifest.files[0].path.startswith("data/private/")


def test_a_corrected_registry_entry_makes_new_conclusions_and_no_new_text(recipes: Path) -> None:
    store = MemoryStore()
    library(store, recipes).build(MIX)
    before = {str(p): refs.resolve(store, p) for p in refs.published(store)}
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text().replace("title: Notes", "title: Our notes"))
    library(store, recipes).build(MIX)
    after = {str(p): refs.resolve(store, p) for p in refs.published(store)}
    changed = {name.partition("/")[0] for name in before if before[name] != after[name]}
    assert changed == {"licensed", "deduplicated", "mixed", "published"}


def test_one_version_of_each_source_in_a_corpus(recipes: Path) -> None:
    corpus = recipes / "corpora" / "notes.yaml"
    corpus.write_text(corpus.read_text() + "  - {source: notes@dev, policy: gopher}\n")
    with pytest.raises(RecipeError, match=r"notes\.yaml:\d+: members\[1\].source: notes is a member already"):
        library(MemoryStore(), recipes)


@pytest.mark.parametrize("texts", [["短い文書です", "別の短い文書", "短い文書です"], ["one two"], []])
def test_short_unspaced_and_empty_corpora_are_built(texts: list[str], tmp_path: Path) -> None:
    rows = [{"id": f"d{n}", "text": text} for n, text in enumerate(texts)]
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text() + "max_bad_records: 1.0\n")
    built = library(MemoryStore(), recipes).build(Partition("deduplicated", "notes@dev"))
    assert built.manifest.rows == len(texts)


def test_asking_for_more_than_a_mix_can_hold_is_a_sentence(tmp_path: Path) -> None:
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", documents(3))), words=10**6)
    with pytest.raises(FlorilegiumError, match=r"all is asked for 1,000,000 and has 420, at most 1,680 in its epochs"):
        library(MemoryStore(), recipes).build(MIX)


def test_a_bound_version_is_corrected_with_one_reason_for_all_it_needs(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "all.jsonl", documents(60))
    recipes = write_recipes(tmp_path / "r", str(path), version="1")
    store = MemoryStore()
    library(store, recipes).build(Partition("published", "notes@1"))
    write_jsonl(path, documents(61))
    with pytest.raises(FlorilegiumError, match="snapshots/notes@1 is already published as"):
        library(store, recipes).build(Partition("published", "notes@1"))
    corrected = library(store, recipes).build(Partition("published", "notes@1"), reason="a page was missing")
    assert (corrected.ref.number, corrected.ref.reason) == (2, "a page was missing")
