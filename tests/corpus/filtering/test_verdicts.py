"""Cascades: the first failing rule names the reason and the value; limits are inclusive; sums add up."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.filtering.verdicts import signals_read, verdicts
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import PolicyRecipe, RuleRecipe, as_data


def signals(**columns: list) -> pa.Table:
    rows = len(next(iter(columns.values())))
    ids = pa.array([bytes([n]) * 16 for n in range(rows)], pa.binary(16))
    return pa.table({"doc_id": ids, **columns})


def policy(*rules: RuleRecipe) -> dict:
    return as_data(PolicyRecipe("p", rules))


def test_the_first_rule_that_fails_names_the_reason() -> None:
    table, counted = verdicts(
        signals(content_words=[49, 50, 100, 101, 60], words=[60, 60, 110, 120, 0], hashes=[60, 6, 12, 12, 1]),
        policy(RuleRecipe("content_words", min=50, max=100), RuleRecipe("hash_share", max=0.1)),
    )
    assert table.column("keep").to_pylist() == [False, True, False, False, True]
    assert table.column("rule").to_pylist() == ["content_words", None, "hash_share", "content_words", None]
    assert table.column("value").to_pylist() == [49.0, None, 12 / 110, 101.0, None]
    assert counted["kept"] == {"documents": 2, "words": 60}
    assert counted["removed"] == {
        "content_words": {"documents": 2, "words": 180},
        "hash_share": {"documents": 1, "words": 110},
    }
    assert counted["fired"] == {"content_words": 2, "hash_share": 2}


def test_choices_and_scores() -> None:
    table, _ = verdicts(
        signals(language=["en", "en", "de"], language_score=[650, 649, 999], words=[1, 1, 1]),
        policy(RuleRecipe("language", min=0.65, any_of=("en",))),
    )
    assert table.column("keep").to_pylist() == [True, False, False]
    assert table.column("value").to_pylist() == [None, 0.649, 0.999]


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="'contentwords' is not a rule: use one of alphabetic_word_share"):
        signals_read(PolicyRecipe("p", (RuleRecipe("contentwords", min=1),)))


def test_choices_for_a_rule_that_has_none_are_refused() -> None:
    with pytest.raises(Refused, match="rule stop_words has no choices"):
        signals_read(PolicyRecipe("p", (RuleRecipe("stop_words", any_of=("the",)),)))


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_gives_one_finite_value_for_empty_and_ordinary_documents(name: str) -> None:
    rule = RULES[name]
    columns = {column: ["en", "und"] if column == "language" else [0, 7] for column in rule.reads}
    value = rule.value(signals(**columns))
    assert value.shape == (2,)
    assert value[0] == 0
