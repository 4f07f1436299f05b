"""Budgets divided: sums exact, refusals with arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.apportionment import apportion
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import Budget, ComponentRecipe


def parts(*weights: float, epochs: int = 1) -> list[ComponentRecipe]:
    return [ComponentRecipe(f"c{n}", "x@1", weight=weight, max_epochs=epochs) for n, weight in enumerate(weights)]


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=8), st.integers(1, 10**12))
def test_shares_add_up_to_the_budget(weights: list[float], total: int) -> None:
    shares = apportion(parts(*weights), Budget(words=total), [10**13] * len(weights))
    assert sum(share.amount for share in shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.amount - total * weight / sum(weights)) <= 1 + total * 1e-9


def test_more_than_exists_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(Refused, match=r"c1 is asked for 500 and has 100 x 2 epochs.*400 words can be had"):
        apportion(parts(1, 1, epochs=2), Budget(words=1000), [5000, 100])


def test_what_can_be_had_can_be_had() -> None:
    shares = apportion(parts(1, 1, epochs=2), Budget(words=400), [5000, 100])
    assert [(share.amount, share.epochs) for share in shares] == [(200, 0.04), (200, 2.0)]
