"""The tokens group: one count per document, of the text alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.files import find_model, store_model
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.scorers.tokenizer_training import train_tokenizer
from dagster_project.corpus.signals.tokens import SCHEMA, measure
from dagster_project.corpus.storage.memory import MemoryStore


def block(found: list[str]) -> Block:
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(found))], pa.binary(16))
    return Block(pa.table({"doc_id": ids, "text": pa.array(found, pa.large_string())}))


@pytest.fixture
def artifact(tmp_path: Path, memory_store: MemoryStore) -> Artifact:
    """Without merges: a token for every byte."""
    file = train_tokenizer(["ab"], TokenizerRecipe(257), tmp_path / "tokenizer.json")
    model = store_model(memory_store, find_model(file, "MIT"), "public")
    return Artifact(model, Loading("tokenizer", separator="<|endoftext|>"))


def test_counts_and_profile(artifact: Artifact) -> None:
    table, profile = measure(block(["", "abc", "日本", "<|endoftext|>"]), {}, artifact)
    assert table.schema.equals(SCHEMA)
    assert table.column("tokens").to_pylist() == [0, 3, 6, 13]
    assert profile == {"tokens": 22}


def test_no_documents(artifact: Artifact) -> None:
    table, profile = measure(block([]), {}, artifact)
    assert (table.num_rows, table.schema.equals(SCHEMA), profile) == (0, True, {"tokens": 0})


def test_other_artifacts_have_no_tokens(artifact: Artifact) -> None:
    with pytest.raises(Refused, match="a model of format ngram has no tokens: name an artifact of kind tokenizer"):
        measure(block(["a"]), {}, Artifact(artifact.model, Loading("ngram")))
    with pytest.raises(Refused, match="without a model file has no tokens"):
        measure(block(["a"]), {}, Artifact(None, Loading("python", factory="x:y")))
