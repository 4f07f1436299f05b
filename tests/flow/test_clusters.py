"""Clusters found in a snapshot, told of every document, and a mix with as much of each: the same on any engine."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library, write_jsonl
from tests.corpus.deduplication.test_layers import write
from tests.corpus.scorers.topics import TOPICS, texts

SIGNALS, MIXED = Partition("signals", "notes@dev", "clusters.topics@1"), Partition("mixed", "even@dev")
COMMON, RARE = 90, 10
RECIPES = {
    "sources/notes.yaml": """
name: notes
format: jsonl
location: PLACE
license: MIT
license_evidence: signed off by the tests
columns: {key: id}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {rule: words, min: 1}\n",
    "corpora/notes.yaml": "name: notes\nmembers: [{source: notes, policy: plain}]\n",
    "artifacts/topics.yaml": """
name: topics
version: "1"
kind: clusters
positives: [{partition: snapshots/notes@dev}]
clustering: {clusters: 2}
""",
    "mixes/even.yaml": """
name: even
seed: 7
budget: {words: 1800}
components: [{name: all, corpus: notes, balance: {by: topics.cluster, policy: unimax}}]
""",
    "mixes/one.yaml": """
name: one
seed: 7
budget: {documents: 5}
components: [{name: sea, corpus: notes, where: "topics.cluster = 0 and topics.closeness between 0.5 and 1"}]
""",
}


def rows() -> list[dict[str, Any]]:
    """Nine in ten are about the sea; one says nothing that has a letter."""
    found = [*texts("sea", COMMON, 1, words=60), *texts("court", RARE, 1, words=60), "12 34 56"]
    named = [{"id": f"d{number}", "text": text} for number, text in enumerate(found)]
    random.Random(1).shuffle(named)
    return named


def built(store: Store, folder: Path, files: int, workers: int) -> Library:
    for number in range(files):
        write_jsonl(folder / "raw" / f"{number}.jsonl", rows()[number::files])
    for name, text in RECIPES.items():
        write(folder / "recipes" / name, text.replace("PLACE", str(folder / "raw")))
    found = library(store, folder / "recipes", workers=workers, auditor=GreatExpectationsAuditor())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        found.build(MIXED)
    found.engine.close()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(MemoryStore(), tmp_path_factory.mktemp("clusters"), 1, 1)


def table(found: Library, manifest: Manifest) -> list[dict[str, Any]]:
    return [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]


def topics(found: Library) -> dict[bytes, str]:
    """What a document is about, by its text."""
    documents = table(found, found.build(Partition("snapshots", "notes@dev")).manifest)
    words = {row["doc_id"]: {*row["text"].split()} for row in documents}
    return {key: next((topic for topic in TOPICS if own & {*TOPICS[topic]}), "none") for key, own in words.items()}


@pytest.mark.embedded
def test_any_files_and_workers_on_a_real_store(tmp_path: Path, whole: Library, s3_store: S3Store) -> None:
    parts = built(s3_store, tmp_path, 3, 2)
    for partition in (Partition("artifacts", "topics@1"), SIGNALS, MIXED):
        one, three = whole.build(partition), parts.build(partition)
        assert one.manifest.id == three.manifest.id
        assert [outcome.check for outcome in three.outcomes if not outcome.passed] == []
        assert not three.fresh
    assert [len(found.build(SIGNALS).manifest.files) for found in (whole, parts)] == [1, 3]


def test_every_document_has_the_cluster_of_its_topic(whole: Library) -> None:
    about, signals = topics(whole), whole.build(SIGNALS).manifest
    pairs = Counter((about[row["doc_id"]], row["cluster"]) for row in table(whole, signals))
    assert pairs == {("sea", 0): COMMON, ("court", 1): RARE, ("none", None): 1}
    assert signals.profile["clusters"] == {"000": COMMON, "001": RARE, "unknown": 1}


def test_a_mix_that_is_balanced_by_cluster_has_as_much_of_each(whole: Library) -> None:
    mixed = whole.build(MIXED).manifest
    groups = mixed.profile["asked"]["all"]["groups"]
    assert {name: item["available"] for name, item in groups.items()} == {"0": 5400, "1": 600, "unknown": 3}
    assert [item["words"] for item in groups.values()] == [894, 894, 12]
    about = topics(whole)
    words = Counter[str]()
    for row in table(whole, mixed):
        words[about[row["doc_id"]]] += row["words"]
    assert abs(words["sea"] - words["court"]) <= 60 < words["court"]


def test_a_cluster_is_a_condition(whole: Library) -> None:
    about = topics(whole)
    members = table(whole, whole.build(Partition("mixed", "one@dev")).manifest)
    assert [about[row["doc_id"]] for row in members] == ["sea"] * 5
