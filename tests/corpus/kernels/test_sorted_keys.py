"""Rows by key: every key is found, others are not, and the filter turns unrelated ones away at every size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.sorted_keys import may_hold, rows_of, sorted_keys

KEYS = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 2**63, 2**64 - 1]))


@compiled
def passing(table, keys):
    count = 0
    for key in keys:
        count += may_hold(table.blocks, table.block_shift, key)
    return count


@given(st.lists(KEYS, max_size=60), st.lists(KEYS, max_size=20))
def test_rows(keys, others):
    table, order = sorted_keys(np.array(keys, np.uint64))
    assert table.keys.tolist() == sorted(keys)
    assert [keys[i] for i in order] == sorted(keys)
    for key in keys + others:
        first, last = rows_of(table, np.uint64(key))
        assert last - first == keys.count(key)
        assert sorted(order[first:last].tolist()) == [i for i, other in enumerate(keys) if other == key]
    if keys:
        assert passing(table, np.array(keys, np.uint64)) == len(keys)


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 1 << 16, (1 << 16) - 1, 100_003])
def test_the_filter_uses_all_its_bits_at_every_size(rows):
    draw = np.random.default_rng(rows)
    table, _ = sorted_keys(draw.integers(0, 2**64 - 1, rows, np.uint64))
    others = draw.integers(0, 2**64 - 1, 200_000, np.uint64)
    assert passing(table, others) <= 0.01 * len(others)
    if rows > 10_000:
        assert (table.blocks != 0).mean() > 0.8
    assert table.blocks.nbytes <= max(16, 4 * rows)
    assert table.directory.nbytes <= max(16, 2 * rows + 4)
