"""Clusters as versions: the same in any order and place of their examples, and what is told of them adds up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, ClusteringRecipe, ExampleRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.scorers.clustering import as_buffers
from dagster_project.corpus.scorers.clusters import NONE, load_clusters, places
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpus.scorers.test_artifacts import built
from tests.corpus.scorers.topics import labeled, texts

MODEL = "78091e16"  # the model's hash begins so on every machine; another needs another CODE_VERSION of `artifacts`
FOUND = [text for _, text in labeled(30)]


def clusters(path: Path, found: list[str], **settings: int) -> ArtifactRecipe:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in found))
    examples = (ExampleRecipe(file=str(path)),)
    clustering = ClusteringRecipe(**{"clusters": 3, **settings})
    return ArtifactRecipe("topics", "clusters", positives=examples, held_out=0.2, clustering=clustering)


def test_clusters_found_here(tmp_path: Path, memory_store: MemoryStore) -> None:
    manifest = built(memory_store, clusters(tmp_path / "a.jsonl", [*FOUND, FOUND[0], "", "12"]))
    told = manifest.facts["artifact"]
    fates = told["examples"]["reference"]
    assert (manifest.rows, fates["repeated"], fates["empty"]) == (93, 1, 1)
    assert manifest.profile["examples"] == told["examples"]
    assert told["learned_from"]["documents"] == fates["train"]
    assert sum(item["documents"] for item in told["clusters"]) == fates["train"] - told["learned_from"]["in_no_cluster"]
    assert told["held_out"]["documents"] == fates["held-out"] > 10
    assert told["learned_from"]["in_no_cluster"] + told["held_out"]["unknown"] == 1
    assert told["held_out"]["closeness"] > 0.5
    assert told["inertia"] == pytest.approx(sum(item["inertia"] for item in told["clusters"]))
    assert told["at_most"] == {"documents": 100_000, "terms": 1 << 26}
    assert (told["iterations"] < 30, told["unsettled"]) == (True, 0)
    artifact = artifact_of(memory_store, manifest)
    assert artifact.model is not None
    model = load_clusters(artifact.model, artifact.loading)
    learned = {
        row["doc_id"] for row in read_shard(memory_store, manifest.files[0]).to_pylist() if row["fate"] == "train"
    }
    assert len(learned) == fates["train"]
    assert NONE not in places(model, as_buffers(FOUND)).clusters


def test_neither_order_nor_place_nor_repeats_change_the_model(tmp_path: Path, memory_store: MemoryStore) -> None:
    models = {
        built(memory_store, recipe).facts["artifact"]["model"]["sha256"]
        for recipe in (
            clusters(tmp_path / "a.jsonl", FOUND),
            clusters(tmp_path / "b" / "b.jsonl", FOUND[::-1]),
            clusters(tmp_path / "c.jsonl", sorted(FOUND) + FOUND[:9]),
        )
    }
    assert [model[: len(MODEL)] for model in models] == [MODEL]


def test_every_setting_is_a_part_of_what_it_is(tmp_path: Path, memory_store: MemoryStore) -> None:
    recipe = clusters(tmp_path / "a.jsonl", FOUND)
    changed = [{"clusters": 2}, {"iterations": 1}, {"sample": 50}]
    others = [replace(recipe, clustering=replace(recipe.clustering, **setting)) for setting in changed]
    ids = [built(memory_store, item).id for item in (recipe, *others, replace(recipe, seed=1))]
    assert built(memory_store, recipe).id == ids[0]
    assert len({*ids}) == 5


def test_a_sample_is_a_part_of_the_texts(tmp_path: Path, memory_store: MemoryStore) -> None:
    small = built(memory_store, clusters(tmp_path / "a.jsonl", FOUND, sample=40)).facts["artifact"]
    fates = small["examples"]["reference"]
    assert (fates["train"], small["learned_from"]["documents"]) == (40, 40)
    assert fates["beyond the limit"] == len(FOUND) - 40 - fates["held-out"] > 0
    again = built(memory_store, clusters(tmp_path / "b.jsonl", FOUND[::-1], sample=40)).facts["artifact"]
    assert again["model"] == small["model"]


def test_what_cannot_be_clustered_is_refused(tmp_path: Path, memory_store: MemoryStore) -> None:
    with pytest.raises(Refused, match="artifact topics is to have 8 clusters, and its texts to learn from have"):
        built(memory_store, clusters(tmp_path / "a.jsonl", texts("sea", 8, 1), clusters=8))
    with pytest.raises(Refused, match="artifact topics has no text to learn from"):
        built(memory_store, clusters(tmp_path / "b.jsonl", [""]))
