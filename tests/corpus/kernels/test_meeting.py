"""Meetings: all pairs of small groups, two each in large ones, and none among old members."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.meeting import meetings

GROUPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=8)  # old and new members of each


@given(GROUPS, st.integers(0, 12))
def test_who_meets(groups, all_pairs):
    is_new = np.array([flag for old, new in groups for flag in [False] * old + [True] * new], np.bool_)
    bounds = np.cumsum([0, *(old + new for old, new in groups)])
    found = sorted(zip(*(side.tolist() for side in meetings(bounds, is_new, all_pairs)), strict=True))
    expected = set()
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        members = range(first, end)
        if end - first <= all_pairs:
            expected |= set(combinations(members, 2))
        else:
            expected |= {(first, other) for other in members[1:]} | {(other - 1, other) for other in members[1:]}
    assert found == sorted(pair for pair in expected if is_new[pair[1]])
