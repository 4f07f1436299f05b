"""Cascades: the first failing rule names the reason and the value; limits are inclusive; sums add up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.filtering.verdicts import find_lists, recipe_of, signals_read, verdicts
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
    with pytest.raises(Refused, match="'contentwords' is not a rule: use one of allowed_domains, alphabetic"):
        signals_read(PolicyRecipe("p", (RuleRecipe("contentwords", min=1),)))


def test_choices_for_a_rule_that_has_none_are_refused() -> None:
    with pytest.raises(Refused, match="rule stop_words has no choices"):
        signals_read(PolicyRecipe("p", (RuleRecipe("stop_words", any_of=("the",)),)))


def test_statements_that_a_policy_honors_remove_what_holds_one() -> None:
    table, counted = verdicts(
        signals(reservations=[[], ["noindex"], ["robots.txt:*", "robots.txt:gptbot"], ["tdm"]], words=[1, 2, 3, 4]),
        policy(RuleRecipe("reserved", none_of=("robots.txt", "noai"))),
    )
    assert table.column("keep").to_pylist() == [True, True, False, True]
    assert table.column("value").to_pylist() == [None, None, 2.0, None]
    assert counted["removed"] == {"reserved": {"documents": 1, "words": 3}}


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (RuleRecipe("reserved", any_of=("noai",)), "rule reserved has no choices"),
        (RuleRecipe("reserved", max=1, none_of=("noai",)), "is not about a number"),
        (RuleRecipe("reserved", none_of=("no-ai", "tdm")), "honors no-ai, which nobody says"),
        (RuleRecipe("reserved"), "rule reserved needs none_of"),
        (RuleRecipe("stop_words", none_of=("noai",)), "rule stop_words is not about statements"),
        (RuleRecipe("stop_words", list="x.txt"), "rule stop_words looks nothing up"),
        (RuleRecipe("blocked_domains", max=0), "rule blocked_domains needs list"),
    ],
)
def test_what_a_rule_has_no_use_for_is_refused(rule: RuleRecipe, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        signals_read(PolicyRecipe("p", (rule,)))


def test_a_list_is_known_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    found = []
    for home, text in (("one", "evil.test\n"), ("two", "evil.test\n"), ("three", "good.test\n")):
        path = tmp_path / home / "lists" / "a.txt"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        rules = PolicyRecipe("p", (RuleRecipe("blocked_domains", list=str(path)),))
        found.append(recipe_of(rules, find_lists(rules)))
    assert found[0] == found[1] != found[2]
    digest = hashlib.sha256(b"evil.test\n").hexdigest()
    assert found[0]["rules"][0]["list"] == f"sha256:{digest}"
    assert str(tmp_path) not in str(found)


NUMBERS = sorted(name for name, rule in RULES.items() if rule.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_rule_gives_one_finite_value_for_empty_and_ordinary_documents(name: str) -> None:
    rule = RULES[name]
    columns = {column: ["en", "und"] if column == "language" else [0, 7] for column in rule.reads}
    assert rule.value
    value = rule.value(signals(**columns))
    assert value.shape == (2,)
    assert value[0] == 0
