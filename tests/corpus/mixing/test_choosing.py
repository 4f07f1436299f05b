"""What a mix takes of its pools: what can be had is never refused, and what is said to be had can be built."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing import choosing
from dagster_project.corpus.mixing.choosing import Choice
from dagster_project.corpus.mixing.members import MEMBER, ONCE
from dagster_project.corpus.mixing.pools import Pool
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import (
    BalanceRecipe,
    Budget,
    ComponentRecipe,
    MixRecipe,
    PhaseRecipe,
    WeightingRecipe,
)

POLICIES = st.sampled_from(["declared", "proportional", "temperature", "unimax"])
BALANCES = st.sampled_from([None, "even", "proportional", "temperature", "unimax"])
GROUPS = st.lists(st.integers(1, 40), min_size=1, max_size=3)


@st.composite
def mixes(draw: Any) -> tuple[MixRecipe, list[list[int]]]:
    """A mix, and the words that each component has by group."""
    sizes = draw(st.lists(GROUPS, min_size=1, max_size=4))
    components = []
    for number, groups in enumerate(sizes):
        balance = draw(BALANCES) if len(groups) > 1 else None
        components.append(
            ComponentRecipe(
                f"c{number}",
                "x@1",
                weight=draw(st.integers(1, 4)),
                max_epochs=draw(st.integers(1, 3)),
                balance=BalanceRecipe("source", balance) if balance else None,
            )
        )
        sizes[number] = groups if balance else groups[:1]
    shares = draw(st.sampled_from([(), (1.0,), (0.7, 0.3), (0.5, 0.3, 0.2)]))
    names = [component.name for component in components]
    phases = tuple(
        PhaseRecipe(f"p{number}", share, dict.fromkeys(draw(st.lists(st.sampled_from(names), unique=True)), 1))
        for number, share in enumerate(shares)
    )
    if not phases and draw(st.booleans()):
        components[0] = replace(components[0], budget=Budget(words=draw(st.integers(1, 60))))
    recipe = MixRecipe(
        "m",
        tuple(components),
        Budget(words=draw(st.integers(1, 400))),
        phases=phases,
        weighting=WeightingRecipe(draw(POLICIES), 0.5),
    )
    return recipe, sizes


def choice(recipe: MixRecipe, sizes: list[list[int]]) -> Choice:
    none: Any = None
    found = Choice(recipe, [], none, none, none, none)
    for index, groups in enumerate(sizes):
        for number, size in enumerate(groups):
            pool = Pool(index, f"g{number}" if len(groups) > 1 else "", recipe.components[index].max_epochs, 1000)
            pool.available["words"], pool.most["words"] = size, size * pool.passes
            found.pools.append(pool)
    return found


@settings(max_examples=300, deadline=None)
@given(mixes())
def test_what_is_said_to_be_had_can_be_built(asked: tuple[MixRecipe, list[list[int]]]) -> None:
    recipe, sizes = asked
    try:
        amounts = choice(recipe, sizes).amounts()
    except Refused as problem:
        if said := re.search(r"([\d,]+) words can be had", str(problem)):
            possible = int(said[1].replace(",", ""))
            smaller = replace(recipe, budget=Budget(words=possible))
            assert sum(choice(smaller, sizes).amounts().phases) == possible < recipe.budget.amount
            try:
                choice(replace(recipe, budget=Budget(words=possible + 1)), sizes).amounts()
            except Refused:
                return
            raise AssertionError("a word more can be had") from problem
        return
    found = choice(recipe, sizes)
    assert sum(amounts.until[-1]) == sum(amounts.phases) == recipe.budget.amount
    for pool, *until in zip(found.pools, *amounts.until, strict=True):
        assert until == sorted(until)
        assert until[-1] <= pool.most["words"]


@settings(max_examples=200, deadline=None)
@given(mixes(), st.integers(1, 400))
def test_a_smaller_budget_takes_no_more_of_any_pool(asked: tuple[MixRecipe, list[list[int]]], size: int) -> None:
    recipe, sizes = asked
    if recipe.weighting.policy == "unimax" and len(recipe.phases) > 1:
        recipe = replace(recipe, weighting=WeightingRecipe("declared"))
    other = replace(recipe, budget=Budget(words=size))
    try:
        found = [choice(each, sizes).amounts().until[-1] for each in (recipe, other)]
    except Refused:
        return
    less, more = found if recipe.budget.amount <= size else found[::-1]
    assert all(one <= larger for one, larger in zip(less, more, strict=True))


def test_a_fixed_part_above_all_budgets_is_said() -> None:
    """Nothing can be had as long as a component is asked for more than it has, whatever the budget."""
    fixed = ComponentRecipe("a", "x@1", budget=Budget(words=100))
    recipe = MixRecipe("m", (fixed, ComponentRecipe("b", "x@1")), Budget(words=150))
    with pytest.raises(
        Refused, match=r"a is asked for 100 and has 1, at most 4.* No budget can be had like this: lower"
    ):
        choice(recipe, [[1], [1000]]).amounts()


def test_unimax_asks_no_more_of_a_balanced_component_than_its_groups_give_together() -> None:
    even = ComponentRecipe("a", "x@1", max_epochs=1, balance=BalanceRecipe("source", "even"))
    recipe = MixRecipe(
        "m",
        (even, ComponentRecipe("b", "x@1", max_epochs=1)),
        Budget(words=100),
        weighting=WeightingRecipe("unimax"),
    )
    assert choice(recipe, [[10, 1000], [500]]).amounts().until[-1] == [10, 10, 80]


def test_all_pools_together_hold_no_more_than_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many groups come, and in whatever order they fill."""
    monkeypatch.setattr(choosing, "MEMORY_BYTES", 400_000)
    recipe = MixRecipe("m", (ComponentRecipe("a", "x@1"),), Budget(words=1))
    found: dict[tuple[int, str], Pool] = {}
    members = np.zeros(100, MEMBER)
    members["key"] = np.arange(100, dtype=np.uint64) << np.uint64(50)
    members["rate"] = ONCE
    with ExitStack() as stack:
        for number in range(40):
            pool = choice(recipe, [])._pool(found, 0, f"g{number}", stack)
            for _ in range(20):
                pool.add(members)
                assert sum(held._held_bytes for held in (pool.spool for pool in found.values())) <= 100_000
        assert all(pool.memory_bytes * len(found) <= 100_000 for pool in found.values())
        assert len(list(pool.take_up_to(10**9, "documents"))) > 0
