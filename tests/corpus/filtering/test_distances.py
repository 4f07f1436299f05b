"""Distances between two rows of counts: known values, bounds, symmetry, and nothing to compare."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.filtering.distances import jensen_shannon, total_variation

ROWS = st.integers(1, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 10**9), min_size=size, max_size=size)] * 2)
)


def entropy(shares: list[float]) -> float:
    return -sum(share * log2(share) for share in shares if share)


@pytest.mark.parametrize(
    ("before", "after", "bits", "varied"),
    [
        ([1, 1], [50, 50], 0, 0),
        ([3, 0], [0, 7], 1, 1),
        ([1, 1], [2, 0], 0.311278, 0.5),
        ([9, 1], [1, 9], 0.531004, 0.8),
    ],
)
def test_known_values(before: list[int], after: list[int], bits: float, varied: float) -> None:
    assert jensen_shannon(before, after) == pytest.approx(bits, abs=1e-6)
    assert total_variation(before, after) == pytest.approx(varied)


@given(ROWS)
def test_laws(rows: tuple[list[int], list[int]]) -> None:
    before, after = rows
    bits, varied = jensen_shannon(before, after), total_variation(before, after)
    if not sum(before) or not sum(after):
        assert bits is varied is None
        return
    assert bits is not None
    assert varied is not None
    assert bits == pytest.approx(jensen_shannon(after, before), abs=1e-12)
    assert varied == total_variation(after, before)
    assert 0 <= bits <= varied + 1e-9 <= 1 + 2e-9  # Lin 1991, theorem 3
    middle = [(one / sum(before) + other / sum(after)) / 2 for one, other in zip(before, after, strict=True)]
    halves = [entropy([count / sum(row) for count in row]) / 2 for row in rows]
    assert bits == pytest.approx(entropy(middle) - sum(halves), abs=1e-9)
