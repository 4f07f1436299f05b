"""The whole search on texts of Python's manual and planted copies, against brute force over all pairs."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pytest

from dagster_project.corpus.storage.memory import MemoryStore

pytest.importorskip("datatrove", reason="needs the bench extra")
from tests.benchmarks import brute_force, recall

SKETCH = 1024  # hashes: with 256 one edge in twenty is a little below the limit, by the error of sampling


@pytest.fixture(scope="module")
def sets() -> list[np.ndarray]:
    return [brute_force.shingles(text) for text in recall.planted(sorted(topics.values()))[0]]


def test_similar_pairs_are_those_of_two_loops(sets: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "AT_ONCE", 7)
    some = [set(item.tolist()) for item in sets[:60]] + [set(sets[0].tolist()), set()]
    found = brute_force.similar([np.array(sorted(item), np.uint64) for item in some], 0.01)
    expected = {
        (i, j): len(one & other) / len(one | other)
        for (i, one), (j, other) in combinations(enumerate(some), 2)
        if one | other and len(one & other) / len(one | other) >= 0.01
    }
    pairs = zip(found.left.tolist(), found.right.tolist(), strict=True)
    assert dict(zip(pairs, found.similarity.tolist(), strict=True)) == expected
    assert expected[0, 60] == 1.0


def test_copies_are_found_as_the_s_curve_says(sets: list[np.ndarray], tmp_path: Path) -> None:
    every, sources = recall.planted(sorted(topics.values()))
    result = recall.compared(sets, sources, recall.families(MemoryStore(), every, tmp_path, SKETCH))
    assert result["missed"] == []
    assert result["pairs"]["0.75"] >= 10
    assert sum(item["pairs"] for item in result["recall_by_similarity"]["planted"].values()) >= len(sources) // 2
    assert result["mean_absolute_error"] < 0.03


def test_missed_goals_are_told() -> None:
    bins = {"0.80-0.85": {"off": -5.0}, "0.85-0.90": {"off": 3.9}}
    result = {
        **{"precision": 0.9, "recall_of_edges": 0.96, "recall_of_families": 0.8},
        "recall_by_similarity": {"planted": bins},
    }
    assert recall.missed(result) == [
        "precision 0.9 < 0.97",
        "recall_of_families 0.8 < 0.95",
        "planted pairs at 0.80-0.85 are -5.0 deviations off the S-curve",
    ]
