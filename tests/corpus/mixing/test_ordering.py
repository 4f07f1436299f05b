"""Orders: every member once, the same whatever way members come, and what each policy promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing.members import MEMBER, Members, encoded
from dagster_project.corpus.mixing.ordering import ORDERS, Setting, arranged
from dagster_project.corpus.model.mix_recipes import OrderRecipe

MEMORY = 1 << 20


def setting(seed: int = 1, components: int = 2, memory_bytes: int = MEMORY, **order: Any) -> Setting:
    names = [f"c{number}" for number in range(components)]
    return Setting(seed, "main", names, OrderRecipe(**order), memory_bytes)


def members(count: int, copies: int = 1, components: int = 1) -> Members:
    """`count` documents, each with its copies; the value of a document is its row."""
    found = np.zeros(count * copies, MEMBER)
    rows = np.arange(count * copies) % count
    found["row"], found["copy"] = rows, np.arange(count * copies) // count
    found["component"] = rows % components
    found["doc_id"] = [int(row).to_bytes(16, "big") for row in rows]
    found["family"] = rows
    found["value"] = encoded(rows.astype(np.float64))
    return found


def order_of(found: Members, how: Setting) -> list[tuple[int, int]]:
    chunks = list(arranged(np.array_split(found, 3), how))
    return [(int(row), int(copy)) for chunk in chunks for row, copy in zip(chunk["row"], chunk["copy"], strict=True)]


POLICIES: list[dict[str, Any]] = [
    {},
    {"policy": "interleaved"},
    {"policy": "curriculum", "by": "x"},
    {"policy": "curriculum", "by": "x", "descending": True, "sweeps": 3},
    {"policy": "curriculum", "by": "x", "pacing": "linear", "start": 0.2},
    {"policy": "curriculum", "by": "x", "pacing": "quadratic", "warm_up": 0.5},
]


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 3), st.sampled_from(POLICIES), st.randoms(use_true_random=False))
def test_every_member_stands_once_wherever_it_came_from(count: int, copies: int, order: Any, random: Any) -> None:
    found = members(count, copies, 2)
    expected = order_of(found, setting(**order))
    assert sorted(expected) == sorted((row, copy) for row in range(count) for copy in range(copies))
    shuffled = list(range(len(found)))
    random.shuffle(shuffled)
    moved = found[shuffled]
    moved["shard"] = moved["row"] % 7  # where a document lies says nothing
    assert order_of(moved, setting(**order)) == expected
    assert order_of(moved, setting(memory_bytes=2000, **order)) == expected


@pytest.mark.parametrize("order", POLICIES[:2])
def test_another_seed_is_another_order(order: Any) -> None:
    found = members(200, components=2)
    assert order_of(found, setting(1, **order)) != order_of(found, setting(2, **order))


def test_all_policies_are_tested() -> None:
    assert {order.get("policy", "shuffled") for order in POLICIES} == set(ORDERS)


def test_a_shuffle_is_even() -> None:
    """Places of even rows among 2,000 are on average in the middle, within four standard deviations."""
    places = [at for at, (row, _) in enumerate(order_of(members(2000), setting())) if row % 2 == 0]
    assert abs(np.mean(places) - 999.5) < 4 * 2000 / np.sqrt(12 * 1000)


def test_copies_of_a_family_are_as_far_apart_as_can_be() -> None:
    found = order_of(members(500, copies=4), setting())
    places: dict[int, list[int]] = {}
    for at, (row, _) in enumerate(found):
        places.setdefault(row, []).append(at)
    distances = np.diff(np.array(list(places.values())), axis=1)
    assert distances.min() > 350
    assert distances.max() < 650


def test_components_are_interleaved_at_even_distances() -> None:
    found = members(1000, components=1)
    found["component"] = found["row"] % 10 == 0
    places = [at for at, (row, _) in enumerate(order_of(found, setting(policy="interleaved"))) if row % 10 == 0]
    assert set(np.diff(places)) <= {9, 10, 11}
    rows = [row for row, _ in order_of(found, setting(policy="interleaved")) if row % 10 == 0]
    assert rows != sorted(rows)


def test_a_curriculum_is_sorted() -> None:
    found = members(300)
    assert [row for row, _ in order_of(found, setting(policy="curriculum", by="x"))] == list(range(300))
    last_first = order_of(found, setting(policy="curriculum", by="x", descending=True))
    assert [row for row, _ in last_first] == list(range(299, -1, -1))


def test_sweeps_begin_again_and_keep_copies_apart() -> None:
    found = order_of(members(300, copies=2), setting(policy="curriculum", by="x", sweeps=2))
    firsts = [row for row, _ in found]
    turns = [at for at in range(1, 600) if firsts[at] < firsts[at - 1]]
    assert len(turns) == 1
    assert 250 < turns[0] < 350
    assert len(set(firsts[: turns[0]])) == turns[0]


def test_a_warm_up_is_sorted_and_the_rest_is_not() -> None:
    rows = [row for row, _ in order_of(members(1000), setting(policy="curriculum", by="x", warm_up=0.2))]
    assert rows[:180] == sorted(rows[:180])
    assert abs(np.mean(rows[220:]) - 500) < 4 * 1000 / np.sqrt(12 * 780)
    assert abs(np.mean(rows[220:400]) - np.mean(rows[820:])) < 100


@pytest.mark.parametrize(("pacing", "reached"), [("linear", 0.55), ("quadratic", 0.5), ("root", 0.74)])
def test_a_paced_curriculum_draws_from_what_it_allows(pacing: str, reached: float) -> None:
    """Half way through, at start 0.1, nothing was drawn from above what the pacing allows, and the phase stays even."""
    rows = np.array([row for row, _ in order_of(members(4000), setting(policy="curriculum", by="x", pacing=pacing))])
    assert rows[:1990].max() < 4000 * (reached + 0.02)
    assert rows[:1990].max() > 4000 * (reached - 0.05)
    assert rows[:400].max() < 4000 * 0.45
    assert np.mean(rows[:1000]) < np.mean(rows[3000:]) - 500


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=20))
def test_encoded_numbers_sort_as_numbers(values: list[float]) -> None:
    order = np.argsort(encoded(np.array(values)), kind="stable")
    assert [values[at] for at in order] == sorted(values)
    assert encoded(np.array([np.nan]))[0] >= encoded(np.array(values)).max()
