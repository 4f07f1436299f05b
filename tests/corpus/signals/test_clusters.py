"""The clusters group: cluster and closeness of every document, by the artifact."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.model.artifact_recipes import ClusteringRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.clustering import as_buffers, find_clusters
from dagster_project.corpus.scorers.clusters import places, save
from dagster_project.corpus.scorers.files import StoredModel, find_model, store_model
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.signals.clusters import SCHEMA, measure
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.scorers.test_clustering import counts
from tests.corpus.scorers.topics import texts
from tests.corpus.signals.test_perplexity import block

LEARNED = [*texts("sea", 30, 1), *texts("court", 20, 1)]
MODEL = find_clusters(counts(LEARNED), ClusteringRecipe(clusters=2), 0, "topics").model


@pytest.fixture
def stored(tmp_path: Path, memory_store: MemoryStore) -> StoredModel:
    (tmp_path / "clusters.npz").write_bytes(save(MODEL))
    return store_model(memory_store, find_model(tmp_path / "clusters.npz", "MIT"), "public")


def test_columns_and_profile(stored: StoredModel) -> None:
    asked = [*texts("court", 3, 2), "", *texts("sea", 2, 2), "1 2 3", "zyzzyva"]
    table, profile = measure(block(asked), {}, Artifact(stored, Loading("clusters")))
    assert table.schema.equals(SCHEMA)
    assert table.column("cluster").to_pylist() == [1, 1, 1, None, 0, 0, None, None]
    expected = places(MODEL, as_buffers(asked)).closeness.tolist()
    assert table.column("closeness").to_pylist() == [*expected[:3], None, *expected[4:6], None, None]
    assert min(expected[:3]) > 500_000
    assert profile == {"clusters": {"000": 2, "001": 3, "unknown": 3}}


def test_a_text_has_its_cluster_whatever_stands_beside_it(stored: StoredModel) -> None:
    asked = [*texts("sea", 5, 3), *texts("court", 5, 3), ""]
    artifact = Artifact(stored, Loading("clusters"))
    together, _ = measure(block(asked), {}, artifact)
    alone = [measure(block([text]), {}, artifact)[0].to_pylist()[0] for text in asked]
    assert [(row["cluster"], row["closeness"]) for row in alone] == [
        (row["cluster"], row["closeness"]) for row in together.to_pylist()
    ]


def test_no_documents(stored: StoredModel) -> None:
    table, _ = measure(block([]), {}, Artifact(stored, Loading("clusters")))
    assert (table.num_rows, table.schema.equals(SCHEMA)) == (0, True)


def test_other_artifacts_have_no_clusters(stored: StoredModel) -> None:
    with pytest.raises(Refused, match="format ngram has no clusters: name an artifact of kind clusters"):
        measure(block(["a"]), {}, Artifact(stored, Loading("ngram")))
    with pytest.raises(Refused, match="without a model file has no clusters"):
        measure(block(["a"]), {}, Artifact(None, Loading("python", factory="x:y")))
