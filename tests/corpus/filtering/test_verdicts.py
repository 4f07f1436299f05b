"""Cascades: the first failing rule names the reason and the value; limits are inclusive; sums add up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.filtering.cascade import Cascade, Draw, cascade_of, control_of
from dagster_project.corpus.filtering.judging import BYTES, WORDS
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.filtering.verdicts import Edited, find_lists, judging_of, recipe_of, verdicts
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import EditStep, view_of
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe


def signals(**columns: list) -> pa.Table:
    """Signals under their own names, and the counts that removals are weighed by."""
    rows = len(next(iter(columns.values())))
    ids = pa.array([bytes([n]) * 16 for n in range(rows)], pa.binary(16))
    words = columns.get("words", [1] * rows)
    return pa.table({"doc_id": ids, **columns, WORDS: words, BYTES: [10 * count for count in words]})


def cascade(*steps: StepRecipe, **others: PolicyRecipe) -> Cascade:
    return cascade_of(PolicyRecipe("p", steps), others.__getitem__)


def judged(table: pa.Table, found: Cascade) -> tuple[pa.Table, dict]:
    judgings = [judging_of(step, lambda step, signal: signal) for step in found.steps]
    return verdicts(table, {}, judgings)


def test_the_first_rule_that_fails_names_the_reason() -> None:
    table, counted = judged(
        signals(content_words=[49, 50, 100, 101, 60], words=[60, 60, 110, 120, 0], hashes=[60, 6, 12, 12, 1]),
        cascade(StepRecipe("content_words", min=50, max=100), StepRecipe("hash_share", max=0.1)),
    )
    assert table.column("keep").to_pylist() == [False, True, False, False, True]
    assert table.column("rule").to_pylist() == ["content_words", None, "hash_share", "content_words", None]
    assert table.column("value").to_pylist() == [49.0, None, 12 / 110, 101.0, None]
    assert counted["kept"] == {"documents": 2, "words": 60, "bytes": 600}
    assert counted["removed"] == {
        "content_words": {"documents": 2, "words": 180, "bytes": 1800},
        "hash_share": {"documents": 1, "words": 110, "bytes": 1100},
    }
    assert counted["fired"] == {"content_words": 2, "hash_share": 2}
    assert counted["overlap"] == {"content_words": {"hash_share": 1}, "hash_share": {}}


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({"min": 5}, [5, 6]),
        ({"above": 5}, [6]),
        ({"max": 5}, [4, 5]),
        ({"below": 5}, [4]),
        ({"min": 5, "below": 6}, [5]),
    ],
)
def test_limits_hold_to_the_value_itself_or_stop_before_it(limits: dict[str, float], kept: list[int]) -> None:
    table, _ = judged(signals(content_words=[4, 5, 6]), cascade(StepRecipe("content_words", **limits)))
    assert [value for value, keep in zip([4, 5, 6], table.column("keep").to_pylist(), strict=True) if keep] == kept


def test_choices_and_scores() -> None:
    table, _ = judged(
        signals(language=["en", "en", "de"], language_score=[650, 649, 999]),
        cascade(StepRecipe("language", min=0.65, any_of=("en",))),
    )
    assert table.column("keep").to_pylist() == [True, False, False]
    assert table.column("value").to_pylist() == [None, 0.649, 0.999]


def test_steps_of_a_named_policy_carry_its_name_and_stand_in_its_place() -> None:
    inner = PolicyRecipe("short", (StepRecipe("content_words", min=5),))
    found = cascade(StepRecipe("hash_share", max=0.1), StepRecipe(policy="short"), short=inner)
    assert [step.name for step in found.steps] == ["hash_share", "short.content_words"]


def test_a_policy_that_names_itself_is_refused() -> None:
    inner = PolicyRecipe("a", (StepRecipe(policy="b"),))
    with pytest.raises(Refused, match="p → a → b → a goes round in circles"):
        cascade(StepRecipe(policy="a"), a=inner, b=PolicyRecipe("b", (StepRecipe(policy="a"),)))


def test_a_rule_that_comes_twice_under_one_name_is_refused() -> None:
    inner = PolicyRecipe("a", (StepRecipe("content_words", min=5),))
    twice = PolicyRecipe("b", (StepRecipe(policy="a"),))
    with pytest.raises(Refused, match=r"policy p: rule a\.content_words comes twice"):
        cascade(StepRecipe(policy="a"), StepRecipe(policy="b"), a=inner, b=twice)


def test_policies_for_some_languages_judge_those_and_no_other_language_passes() -> None:
    french = PolicyRecipe("french", (StepRecipe("content_words", min=5),))
    found = cascade(StepRecipe(policy="french", languages=("fr",)), StepRecipe("hash_share", max=0.5), french=french)
    table, _ = judged(
        signals(
            content_words=[4, 5, 9, 9],
            hashes=[0, 0, 0, 9],
            words=[9] * 4,
            language=["fr", "fr", "de", "fr"],
            language_score=[900] * 4,
            **{"language/language": ["fr", "fr", "de", "fr"]},
        ),
        found,
    )
    assert [step.name for step in found.steps] == ["language_profile", "french.content_words", "hash_share"]
    assert table.column("rule").to_pylist() == ["french.content_words", None, "language_profile", "hash_share"]


def test_rules_after_an_edit_judge_the_edited_view() -> None:
    found = cascade(
        StepRecipe("content_words", min=5),
        StepRecipe(edit="c4", settings={"b": 1, "a": 2}),
        StepRecipe("hash_share", max=1),
    )
    program = (EditStep("c4", (("a", 2), ("b", 1))),)
    assert [step.edits for step in found.steps] == [(), program, program]
    assert found.edits == program
    assert view_of(program) == view_of((EditStep("c4", (("a", 2), ("b", 1))),)) != view_of((EditStep("c4"),)) != "raw"


def test_a_rule_may_judge_the_text_before_and_after_an_edit() -> None:
    found = cascade(StepRecipe("content_words", min=5), StepRecipe(edit="c4"), StepRecipe("content_words", min=9))
    assert [step.name for step in found.steps] == ["content_words", "content_words[edited]", "empty_after_edits"]
    assert found.emptying == found.steps[-1]
    assert [step.name for step in found.written] == ["content_words", "content_words[edited]"]


def test_what_the_edits_leave_empty_is_asked_once_and_of_the_last_view() -> None:
    empty = StepRecipe("empty_after_edits", min=1)
    inner = PolicyRecipe("a", (StepRecipe(edit="c4"), StepRecipe("content_words", min=5)))
    within = cascade(StepRecipe(policy="a"), StepRecipe(edit="pipes"), a=inner)
    assert [(step.name, len(step.edits)) for step in within.steps] == [("a.content_words", 1), ("empty_after_edits", 2)]
    said = cascade(StepRecipe(edit="c4"), empty, StepRecipe("content_words", min=5))
    assert [step.name for step in said.steps] == ["empty_after_edits", "content_words"]
    between = cascade(StepRecipe(edit="c4"), empty, StepRecipe(edit="pipes"))
    assert [step.name for step in between.steps] == ["empty_after_edits", "empty_after_edits[edited]"]
    assert cascade(StepRecipe("content_words", min=5)).emptying is None


def test_a_control_of_edits_is_not_drawn_from_what_they_leave_empty() -> None:
    plain = cascade(StepRecipe("content_words", min=5), StepRecipe(edit="c4"))
    best = cascade(StepRecipe(edit="c4"), StepRecipe("content_words", quantile=0.5))
    for found in (plain, best):
        assert [step.name for step in control_of(found, Draw(3, 1)).steps] == ["empty_after_edits", "drawn"]


def test_a_control_is_as_clean_of_benchmarks_as_what_it_stands_beside() -> None:
    found = cascade(StepRecipe("contaminated_items", max=0, model="evals"), StepRecipe("score", min=0.5, model="good"))
    assert [step.name for step in control_of(found, Draw(3, 1)).steps] == ["contaminated_items[evals]", "drawn"]


@pytest.mark.parametrize(
    ("inner", "outer", "named", "bounds"),
    [
        (0.2, 1.0, None, {"a.content_words": 0.2, "a.hash_share": 0.1, "b.words": 0.2}),
        (0.2, 0.2, None, {"a.hash_share": 0.1}),  # what the whole may remove at most, no rule exceeds
        (0.2, 1.0, 0.5, {"a.content_words": 0.5, "a.hash_share": 0.5, "b.words": 0.5}),
        (1.0, 1.0, 1.0, {"a.content_words": 1.0, "a.hash_share": 1.0, "b.words": 1.0}),
    ],
)
def test_bounds_of_a_named_policy_bind_its_steps_unless_others_are_said(
    inner: float, outer: float, named: float | None, bounds: dict[str, float]
) -> None:
    rules = (
        StepRecipe("content_words", min=5),
        StepRecipe("hash_share", max=1, max_removed=0.1),
        StepRecipe(edit="c4"),
    )
    policies = {
        "a": PolicyRecipe("a", (*rules, StepRecipe(policy="b")), max_removed=inner),
        "b": PolicyRecipe("b", (StepRecipe("words", min=1),), max_removed=0.9),
    }
    policy = PolicyRecipe("p", (StepRecipe(policy="a", max_removed=named),), max_removed=outer)
    assert cascade_of(policy, policies.__getitem__).bounds == bounds


def test_only_what_is_kept_has_edits() -> None:
    spans = [[{"start": 0, "end": 1, "text": ""}], [{"start": 2, "end": 3, "text": "x"}]]
    table, counted = verdicts(
        signals(content_words=[4, 5], words=[9, 7], left=[1, 4], **{"e": pa.array(spans, EDITS)}),
        {},
        [judging_of(step, lambda step, signal: signal) for step in cascade(StepRecipe("content_words", min=5)).steps],
        Edited("e", "left"),
    )
    assert table.column("edits").to_pylist() == [[], spans[1]]
    assert counted["kept"] == {"documents": 1, "words": 7, "bytes": 70}
    assert counted["edited"] == {"documents": 1, "words": 3, "bytes": 0}


def test_an_unknown_rule_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="'contentwords' is not a rule: use one of address_share, allowed_domains"):
        cascade(StepRecipe("contentwords", min=1))


def test_choices_for_a_rule_that_has_none_are_refused() -> None:
    with pytest.raises(Refused, match="rule stop_words has no choices"):
        cascade(StepRecipe("stop_words", any_of=("the",)))


def test_statements_that_a_policy_honors_remove_what_holds_one() -> None:
    table, counted = judged(
        signals(reservations=[[], ["noindex"], ["robots.txt:*", "robots.txt:gptbot"], ["tdm"]], words=[1, 2, 3, 4]),
        cascade(StepRecipe("reserved", none_of=("robots.txt", "noai"))),
    )
    assert table.column("keep").to_pylist() == [True, True, False, True]
    assert table.column("value").to_pylist() == [None, None, 2.0, None]
    assert counted["removed"] == {"reserved": {"documents": 1, "words": 3, "bytes": 30}}


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (StepRecipe("reserved", any_of=("noai",)), "rule reserved has no choices"),
        (StepRecipe("reserved", max=1, none_of=("noai",)), "is not about a number"),
        (StepRecipe("reserved", none_of=("no-ai", "tdm")), "honors no-ai, which nobody says"),
        (StepRecipe("reserved"), "rule reserved needs none_of"),
        (StepRecipe("stop_words", none_of=("noai",)), "rule stop_words is not about statements"),
        (StepRecipe("stop_words", list="x.txt"), "rule stop_words looks nothing up"),
        (StepRecipe("blocked_domains", max=0), "rule blocked_domains needs list"),
    ],
)
def test_what_a_rule_has_no_use_for_is_refused(rule: StepRecipe, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        cascade(rule)


def test_a_list_is_known_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    found = []
    for home, text in (("one", "evil.test\n"), ("two", "evil.test\n"), ("three", "good.test\n")):
        path = tmp_path / home / "lists" / "a.txt"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        rules = cascade(StepRecipe("blocked_domains", list=str(path)))
        found.append(recipe_of(rules, {name: item.sha256 for name, item in find_lists(rules).items()}))
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
    value = rule.value(signals(**{"words": [0, 7], **columns}))
    assert value.shape == (2,)
    assert value[0] == 0 or name.startswith("perplexity")  # of nothing there is none
