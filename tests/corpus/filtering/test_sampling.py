"""Samples: seeded, the same from any shards, of what the rule removed or of what was kept."""

from __future__ import annotations

from typing import Any

import pytest

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.filtering.sampling import CHARACTERS, Asked, sample
from dagster_project.corpus.model.errors import Refused
from tests.corpus.filtering.hand_made import SHORT, Hand, document

ROWS = [document(f"d{n}", text="t" * n, content_words=n % 20, title=f"Title {n}") for n in range(300)]
FILTERED = "filtered/web@1+short"


def hand(*shards: list[dict[str, Any]]) -> Hand:
    made = Hand(*shards)
    made.filtered("short", *SHORT)
    return made


def sampled(made: Hand, **asked: Any) -> list[dict[str, Any]]:
    return sample(LocalEngine(1), made.store, FILTERED, made.tables[FILTERED], Asked(**asked))


def test_the_same_seed_finds_the_same_ones_wherever_they_stand() -> None:
    one, other = hand(ROWS), hand(ROWS[:7], ROWS[7:100], list(reversed(ROWS[100:])))
    found = sampled(one, rule="content_words", size=5, seed=3)
    assert found == sampled(other, rule="content_words", size=5, seed=3)
    assert found != sampled(one, rule="content_words", size=5, seed=4)
    assert len({item["doc_id"] for item in found}) == 5
    assert all(int(item["locator"][1:]) % 20 == item["value"] < 10 for item in found)
    assert found[:2] == sampled(one, rule="content_words", size=2, seed=3)


def test_what_was_kept_is_told_with_what_the_rule_judged_of_it() -> None:
    made = hand(ROWS)
    found = sampled(made, rule="content_words", kept=True, size=4)
    assert all(int(item["locator"][1:]) % 20 == item["value"] >= 10 for item in found)
    assert [item["value"] for item in sampled(made, kept=True, size=4)] == [None] * 4


def test_fewer_than_asked_for_and_texts_cut() -> None:
    made = hand(ROWS)
    assert sampled(made, rule="characters") == []
    everything = sampled(made, kept=True, size=1000)
    assert len(everything) == 150
    assert all(item["text"] == "t" * min(item["characters"], CHARACTERS) for item in everything)


def test_a_rule_that_the_policy_has_not_is_refused() -> None:
    with pytest.raises(Refused, match=r"'words' is not a rule of .* use one of content_words, hash_share, characters"):
        sampled(hand(ROWS[:1]), rule="words")
