"""Marks as sets of (shard, row, entry), and what is sought by values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.reaching.marks import MARK, Marks, Sought, beyond, by_shard, marks_of, of_entries, together

MARKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 2)))
VALUES = st.integers(0, 6).map(lambda number: bytes([number, *[0] * 15]))
Told = list[tuple[int, int, int]]


def of(told: Told) -> Marks:
    return np.array(told, MARK)


@settings(deadline=None)
@given(MARKS, MARKS, st.lists(st.integers(0, 2)))
def test_marks_are_sets(one: Told, other: Told, entries: list[int]) -> None:
    both = together([of(one), of(other)])
    assert both.tolist() == sorted({*one, *other})
    assert beyond(both, of(other)).tolist() == sorted({*one} - {*other})
    chosen = of_entries(both, np.array(entries, np.int64))
    assert chosen.tolist() == [mark for mark in both.tolist() if mark[2] in entries]
    parts = list(by_shard(both))
    assert [mark for _, part in parts for mark in part.tolist()] == both.tolist()
    assert all(set(part["shard"].tolist()) == {shard} for shard, part in parts)
    assert len(parts) == len({mark[0] for mark in both.tolist()})


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, st.integers(0, 3))), st.lists(st.one_of(st.none(), VALUES)))
def test_each_row_is_marked_for_every_entry_that_seeks_its_value(
    sought: list[tuple[bytes, int]], values: list[bytes | None]
) -> None:
    keys = pa.chunked_array([pa.array([value for value, _ in sought], ID)])
    asked = Sought(keys, np.array([entry for _, entry in sought], np.int64))
    assert asked.values.to_pylist() == sorted({value for value, _ in sought})
    rows = 10 + np.arange(len(values))
    found = asked.marks(7, rows, pa.array(values, ID))
    expected = {
        (7, 10 + row, entry) for row, value in enumerate(values) for of_value, entry in sought if value == of_value
    }
    assert sorted(found.tolist()) == sorted(expected)
    first = [next(at for at, (value, _) in enumerate(sought) if value == each) for each in asked.values.to_pylist()]
    assert asked.first_of(keys).tolist() == first
    assert len(marks_of(0, rows[:0], rows[:0])) == 0
