"""Variants take turns: one of each parent in every pass, another one each time, all before any comes again."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing.members import MEMBER, ONCE, Members
from dagster_project.corpus.mixing.pools import Pool
from dagster_project.corpus.mixing.variants import Turns

PASSES = 12
FAMILIES = st.lists(st.integers(1, 7), min_size=1, max_size=12)  # variants of each parent
Taken = list[tuple[int, int, int]]  # parent, document, copy


def candidates(sizes: list[int]) -> Members:
    """Documents in the order of their parents, their numbers as ids."""
    parents = np.repeat(np.arange(len(sizes)), sizes)
    members = np.zeros(len(parents), MEMBER)
    members["doc_id"] = [(n + 1000).to_bytes(16, "big") for n in range(len(parents))]
    members["parent"], members["row"], members["rate"], members["words"] = (
        parents + 1,
        np.arange(len(parents)),
        ONCE,
        10,
    )
    return members


def pool(members: Members, seed: int = 3, shards: int = 1, memory_bytes: int = 1 << 20) -> Pool:
    found = Pool(0, "", PASSES, memory_bytes, Turns(seed, "all"))
    for shard in range(shards):
        found.add(members[shard::shards])
    found.settle()
    return found


def taken(found: Pool, target: int = 10**9) -> Taken:
    chunks = list(found.take_up_to(target, "documents"))
    found.close()
    return [(int(row["parent"]), int(row["row"]), int(row["copy"])) for chunk in chunks for row in chunk]


@settings(deadline=None, max_examples=40)
@given(FAMILIES, st.integers(0, 5))
def test_each_pass_takes_one_of_each_parent_and_all_before_any_again(sizes: list[int], seed: int) -> None:
    found = pool(candidates(sizes), seed)
    assert found.available["documents"] == len(sizes)
    assert found.most["documents"] == len(sizes) * PASSES
    rows = taken(found)
    passes = [rows[start : start + len(sizes)] for start in range(0, len(rows), len(sizes))]
    assert len(passes) == PASSES
    orders = defaultdict(list)
    for number, each in enumerate(passes):
        assert sorted(parent for parent, _, _ in each) == list(range(1, len(sizes) + 1))
        for parent, document, copy in each:
            orders[parent].append(document)
            assert copy == number // sizes[parent - 1]
    for parent, order in orders.items():
        size = sizes[parent - 1]
        assert len(set(order[:size])) == min(size, PASSES)
        assert order == (order[:size] * PASSES)[:PASSES]


@settings(deadline=None, max_examples=40)
@given(FAMILIES, st.integers(1, 4))
def test_shards_and_memory_do_not_show(sizes: list[int], shards: int) -> None:
    members = candidates(sizes)
    whole = taken(pool(members))
    assert taken(pool(members[::-1], shards=shards)) == whole
    assert taken(pool(members, shards=shards, memory_bytes=500)) == whole


@settings(deadline=None, max_examples=40)
@given(FAMILIES, st.integers(0, 60), st.integers(0, 60))
def test_a_smaller_budget_takes_a_prefix(sizes: list[int], first: int, more: int) -> None:
    few = taken(pool(candidates(sizes)), first)
    assert few == taken(pool(candidates(sizes)), first + more)[: len(few)]


def test_another_seed_is_another_order() -> None:
    orders = {tuple(document for _, document, _ in taken(pool(candidates([6]), seed))) for seed in range(20)}
    assert len(orders) > 10


def test_the_turns_of_uneven_numbers_are_exact_in_the_last_of_many_passes() -> None:
    """A rate of 1/3 in 65,536ths would be off by a document after some thousand passes, 1/7 sooner."""
    found = Pool(0, "", 1000, 1 << 20, Turns(1, "all"))
    found.add(candidates([3, 7]))
    found.settle()
    rows = taken(found)
    assert len(rows) == 2000
    assert all({parent for parent, _, _ in rows[2 * n : 2 * n + 2]} == {1, 2} for n in range(1000))
