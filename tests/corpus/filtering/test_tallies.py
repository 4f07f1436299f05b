"""Tallies add up whatever the shards, and stay bounded however many values strangers make up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.filtering import tallies
from dagster_project.corpus.filtering.tallies import added_cells, added_tallies, cells, tally
from dagster_project.corpus.filtering.traits import powers_of_two

DOCUMENT = st.tuples(
    st.sampled_from(["en", "de", "und"]),
    st.none() | st.sampled_from(["a.org", "b.org"]),
    st.integers(0, 99),
    st.lists(st.booleans(), min_size=2, max_size=2),
)
Rows = list[tuple[str, str | None, int, list[bool]]]


def counted(rows: Rows) -> tuple[pa.Table, tallies.Tallied]:
    fails = np.array([row[3] for row in rows], bool).reshape(-1, 2).T
    first = np.where(fails.any(axis=0), fails.argmax(axis=0), -1)
    words = np.array([row[2] for row in rows], np.int64)
    languages, domains = (pa.array([row[place] for row in rows], pa.string()) for place in (0, 1))
    weights = {"words": words, "bytes": 6 * words}
    return cells(["x", "y"], languages, first, fails, weights), tally({"domain": domains}, first < 0, words)


@given(st.lists(DOCUMENT, max_size=20), st.integers(0, 20))
def test_two_shards_count_what_one_does_and_what_a_loop_would(rows: Rows, cut: int) -> None:
    whole, parts = counted(rows), [counted(rows[:cut]), counted(rows[cut:])]
    found = added_cells(part[0] for part in parts)
    assert sorted(found.to_pylist(), key=str) == sorted(whole[0].to_pylist(), key=str)
    for row in found.to_pylist():
        number = "xy".index(row["rule"])
        chosen = [item for item in rows if item[0] == row["language"]]
        assert row["fired_words"] == sum(item[2] for item in chosen if item[3][number])
        assert row["removed_documents"] == sum(item[3][number] and not any(item[3][:number]) for item in chosen)
        assert row["alone_bytes"] == 6 * sum(item[2] for item in chosen if item[3][number] and sum(item[3]) == 1)
    domains = added_tallies(part[1] for part in parts).table.to_pylist()
    assert sorted(domains, key=str) == sorted(whole[1].table.to_pylist(), key=str)
    for row in domains:
        chosen = [item for item in rows if item[1] == row["value"]]
        assert (row["before_documents"], row["before_words"]) == (len(chosen), sum(item[2] for item in chosen))
        assert row["after_documents"] == sum(not any(item[3]) for item in chosen)


def test_too_many_values_join_the_rest_and_it_is_said_how_short_the_others_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "MOST_VALUES", 2)
    keeps, words = np.ones(6, bool), np.ones(6, np.int64)
    one = tally({"domain": pa.array(["a", "a", "a", "b", "b", "c"])}, keeps, words)
    both = added_tallies([one, tally({"domain": pa.array(["a", "c", "c", "c", "c", None])}, keeps, words)])
    rows = {(row["value"], row["rest"]): row["before_documents"] for row in both.table.to_pylist()}
    assert sum(rows.values()) == 12
    assert rows[("a", False)] == 4
    assert both.short >= 1
    assert len(rows) <= 3


def test_lengths_by_powers_of_two() -> None:
    assert powers_of_two(pa.array([0, 1, 2, 3, 4, 127, 128])).to_pylist() == ["-1", "0", "1", "1", "2", "6", "7"]
