"""Rules about scores and perplexity, at their limits."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from dagster_project.corpus.filtering.rule import judge
from dagster_project.corpus.filtering.score_rules import SCORE_RULES


def test_a_score_is_judged_in_units() -> None:
    signals = pa.table({"score": [18_111, 18_112, 18_113, 2_500_000]})
    judged = judge(SCORE_RULES["score"], signals, {"min": 0.018112})
    assert judged.value.tolist() == [0.018111, 0.018112, 0.018113, 2.5]
    assert judged.keeps.tolist() == [False, True, True, True]
    assert judge(SCORE_RULES["score"], signals, {"above": 0.018112}).keeps.tolist() == [False, False, True, True]


def test_perplexity_is_the_exponential_of_the_mean_cost() -> None:
    signals = pa.table({"log_prob": [-6908, -6907, 0, -(10**9)], "scored_words": [1, 1, 0, 1]})
    judged = judge(SCORE_RULES["perplexity"], signals, {"max": 1000})
    assert judged.value[:2].tolist() == [math.exp(6.908), math.exp(6.907)]
    assert judged.keeps.tolist() == [False, True, False, False]
    assert np.isfinite(judged.value[3])
    assert judge(SCORE_RULES["perplexity"], signals, {"min": 1}).keeps.tolist() == [True, True, False, True]


def test_buckets_are_chosen_and_an_unknown_one_is_in_none() -> None:
    signals = pa.table(
        {
            "log_prob": [-1000, -2000, -3000, 0],
            "scored_words": [1, 1, 1, 0],
            "perplexity_bucket": pa.array(["head", "middle", "tail", None]),
        }
    )
    judged = judge(SCORE_RULES["perplexity_bucket"], signals, {"any_of": ("head", "middle")})
    assert judged.keeps.tolist() == [True, True, False, False]
    assert judged.value[0] == math.e


def test_every_rule_names_its_model() -> None:
    assert {rule.takes for rule in SCORE_RULES.values()} == {"model"}
