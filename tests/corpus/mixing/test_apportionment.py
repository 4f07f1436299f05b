"""Budgets divided: sums exact, policies as published, refusals with arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing.apportionment import (
    Part,
    TooMuch,
    divide,
    most_feasible,
    most_together,
    of_components,
    of_phases,
    refuse_infeasible,
)
from dagster_project.corpus.mixing.divisors import apportioned
from dagster_project.corpus.mixing.even_phases import even_over_phases
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import Budget, ComponentRecipe, MixRecipe, PhaseRecipe, WeightingRecipe
from tests.oracles.divisors import exists


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
    exact = [Fraction(str(weight)) for weight in weights]
    for amount, share in zip(amounts, [weight / sum(exact) for weight in exact], strict=True):
        assert policy != "declared" or abs(amount - total * share) <= Fraction(1, 2) + share * len(weights) / 2


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


def test_shares_and_an_odd_rest_leave_nothing_over() -> None:
    """What is fixed comes to half a unit less or more than the mix, and rounding settles it."""
    for budget in (500, 501):
        recipe = mix(
            ComponentRecipe("a", "x@1", share=0.5), ComponentRecipe("b", "x@1", budget=Budget(words=budget)), total=1001
        )
        (phase,) = recipe.in_phases
        assert of_components(recipe, phase, 1001, parts(9999, 9999)) == [1001 - budget, budget]


COMPONENTS = st.lists(st.sampled_from(["budget", "share", "weight"]), min_size=1, max_size=5)


@given(COMPONENTS, st.lists(st.integers(1, 30), min_size=5, max_size=5), st.integers(1, 200), st.integers(0, 200))
def test_of_more_nobody_gets_less(kinds: list[str], numbers: list[int], total: int, more: int) -> None:
    said: dict[str, Any] = {
        "budget": lambda number: {"budget": Budget(words=number)},
        "share": lambda number: {"share": number / 100},
        "weight": lambda number: {"weight": number / 7},
    }
    components = [
        ComponentRecipe(f"c{at}", "x@1", **said[kind](number))
        for at, (kind, number) in enumerate(zip(kinds, numbers, strict=False))
    ]
    found = []
    for size in (total, total + more):
        recipe = mix(*components, total=size)
        try:
            found.append(of_components(recipe, recipe.in_phases[0], size, parts(*[10**6] * len(kinds))))
        except Refused:
            return
        assert sum(found[-1]) == size
    assert all(one <= other for one, other in zip(*found, strict=True))


PHASED = st.integers(1, 3).flatmap(
    lambda phases: st.integers(1, 4).flatmap(
        lambda components: st.tuples(
            st.lists(st.integers(0, 12), min_size=components, max_size=components),
            st.lists(
                st.lists(st.sampled_from([0, 0, 1, 2, 5]), min_size=components, max_size=components).filter(any),
                min_size=phases,
                max_size=phases,
            ),
            st.lists(st.integers(1, 9), min_size=phases, max_size=phases),
        )
    )
)


@settings(max_examples=400)
@given(PHASED, st.integers(1, 40))
def test_unimax_over_phases_refuses_nothing_that_exists(
    found: tuple[list[int], list[list[int]], list[int]], total: int
) -> None:
    most, numbers, shares = found
    weights = [[Fraction(number) for number in phase] for phase in numbers]
    amounts = apportioned(total, [Fraction(share) for share in shares])
    given_ = even_over_phases(amounts, weights, most)
    assert [sum(parts_of) for parts_of in given_] == amounts
    assert all(
        not amount for row, ws in zip(given_, weights, strict=True) for amount, w in zip(row, ws, strict=True) if not w
    )
    is_within = all(sum(row[at] for row in given_) <= limit for at, limit in enumerate(most))
    assert is_within == exists(amounts, weights, most)


def test_unimax_over_phases_takes_the_last_word_that_there_is() -> None:
    """Caps of phases are whole: three parts of 7 words make 21 words in phases of 10 and 11."""
    weights = [[Fraction(1)] * 3] * 2
    given_ = even_over_phases([10, 11], weights, [7, 7, 7])
    assert [sum(column) for column in zip(*given_, strict=True)] == [7, 7, 7]
    late = even_over_phases([10, 10], [[Fraction(1), Fraction(1)], [Fraction(0), Fraction(1)]], [10, 10])
    assert late == [[10, 0], [0, 10]]


def test_groups_bound_what_a_component_gives() -> None:
    assert most_together(parts(10, 1000), "even", 1.0) == 80
    assert most_together(parts(10, 1000), "unimax", 1.0) == 4040
    assert most_together(parts(10, 1000), "proportional", 1.0) == 4040


def test_more_than_exists_is_refused_by_name() -> None:
    with pytest.raises(
        TooMuch, match=r"more words than exist: c1 is asked for 500 and has 100, at most 200 in its epochs"
    ):
        refuse_infeasible("words", [500, 500], parts(5000, 100, epochs=2), ["c0", "c1"])
    refuse_infeasible("words", [200, 200], parts(5000, 100, epochs=2), ["c0", "c1"])


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_the_most_that_can_be_had_is_found(limit: int, total: int) -> None:
    assert most_feasible(total, lambda amount: amount <= limit) == min(limit, total - 1)
