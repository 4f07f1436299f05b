"""What a mix does with candidates that repeat items: turned away and counted once, or taken and counted as members."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.mixing.members import MEMBER
from dagster_project.corpus.mixing.promises import Promises
from dagster_project.corpus.model.manifests import Identity, Manifest
from dagster_project.corpus.model.mix_recipes import Budget, ComponentRecipe, MixRecipe
from dagster_project.corpus.signals.contamination import SPAN

TOLD = {"items": 3, "ngrams": 9, "whole": 2, "too_short": 1, "untold": 0}


def promises(how: Literal["refuse", "exclude"], clean_of: tuple[str, ...] = ("evals@1", "more@1")) -> Promises:
    benchmarks = {"evals@1": {"quiz": TOLD, "exam": TOLD}, "more@1": {"quiz": TOLD}}
    identity = Identity("artifacts", (), {}, "1", (), "")
    artifacts = {
        key: Manifest(identity, (), (), facts={"artifact": {"benchmarks": benchmarks[key]}}) for key in clean_of
    }
    components = (ComponentRecipe("a", "c@1"), ComponentRecipe("b", "c@1"))
    return Promises(MixRecipe("m", components, Budget(words=1), clean_of=clean_of, contaminated=how), artifacts)


def shard(*rows: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> pa.Table:
    """One row per document: the (benchmark, item) pairs that the spans of each artifact name."""

    def spans(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
        rest = {"start": 0, "end": 1, "kind": "ngram", "found": 1, "total": 1}
        return [{"benchmark": benchmark, "item": item, **rest} for benchmark, item in pairs]

    columns = zip(*rows, strict=True)
    names = ("evals@1/contaminated", "more@1/contaminated")
    return pa.table(
        {
            name: pa.array([spans(pairs) for pairs in column], pa.list_(SPAN))
            for name, column in zip(names, columns, strict=True)
        }
    )


CLEAN: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
SHARDS = (
    shard(CLEAN, ([("quiz", "1"), ("quiz", "1"), ("quiz", "2"), ("exam", "x")], [("quiz", "1")]), CLEAN),
    shard(CLEAN, CLEAN, ([], [("quiz", "7")])),
)


def filled(how: Literal["refuse", "exclude"]) -> Promises:
    found = promises(how)
    for table in SHARDS:
        found.add(table)
    return found


def members(*places: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.void]]:
    found = np.zeros(len(places), MEMBER)
    found["shard"], found["row"] = [shard for shard, _ in places], [row for _, row in places]
    return found


def test_what_is_excluded_is_counted_by_component_and_benchmark() -> None:
    found = filled("exclude")
    rows = np.arange(3)
    assert found.admit("a", 0, rows).tolist() == [0, 2]
    assert found.admit("a", 1, rows).tolist() == [0, 1]
    assert found.admit("b", 0, rows[:1]).tolist() == [0]
    assert found.refused == {
        "turned_away_contaminated": {"a": 2, "b": 0},
        "excluded_by_contamination": {"a": {"evals@1/exam": 1, "evals@1/quiz": 1, "more@1/quiz": 2}, "b": {}},
    }


def test_who_refuses_takes_all_and_counts_members() -> None:
    found = filled("refuse")
    assert found.admit("a", 0, np.arange(3)).tolist() == [0, 1, 2]
    assert found.refused["turned_away_contaminated"] == {"a": 0, "b": 0}
    profile = found.profile(members((0, 0), (0, 1), (1, 1), (0, 1), (1, 2)))
    assert profile == {
        "contaminated_members": 3,
        "contaminated": {
            "evals@1/quiz": {"members": 2, "items": {"1": 2, "2": 2}},
            "evals@1/exam": {"members": 2, "items": {"x": 2}},
            "more@1/quiz": {"members": 3, "items": {"1": 2, "7": 1}},
        },
    }
    answers = {item["benchmark"]: (item["status"], item["members"], item["items_hit"]) for item in found.facts(profile)}
    assert answers["more@1/quiz"] == ("hit", 3, 2)


@pytest.mark.parametrize("how", ["refuse", "exclude"])
def test_members_that_repeat_nothing_are_clean(how: Literal["refuse", "exclude"]) -> None:
    found = filled(how)
    profile = found.profile(members((0, 0), (1, 0)))
    assert {item["status"] for item in found.facts(profile)} == {"clean"}
    assert [item["benchmark"] for item in found.facts({})] == ["evals@1/quiz", "evals@1/exam", "more@1/quiz"]


def test_who_promises_nothing_counts_nothing() -> None:
    found = promises("refuse", clean_of=())
    found.add(pa.table({"doc_id": [b"x"]}))
    assert (found.profile(members((0, 0))), found.refused, found.facts({})) == ({}, {}, [])
