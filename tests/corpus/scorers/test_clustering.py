"""Clusters: the oracle's from the same seeds, planted topics found, whatever the order; what cannot be is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dagster_project.corpus.kernels.term_vectors import Terms, plain, terms_of
from dagster_project.corpus.model.artifact_recipes import ClusteringRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import clustering, clusters
from dagster_project.corpus.scorers.cluster_words import told
from dagster_project.corpus.scorers.clustering import as_buffers, find_clusters, measured, sampled, seeds, settle
from dagster_project.corpus.scorers.clusters import NONE, load, places, save
from tests.corpus.kernels.test_centroids import columns
from tests.corpus.kernels.test_term_vectors import as_dictionaries, vectors_of
from tests.corpus.scorers.topics import TOPICS, labeled, texts
from tests.oracles import clusters as oracle

THREE = ClusteringRecipe(clusters=3)


def counts(found: list[str]) -> Terms:
    return terms_of(plain(*as_buffers(found))[1])


@pytest.mark.parametrize("seed", range(5))
def test_the_clusters_are_those_of_the_oracle(seed: int) -> None:
    vectors = vectors_of(counts([text for _, text in labeled(12, seed)] + ["", "nothing else"]))
    found = seeds(vectors, 5, seed, "topics")
    expected, expected_clusters = oracle.k_means(as_dictionaries(vectors), columns(found), 4)
    settle(vectors, found, 4)
    assert columns(found) == expected
    assert clusters.placed(vectors, found).clusters.tolist() == expected_clusters


def test_planted_topics_are_found() -> None:
    topics, found = zip(*labeled(40), strict=True)
    learned = find_clusters(counts(list(found)), THREE, 0, "topics")
    pairs = Counter(zip(topics, learned.places.clusters.tolist(), strict=True))
    assert sorted(pairs.values()) == [40, 40, 40]
    assert learned.unsettled == 0 < learned.iterations < 30
    again = places(learned.model, as_buffers(list(found)))
    assert (again.clusters == learned.places.clusters).all()
    assert (again.closeness == learned.places.closeness).all()
    unseen = {topic: places(learned.model, as_buffers(texts(topic, 20, 9))).clusters for topic in TOPICS}
    assert {topic: {*own.tolist()} for topic, own in unseen.items()} == {topic: {own} for topic, own in pairs}


def test_what_is_told_of_them() -> None:
    found = [*texts("sea", 30, 1), *texts("court", 20, 1), *texts("kitchen", 10, 1)]
    mine = counts(found)
    learned = find_clusters(mine, THREE, 0, "topics")
    entries = told(learned, mine, [found[:7], found[7:]])
    assert [entry["documents"] for entry in entries] == [30, 20, 10]
    for entry, topic in zip(entries, ("sea", "court", "kitchen"), strict=True):
        assert {*entry["words"]} == {*TOPICS[topic]}
        assert entry["inertia"] == pytest.approx(entry["documents"] * (1 - entry["closeness"]), abs=1e-4)
        assert 0.5 < entry["closeness"] < 1


def test_words_that_command_a_terminal_are_told_escaped() -> None:
    hostile = "sailor\u202ereef\u200d"
    found = [*(f"{hostile} harbor {hostile}" for _ in range(3)), *texts("court", 3, 1)]
    mine = counts(found)
    words = [
        word
        for entry in told(find_clusters(mine, ClusteringRecipe(2), 0, "t"), mine, [found])
        for word in entry["words"]
    ]
    assert "harbor" in words
    assert any("sailor" in word for word in words)
    assert all(word.isprintable() for word in words)


def test_texts_that_say_nothing_are_in_no_cluster() -> None:
    found = [text for _, text in labeled(5)]
    learned = find_clusters(counts([*found, "", "1 2 3 !"]), THREE, 0, "topics")
    assert learned.places.clusters[-2:].tolist() == [NONE, NONE]
    assert (learned.model.rare == find_clusters(counts(found), THREE, 0, "topics").model.rare).all()
    other = places(learned.model, as_buffers(["", "...", "zyzzyva"]))
    assert (other.clusters.tolist(), other.closeness.tolist()) == ([NONE] * 3, [0] * 3)
    assert measured(learned.model, [["", found[0]]])["unknown"] == 1
    assert measured(learned.model, []) == {"documents": 0, "unknown": 0, "closeness": None}


def test_one_document() -> None:
    learned = find_clusters(counts(["only one sailor"]), ClusteringRecipe(clusters=1), 0, "topics")
    assert (learned.places.clusters.tolist(), learned.places.closeness[0]) == ([0], pytest.approx(1_000_000, abs=500))


@pytest.mark.parametrize("found", [["one text", "another", ""], ["one text", "another", "Text: ONE!", "text one"], []])
def test_more_clusters_than_texts_are_refused(found: list[str]) -> None:
    message = (
        f"artifact topics is to have 3 clusters, and .* have {min(2, len(found))} different sets of words: ask for"
    )
    with pytest.raises(Refused, match=message):
        find_clusters(counts(found), THREE, 0, "topics")


def test_seeds_lie_apart_and_follow_the_seed() -> None:
    vectors = vectors_of(counts(["sea sea"] * 50 + ["court"] + [""] * 5))
    drawn = {tuple(np.flatnonzero(seeds(vectors, 2, seed, "t").any(axis=1)).tolist()) for seed in range(9)}
    assert len(drawn) == 1  # whatever comes first, the other text is second
    many = vectors_of(counts([text for _, text in labeled(20)]))
    assert len({seeds(many, 2, seed, "t").tobytes() for seed in range(9)}) > 5


def test_the_sample_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["one two three", "four five", "six", "seven eight"]
    assert len(sampled([found[:2], found[2:]]).firsts) == 5
    monkeypatch.setattr(clustering, "MOST_TERMS", 5)
    cut = sampled([found[:2], found[2:]])
    assert (cut.firsts.tolist(), len(cut.features), len(cut.values)) == ([0, 3, 5], 5, 5)
    monkeypatch.setattr(clustering, "MOST_TERMS", 1)
    assert sampled([found]).firsts.tolist() == [0, 3]


def test_a_model_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = find_clusters(counts([text for _, text in labeled(5)]), THREE, 0, "topics").model
    path = tmp_path / "c.npz"
    path.write_bytes(save(model))
    again = load(path, "c")
    assert (again.rare.tobytes(), again.centroids.tobytes()) == (model.rare.tobytes(), model.centroids.tobytes())
    assert save(again) == path.read_bytes()
    path.write_bytes(save(model._replace(rare=model.rare[1:])))
    with pytest.raises(Refused, match=r"c cannot be loaded as clusters \(arrays of the shapes"):
        load(path, "c")
    path.write_bytes(b"PK nothing")
    with pytest.raises(Refused, match="c cannot be loaded as clusters"):
        load(path, "c")
    monkeypatch.setattr(clusters, "VERSION", 2)
    path.write_bytes(save(model))
    monkeypatch.undo()
    with pytest.raises(Refused, match="c has format 2, and this release reads 1: make it again"):
        load(path, "c")
