"""Moments are read in the forms in which corpora state them, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.sources.moments import seconds

MAY_DAY = 1714521600  # 2024-05-01


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-01", "20240501", "20240501000000", "2024-05-01T02:00:00+02:00", "2024-05-01 00:00:00 UTC",
        "2024-05-01 02:00:00 +0200", " 2024-05-01T00:00:00Z ", 20240501, 20240501000000, MAY_DAY, str(MAY_DAY),
        MAY_DAY * 1_000, MAY_DAY * 10**6, MAY_DAY * 10**9, MAY_DAY + 0.9, MAY_DAY * 1_000.0, str(MAY_DAY * 1_000 + 999),
    ],
)  # fmt: skip
def test_moments_in_every_form_are_the_same_second(value: Any):
    assert seconds(value) == MAY_DAY


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2024", 2024, "2024-05", 20241301, "20240230", 0, -1, 1, 99_999_999, 10**25, True, None, [MAY_DAY],
     float("nan"), float("inf"), "9" * 5_000, "٢٠٢٤٠٥٠١", "0000-00-00", 99999999999999, "2024-05-01T00:00:00+99:00"],
)  # fmt: skip
def test_what_is_no_moment_is_none(value: Any):
    assert seconds(value) is None


@given(st.integers(10**8, 10**11 - 1), st.sampled_from([1, 10**3, 10**6]))
def test_a_count_is_read_in_one_unit_only(moment: int, unit: int):
    count = moment * unit
    if len(str(count)) != 14:  # which is a day and an hour, or nothing
        assert seconds(count) == seconds(str(count)) == moment


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_no_value_raises(value: Any):
    found = seconds(value)
    assert found is None or -62_135_596_800 <= found <= 253_402_300_799
