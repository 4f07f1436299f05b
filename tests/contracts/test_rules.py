"""What every rule must do, run for each of them; a new one is a function and a line in RULES."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.filtering.cascade import cascade_of
from dagster_project.corpus.filtering.complaints import complaints
from dagster_project.corpus.filtering.judging import BYTES, WORDS
from dagster_project.corpus.filtering.rule import Rule, numbers
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.filtering.verdicts import judging_of, verdicts
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe
from dagster_project.corpus.signals.groups import GROUPS, group_of

VALUED = sorted(name for name, rule in RULES.items() if rule.value and rule.reads)


def signals(rule: Rule, counts: list[int]) -> pa.Table:
    """The signals that a rule reads, one row per count, of the types in which they are stored."""
    columns: dict[str, Any] = {}
    for number, name in enumerate(rule.reads):
        stored = GROUPS[group_of(name)].schema.field(name).type
        texts = pa.array(["en"] * len(counts), pa.string())
        columns[name] = texts if stored == pa.string() else pa.array([count + number for count in counts], stored)
    return pa.table(columns)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_reads_signals_that_some_group_measures_and_says_what_it_is(name: str) -> None:
    rule = RULES[name]
    assert rule.title
    assert rule.title == rule.title.strip(". ")
    takes = {GROUPS[group_of(column)].takes for column in rule.reads} - {"", "edits"}
    assert takes == {"model": {"artifact"}, "list": {"list"}, "": set()}[rule.takes]


@pytest.mark.parametrize("name", VALUED)
@settings(deadline=None, max_examples=10)
@given(counts=st.lists(st.integers(0, 1000), max_size=6))
def test_a_value_is_of_its_own_document_alone(name: str, counts: list[int]) -> None:
    rule = RULES[name]
    assert rule.value
    together = rule.value(signals(rule, counts))
    assert together.dtype == np.float64
    alone = [float(rule.value(signals(rule, [count]))[0]) for count in counts]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(rule.value(signals(rule, counts[::-1])), together[::-1])


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_step_without_what_its_rule_needs_is_complained_of(name: str) -> None:
    rule = RULES[name]
    needs = bool(rule.listing or rule.statements or rule.takes)
    limits = {} if rule.listing or rule.statements else {"max": 1.0}
    assert bool(list(complaints(StepRecipe(name, **limits)))) == needs


def test_a_new_rule_is_a_function_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def words_per_line(table: pa.Table) -> np.ndarray[Any, np.dtype[np.float64]]:
        return numbers(table, "words") / numbers(table, "lines")

    monkeypatch.setitem(RULES, "words_per_line", Rule(("words", "lines"), words_per_line, title="words per line"))
    cascade = cascade_of(PolicyRecipe("mine", (StepRecipe("words_per_line", min=5),)), {}.__getitem__)
    table = pa.table(
        {
            "doc_id": pa.array([b"a" * 16, b"b" * 16], pa.binary(16)),
            **{"words": [40, 60], "lines": [10, 10]},
            **{WORDS: [40, 60], BYTES: [200, 300]},
        }
    )
    judged, counted = verdicts(table, {}, [judging_of(step, lambda step, signal: signal) for step in cascade.steps])
    assert judged.select(["keep", "rule", "value"]).to_pylist() == [
        {"keep": False, "rule": "words_per_line", "value": 4.0},
        {"keep": True, "rule": None, "value": None},
    ]
    assert counted["removed"]["words_per_line"] == {"documents": 1, "words": 40, "bytes": 200}
