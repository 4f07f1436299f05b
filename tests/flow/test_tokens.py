"""A tokenizer learned from a snapshot, and the tokens of what policies leave: versions like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.tokenizers import load_tokenizer
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library
from tests.corpus.deduplication.test_layers import write
from tests.flow.selections import SOURCE, write_selections

SNAPSHOT, TOKENIZER = Partition("snapshots", SOURCE), Partition("artifacts", "bpe@1")
RAW = Partition("signals", SOURCE, "tokens.bpe@1")
RECIPES = {
    "artifacts/bpe.yaml": """
name: bpe
version: "1"
kind: tokenizer
held_out: 0.3
positives: [{partition: snapshots/notes@dev}]
tokenizer: {vocabulary: 400, split_digits: true}
""",
    "policies/brief.yaml": "name: brief\nmax_removed: 1\nrules:\n  - {rule: tokens, max: 100, model: bpe@1}\n",
}


def built(store: Store, folder: Path, files: int, workers: int) -> Library:
    place = write_selections(folder, files)
    for name, text in RECIPES.items():
        write(place / name, text)
    found = library(store, place, workers=workers, auditor=GreatExpectationsAuditor())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        found.build(RAW)
    found.engine.close()
    return found


def column(found: Library, manifest: Manifest, name: str) -> dict[bytes, Any]:
    tables = [read_shard(found.store, file, ["doc_id", name]) for file in manifest.files]
    return {row["doc_id"]: row[name] for table in tables for row in table.to_pylist()}


def view(found: Library, policy: str) -> Partition:
    return Partition("signals", SOURCE, found.planner.measuring.tokens(policy, "bpe").part)


@pytest.mark.embedded
def test_any_files_and_workers_on_a_real_store(tmp_path: Path, s3_store: S3Store) -> None:
    whole, parts = built(MemoryStore(), tmp_path / "one", 1, 1), built(s3_store, tmp_path / "three", 3, 2)
    for partition in (TOKENIZER, RAW):
        one, three = whole.build(partition), parts.build(partition)
        assert one.manifest.id == three.manifest.id
        assert [outcome.check for outcome in three.outcomes if not outcome.passed] == []
        assert not three.fresh
    assert [len(found.build(RAW).manifest.files) for found in (whole, parts)] == [1, 3]


def test_every_document_has_the_tokens_of_its_view(tmp_path: Path) -> None:
    found = built(MemoryStore(), tmp_path, 1, 1)
    snapshot, made, raw = (found.build(item).manifest for item in (SNAPSHOT, TOKENIZER, RAW))
    assert made.rows == snapshot.rows
    assert [item.partition for item in made.inputs] == ["snapshots/notes@dev"]
    artifact = artifact_of(found.store, made)
    assert artifact.model is not None
    encoder = load_tokenizer(artifact.model, artifact.loading).encoder
    tokens = column(found, raw, "tokens")
    texts = column(found, snapshot, "text")
    assert tokens == {key: len(encoder.encode(text, add_special_tokens=False)) for key, text in texts.items()}
    assert raw.profile["tokens"] == sum(tokens.values())
    assert raw.identity.recipe["tokenizers"] == made.identity.recipe["tokenizers"]
    assert view(found, "brief") == RAW
    assert view(found, "edited").part.startswith("tokens.bpe@1.edited-")
    assert 0 < found.build(view(found, "edited")).manifest.profile["tokens"] < raw.profile["tokens"]


def test_a_policy_may_judge_by_tokens(tmp_path: Path) -> None:
    found = built(MemoryStore(), tmp_path, 1, 1)
    tokens = column(found, found.build(RAW).manifest, "tokens")
    keeps = column(found, found.build(Partition("filtered", f"{SOURCE}+brief")).manifest, "keep")
    assert keeps == {key: count <= 100 for key, count in tokens.items()}
    assert 0 < sum(keeps.values()) < len(keeps)


def test_a_tokenizer_that_was_lost_is_made_again(tmp_path: Path) -> None:
    found = built(MemoryStore(), tmp_path, 1, 1)
    made = found.build(TOKENIZER).manifest
    path = made.facts["artifact"]["model"]["files"][0]["path"]
    body = found.store.get(path)
    found.store.delete([path])
    load_tokenizer.cache_clear()
    with pytest.raises(IntegrityError, match="is gone: build its artifact again with --repair"):
        found.build(view(found, "edited"))
    assert found.build(TOKENIZER, repair=True).manifest.id == made.id
    assert found.store.get(path) == body
    assert found.build(view(found, "edited")).fresh
