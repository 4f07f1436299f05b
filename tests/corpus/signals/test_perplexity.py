"""The perplexity group: words, log-probability and bucket of every document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import ngrams
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.files import find_model, store_model
from dagster_project.corpus.scorers.ngrams import NgramModel, count_trigrams, cuts_of, estimate
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.signals.perplexity import SCHEMA, measure
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.scorers.models import GOOD, texts
from tests.oracles.likelihood import KneserNey

LEARNED = texts(GOOD, 60, 1)


def block(found: list[str]) -> Block:
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(found))], pa.binary(16))
    return Block(pa.table({"doc_id": ids, "text": pa.array(found, pa.large_string())}))


@pytest.fixture
def artifact(tmp_path: Path, memory_store: MemoryStore) -> Artifact:
    tables = estimate(count_trigrams(LEARNED))
    (tmp_path / "ngrams.npz").write_bytes(ngrams.save(NgramModel(tables, cuts_of(tables, texts(GOOD, 60, 2)))))
    return Artifact(store_model(memory_store, find_model(tmp_path / "ngrams.npz", "MIT"), "public"), Loading("ngram"))


def test_columns_and_profile(artifact: Artifact) -> None:
    asked = [*texts(GOOD, 60, 2), "", " \n", "nothing of this was ever met before"]
    table, profile = measure(block(asked), {}, artifact)
    assert table.schema.equals(SCHEMA)
    assert table.column("scored_words").to_pylist() == [len(text.split()) for text in asked]
    oracle = KneserNey([text.split() for text in LEARNED])
    expected = [-1000 * oracle.cost(text.split()) for text in asked]
    assert np.abs(np.array(table.column("log_prob").to_pylist()) - expected).max() <= 1
    assert table.column("log_prob").to_pylist()[60:62] == [0, 0]
    buckets = table.column("perplexity_bucket").to_pylist()
    assert buckets[60:] == [None, None, "tail"]
    assert profile == {
        "scored_words": sum(len(text.split()) for text in asked),
        "buckets": {"head": 20, "middle": 20, "tail": 21, "unknown": 2},
    }
    means = np.array(table.column("log_prob").to_pylist()[:60]) / [len(text.split()) for text in asked[:60]]
    by_bucket = {name: means[[found == name for found in buckets[:60]]] for name in ("head", "middle", "tail")}
    assert by_bucket["head"].min() >= by_bucket["middle"].max() >= by_bucket["middle"].min() >= by_bucket["tail"].max()


def test_no_documents(artifact: Artifact) -> None:
    table, _ = measure(block([]), {}, artifact)
    assert (table.num_rows, table.schema.equals(SCHEMA)) == (0, True)


def test_a_scorer_without_a_model_tells_no_perplexity() -> None:
    with pytest.raises(Refused, match="tells no perplexity"):
        measure(block(["a"]), {}, Artifact(None, Loading("python", factory="x:y")))
