"""Rows are in the order of Python's tuples, whatever they hold."""

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels import row_order
from dagster_project.corpus.kernels.row_order import count_up_to, merged, ordered

NUMBERS = st.one_of(st.integers(0, 2), st.integers((1 << 64) - 3, (1 << 64) - 1))
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=60)


def array(rows):
    return np.array(rows, np.uint64).reshape(-1, 3)


def read(rows):
    return [tuple(row) for row in rows.tolist()]


@given(ROWS)
def test_order(rows):
    assert read(ordered(array(rows))) == sorted(rows)


def test_more_rows_than_are_ordered_at_once():
    generator = np.random.default_rng(5)
    rows = generator.integers(0, 40, (3 * row_order.BLOCK + 7, 3)).astype(np.uint64)
    assert read(ordered(rows)) == sorted(read(rows))


@given(st.lists(ROWS, min_size=1, max_size=7))
def test_merge(parts):
    assert read(merged([array(sorted(part)) for part in parts])) == sorted(chain(*parts))


@given(ROWS, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_count_up_to(rows, bound):
    assert count_up_to(array(sorted(rows)), np.array(bound, np.uint64)) == sum(row <= bound for row in rows)
