"""What pools give: everything before its time, once; prefixes of prefixes; and no more than was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing.members import MEMBER, ONCE, Members
from dagster_project.corpus.mixing.pools import Pool
from tests.oracles.pools import copies_in_order

KEYS = st.integers(0, 2**64 - 1)
RATES = st.integers(1, 5 * ONCE)


def candidates(keys: list[int], rates: list[int] | None = None, words: list[int] | None = None) -> Members:
    members = np.zeros(len(keys), MEMBER)
    members["key"] = np.array(keys, np.uint64)
    members["rate"] = rates or [ONCE] * len(keys)
    members["words"] = words or [10] * len(keys)
    members["row"] = np.arange(len(keys))
    members["doc_id"] = [f"{row:016d}".encode() for row in range(len(keys))]
    return members


def pool(members: Members, passes: int = 4, memory_bytes: int = 1 << 20) -> Pool:
    found = Pool(0, "", passes, memory_bytes)
    found.add(members)
    return found


def taken(found: Pool, target: int, unit: str = "documents") -> list[tuple[int, int]]:
    chunks = list(found.take_up_to(target, unit))  # type: ignore[arg-type]
    return [(int(row), int(copy)) for chunk in chunks for row, copy in zip(chunk["row"], chunk["copy"], strict=True)]


@given(st.lists(st.tuples(KEYS, RATES), min_size=1, max_size=30, unique_by=lambda pair: pair[0]), st.integers(1, 5))
def test_everything_comes_at_its_time(found: list[tuple[int, int]], passes: int) -> None:
    keys, rates = [key for key, _ in found], [rate for _, rate in found]
    expected = copies_in_order(keys, rates, passes)
    given_pool = pool(candidates(keys, rates), passes)
    assert given_pool.most["documents"] == len(expected)
    assert given_pool.available["documents"] == len(keys)
    assert taken(given_pool, 10**9) == expected


def test_a_pass_is_an_epoch_where_all_are_taken_once() -> None:
    keys = [5 << 60, 1 << 60, 3 << 60]
    assert taken(pool(candidates(keys), 2), 5) == [(1, 0), (2, 0), (0, 0), (1, 1), (2, 1)]


@given(
    st.lists(st.tuples(KEYS, RATES, st.integers(0, 50)), min_size=1, max_size=30),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_less_is_a_prefix_of_more_and_of_what_follows(found: list[tuple[int, int, int]], first: int, more: int) -> None:
    columns = [list(column) for column in zip(*found, strict=True)]
    whole = taken(pool(candidates(*columns)), first + more, "words")
    assert (
        taken(pool(candidates(*columns)), first, "words")
        == whole[: len(taken(pool(candidates(*columns)), first, "words"))]
    )


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.lists(st.integers(0, 300), min_size=1, max_size=5))
def test_who_takes_in_steps_goes_on_and_ends_where_one_step_ends_give_or_take_a_document(
    words: list[int], steps: list[int]
) -> None:
    members = candidates([number << 50 for number in range(len(words))], words=words)
    found, parts = pool(members), []
    for target in sorted(steps):
        parts += taken(found, target, "words")
    everything = taken(pool(members), 10**9, "words")
    assert parts == everything[: len(parts)]
    assert abs(found.taken - min(max(steps), 4 * sum(words))) <= max(words) / 2 or found.taken >= max(steps)


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, RATES), min_size=1, max_size=200, unique_by=lambda pair: pair[0]))
def test_a_pool_on_disk_gives_the_same(found: list[tuple[int, int]]) -> None:
    members = candidates([key for key, _ in found], [rate for _, rate in found])
    small = pool(members, memory_bytes=1000)
    assert taken(small, 10**9) == taken(pool(members), 10**9)
    small.close()


@pytest.mark.parametrize(("left", "taken_words"), [(4, 0), (5, 10), (14, 10), (15, 20)])
def test_the_last_document_is_taken_when_half_of_it_fits(left: int, taken_words: int) -> None:
    found = pool(candidates([1, 2, 3]))
    assert len(taken(found, left, "words")) * 10 == found.taken == taken_words
