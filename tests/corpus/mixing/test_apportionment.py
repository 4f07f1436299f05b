"""Budgets divided: sums exact, policies as published, refusals with arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.apportionment import (
    Part,
    TooMuch,
    divide,
    most_feasible,
    of_components,
    of_phases,
    refuse_infeasible,
)
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import Budget, ComponentRecipe, MixRecipe, PhaseRecipe, WeightingRecipe


def parts(*sizes: int, epochs: int = 4) -> list[Part]:
    return [Part(f"c{number}", size, size * epochs) for number, size in enumerate(sizes)]


def mix(*components: ComponentRecipe, total: int = 1000, **more: Any) -> MixRecipe:
    return MixRecipe("m", components, Budget(words=total), **more)


def weighted(*weights: float) -> list[ComponentRecipe]:
    return [ComponentRecipe(f"c{number}", "x@1", weight=weight) for number, weight in enumerate(weights)]


@given(
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=8),
    st.integers(1, 10**12),
    st.sampled_from(["declared", "proportional", "temperature", "unimax"]),
)
def test_shares_add_up_to_the_budget(weights: list[float], total: int, policy: Any) -> None:
    recipe = mix(*weighted(*weights), total=total, weighting=WeightingRecipe(policy))
    (phase,) = recipe.in_phases
    amounts = of_components(recipe, phase, total, parts(*[10**13 + n for n in range(len(weights))]))
    assert sum(amounts) == total
    if policy == "declared":
        for amount, weight in zip(amounts, weights, strict=True):
            assert abs(amount - total * weight / sum(weights)) <= 1 + total * 1e-9


def test_weights_take_the_sizes_as_the_policy_says() -> None:
    sizes = parts(100, 10_000)
    assert divide(1010, sizes, "even") == [505, 505]
    assert divide(1010, sizes, "proportional") == [10, 1000]
    assert divide(1100, sizes, "temperature", 0.5) == [100, 1000]
    assert divide(1000, sizes, "temperature", 0.0) == divide(1000, sizes, "even")


def test_unimax_gives_the_small_all_that_it_can_and_shares_the_rest_evenly() -> None:
    """Chung et al. 2023, algorithm 1, by hand: 10 · 4 epochs, then (1000 - 40) / 2 each."""
    assert divide(1000, parts(1000, 10, 5000), "unimax") == [480, 40, 480]
    twice = [Part("a", 1000, 4000, Fraction(2)), Part("b", 10, 40), Part("c", 5000, 20_000)]
    assert divide(1000, twice, "unimax") == [640, 40, 320]


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 9)), min_size=1, max_size=8),
    st.integers(0, 10**6),
)
def test_unimax_passes_no_limit_unless_all_are_reached(found: list[tuple[int, int]], total: int) -> None:
    given_parts = [Part(str(n), size, size * 4, Fraction(weight)) for n, (size, weight) in enumerate(found)]
    amounts = divide(total, given_parts, "unimax")
    assert sum(amounts) == total
    if total <= sum(part.most for part in given_parts):
        assert all(amount <= part.most for amount, part in zip(amounts, given_parts, strict=True))


def test_phases_have_their_shares_and_weights() -> None:
    phases = (PhaseRecipe("stable", 0.85, {"c0": 3, "c1": 1}), PhaseRecipe("anneal", 0.15, {"c1": 1}))
    recipe = mix(*weighted(1, 1), total=1001, phases=phases)
    assert of_phases(recipe) == [851, 150]
    sizes = parts(10_000, 10_000)
    assert of_components(recipe, phases[0], 851, sizes) == [638, 213]
    assert of_components(recipe, phases[1], 150, sizes) == [0, 150]


def test_fixed_amounts_come_first() -> None:
    recipe = mix(
        ComponentRecipe("a", "x@1", budget=Budget(words=300)),
        ComponentRecipe("b", "x@1", share=0.5),
        *weighted(1, 3),
    )
    (phase,) = recipe.in_phases
    assert of_components(recipe, phase, 1000, parts(9999, 9999, 9999, 9999)) == [300, 500, 50, 150]
    with pytest.raises(Refused, match=r"fixed parts of the mix come to 800 words, and it holds 700"):
        of_components(
            mix(*recipe.components[:1], ComponentRecipe("b", "x@1", budget=Budget(words=500)), total=700),
            phase,
            700,
            parts(9999, 9999),
        )
    with pytest.raises(Refused, match=r"100 words of phase main are left for no component"):
        of_components(mix(ComponentRecipe("a", "x@1", share=0.9)), phase, 1000, parts(9999))


def test_shares_of_an_odd_budget_add_up() -> None:
    recipe = mix(ComponentRecipe("a", "x@1", share=0.5), ComponentRecipe("b", "x@1", share=0.5), total=1_000_001)
    (phase,) = recipe.in_phases
    assert of_components(recipe, phase, 1_000_001, parts(10**7, 10**7)) == [500_001, 500_000]


def test_more_than_exists_is_refused_by_name() -> None:
    with pytest.raises(
        TooMuch, match=r"more words than exist: c1 is asked for 500 and has 100, at most 200 in its epochs"
    ):
        refuse_infeasible("words", [500, 500], parts(5000, 100, epochs=2), ["c0", "c1"])
    refuse_infeasible("words", [200, 200], parts(5000, 100, epochs=2), ["c0", "c1"])


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_the_most_that_can_be_had_is_found(limit: int, total: int) -> None:
    assert most_feasible(total, lambda amount: amount <= limit) == min(limit, total - 1)
