"""Who changes side between two verdicts: every document counted once, by both rules, as sets in memory say."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.corpus.lineage.diff import compare
from dagster_project.corpus.lineage.sides import SIDES, as_data, sides_of
from dagster_project.corpus.model.recipes import StepRecipe
from tests.corpus.filtering.hand_made import SHORT, Hand, document, typical

LIMITS = st.integers(0, 12)


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return [document(f"d{n}", content_words=n % 11, hashes=n % 7, words=n + 1, bytes=n) for n in range(120)]


def rule_of(row: dict, words: int, hashes: int) -> str | None:
    if row["content_words"] < words:
        return "content_words"
    return "hash_share" if row["hashes"] / row["words"] > hashes / 12 else None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(LIMITS, LIMITS), st.tuples(LIMITS, LIMITS), st.integers(1, 119))
def test_changes_are_those_of_sets_in_memory(
    rows: list[dict], one: tuple[int, int], other: tuple[int, int], cut: int
) -> None:
    hand = Hand(rows[:cut], rows[cut:])
    before, after = (
        hand.filtered(name, StepRecipe("content_words", min=words), StepRecipe("hash_share", max=hashes / 12))
        for name, (words, hashes) in (("one", one), ("other", other))
    )
    found = sides_of(hand.store, before, after)
    assert found is not None
    pairs = [(rule_of(row, *one), rule_of(row, *other)) for row in rows]
    words = {
        pair: sum(row["words"] for row, own in zip(rows, pairs, strict=True) if own == pair) for pair in set(pairs)
    }
    assert {(change.before, change.after): (change.documents, change.words) for change in found.changes} == {
        pair: (pairs.count(pair), words[pair]) for pair in set(pairs) if pair[0] != pair[1]
    }
    assert found.kept == {"documents": pairs.count((None, None)), "words": words.get((None, None), 0)}
    by_id = {row["doc_id"].hex(): pair for row, pair in zip(rows, pairs, strict=True)}
    for change in found.changes:
        assert len(change.examples) == min(3, change.documents)
        assert {by_id[item["doc_id"]] for item in change.examples} == {(change.before, change.after)}


def test_sides_are_named_by_what_happens() -> None:
    hand = typical()
    after = hand.filtered("other", StepRecipe("hash_share", max=0.1), StepRecipe("content_words", min=100))
    found = compare(hand.store, hand.tables["filtered/web@1+short"], after).sides
    assert found is not None
    assert [(change.side, change.before, change.after, change.documents) for change in found.changes] == [
        (SIDES[0], None, "content_words", 1),
        (SIDES[2], "content_words", "hash_share", 1),
    ]
    told = as_data(found)
    assert told["kept_to_removed"]["changes"][0]["examples"][0]["locator"] == "kept"
    assert (told["removed_by_another_rule"]["words"], told["removed"]["documents"]) == (4, 2)


def test_a_rule_is_the_same_whatever_policy_named_it() -> None:
    hand = typical()
    before = hand.tables["filtered/web@1+short"]
    after = hand.filtered("composed", StepRecipe(policy="inner"), inner=SHORT)
    found = sides_of(hand.store, before, after)
    assert found is not None
    assert (found.changes, found.removed, found.kept["documents"]) == ((), {"documents": 3, "words": 49}, 1)
    assert set(after.profile["removed"]) == {"inner.content_words", "inner.hash_share", "inner.characters"}


def test_verdicts_on_other_snapshots_have_no_sides() -> None:
    one, other = typical(), Hand([document("x")])
    after = other.filtered("short", StepRecipe("content_words", min=1))
    assert sides_of(one.store, one.tables["filtered/web@1+short"], after) is None
