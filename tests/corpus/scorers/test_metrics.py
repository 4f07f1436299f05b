"""Metrics against their definitions, pair by pair."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.scorers.metrics import average_precision, metrics_of, roc_auc

examples = st.lists(
    st.tuples(st.sampled_from([0, 1, 250_000, 500_000, 999_999, 1_000_000]), st.booleans()), max_size=30
)


@given(examples)
def test_roc_auc_is_the_share_of_pairs_in_order(found: list[tuple[int, bool]]) -> None:
    scores, sides = np.array([s for s, _ in found], np.int64), np.array([p for _, p in found], bool)
    pairs = list(product(scores[sides].tolist(), scores[~sides].tolist()))
    expected = sum((good > bad) + (good == bad) / 2 for good, bad in pairs) / len(pairs) if pairs else None
    assert roc_auc(scores, sides) == (None if expected is None else round(expected, 6))


@given(examples)
def test_average_precision_is_the_area_of_steps(found: list[tuple[int, bool]]) -> None:
    scores, sides = np.array([s for s, _ in found], np.int64), np.array([p for _, p in found], bool)
    area, seen = 0.0, 0.0
    for threshold in sorted({score for score, _ in found}, reverse=True):
        taken = [side for score, side in found if score >= threshold]
        recall = sum(taken) / max(1, sides.sum())
        area, seen = area + (recall - seen) * sum(taken) / len(taken), recall
    expected = round(area, 6) if sides.any() else None
    assert average_precision(scores, sides) == expected


def test_one_half_counts_as_positive() -> None:
    found = metrics_of(np.array([500_000, 499_999, 900_000, 0, 1_000_000]), np.array([True, True, False, False, True]))
    assert (found["precision"], found["recall"], found["f1"]) == (0.666667, 0.666667, 0.666667)
    assert found["histogram"]["positives"][9:11] == [1, 1]
    assert found["histogram"]["positives"][19] == 1
    assert sum(found["histogram"]["negatives"]) == 2


def test_nothing_to_divide_by_is_none() -> None:
    found = metrics_of(np.array([], np.int64), np.array([], bool))
    assert (found["precision"], found["recall"], found["f1"], found["roc_auc"]) == (None, None, 0.0, None)
