"""Thresholds against their definition, over any chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import thresholds
from dagster_project.corpus.scorers.thresholds import Threshold, threshold_of

near, far = st.integers(0, 6), st.integers(-(1 << 61), 1 << 61)
documents = st.lists(st.tuples(st.one_of(near, far), st.integers(0, 5)), min_size=1, max_size=30)
Chunks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]


def chunked(found: list[tuple[int, int]], size: int = 7) -> Chunks:
    def read() -> Iterable[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, len(found), size):
            part = np.array(found[start : start + size], np.int64)
            yield part[:, 0], part[:, 1]

    return read


def least(found: list[tuple[int, int]], allowed: int, column: int) -> Threshold:
    """The least value at or above the lowest score that keeps no more than is allowed."""
    scores = sorted({score for score, _ in found})
    for value in [scores[0], *[score + 1 for score in scores]]:
        kept = [item for item in found if item[0] >= value]
        sums = (len(kept), sum(words for _, words in kept))
        if sums[column] <= allowed:
            return Threshold(value, *sums)
    raise AssertionError("nothing always fits")


@pytest.mark.parametrize("bins", [2, 3, 1 << 20])
@given(found=documents, budget=st.integers(0, 100))
def test_a_budget_of_words(bins: int, found: list[tuple[int, int]], budget: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thresholds, "BINS", bins)
        assert threshold_of(chunked(found), words_budget=budget) == least(found, budget, 1)


@given(found=documents, percent=st.integers(0, 100), size=st.integers(1, 9))
def test_a_quantile(found: list[tuple[int, int]], percent: int, size: int) -> None:
    allowed = int((1 - Fraction(percent, 100)) * len(found))
    assert threshold_of(chunked(found, size), quantile=percent / 100) == least(found, allowed, 0)


def test_a_quantile_is_taken_as_it_is_written() -> None:
    assert threshold_of(chunked([(score, 1) for score in range(10)]), quantile=0.9) == Threshold(9, 1, 1)


def test_a_tie_that_does_not_fit_is_left_out() -> None:
    found = [(5, 10), (5, 10), (7, 10)]
    assert threshold_of(chunked(found), words_budget=29) == Threshold(6, 1, 10)
    assert threshold_of(chunked(found), words_budget=30) == Threshold(5, 3, 30)
    assert threshold_of(chunked(found), words_budget=0) == Threshold(8, 0, 0)


def test_no_documents_and_no_question() -> None:
    assert threshold_of(lambda: [], quantile=0.5) == Threshold(0, 0, 0)
    with pytest.raises(Refused, match="name one of the two"):
        threshold_of(lambda: [])
    with pytest.raises(Refused, match=r"a quantile of 1\.5 is none"):
        threshold_of(lambda: [], quantile=1.5)
