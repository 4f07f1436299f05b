"""The scores group: millionths for every document, whatever the scorer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.files import find_model, store_model
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.signals.scores import SCHEMA, measure
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.scorers.models import trained


class Digits:
    """The digits of a text as a share of one hundred."""

    def __init__(self, path: Path | None) -> None:
        pass

    def score(self, texts: Sequence[str]) -> Any:
        return [int(text or 0) / 100 for text in texts]


class Broken(Digits):
    def score(self, texts: Sequence[str]) -> Any:
        return [0.5]


def block(texts: list[str]) -> Block:
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(texts))], pa.binary(16))
    return Block(pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string())}))


def user(monkeypatch: pytest.MonkeyPatch, name: str) -> Artifact:
    import sys

    monkeypatch.setitem(sys.modules, "user_scores", sys.modules[__name__])
    return Artifact(None, Loading("python", factory=f"user_scores:{name}"))


def test_columns_and_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    table, profile = measure(block(["0", "4", "5", "99", "100", "250", "-5"]), {}, user(monkeypatch, "Digits"))
    assert table.schema.equals(SCHEMA)
    assert table.column("score").to_pylist() == [0, 40_000, 50_000, 990_000, 1_000_000, 2_500_000, -50_000]
    assert profile == {"histogram": {"00": 3, "01": 1, "19": 3}}


def test_no_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    table, profile = measure(block([]), {}, user(monkeypatch, "Digits"))
    assert (table.num_rows, table.schema.equals(SCHEMA), profile) == (0, True, {"histogram": {}})


def test_a_scorer_that_answers_too_little_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="the scorer user_scores:Broken answered 2 texts"):
        measure(block(["1", "2"]), {}, user(monkeypatch, "Broken"))


def test_a_scorer_trained_here(tmp_path: Path, memory_store: MemoryStore) -> None:
    model = store_model(memory_store, find_model(trained(tmp_path).model, "MIT"), "public")
    table, _ = measure(block(["theorem\nlemma proof", "casino winner"]), {}, Artifact(model, Loading("fasttext", "hq")))
    good, bad = table.column("score").to_pylist()
    assert good > 900_000 > 100_000 > bad
