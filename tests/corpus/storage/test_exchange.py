"""Exchanges: every row arrives once, where it was sent, in order; and nothing is left."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.storage.exchange import Exchange, parts_for, ranges_of, read_records, read_rows
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store

RECORD = np.dtype([("value", "<i8"), ("mark", "u1")])
SENT = st.lists(st.lists(st.integers(0, 4), max_size=20), max_size=4)  # by sender, the destinations of its rows


def records_of(sender: int, destinations: list[int]) -> np.ndarray:
    values = [(1000 * sender + number, destination) for number, destination in enumerate(destinations)]
    return np.array(values, RECORD)


@given(SENT)
def test_every_row_arrives_once_and_in_order(sent: list[list[int]]) -> None:
    store = MemoryStore()
    with Exchange(store) as address:
        records = [records_of(sender, destinations) for sender, destinations in enumerate(sent)]
        tables = [pa.table({"value": part["value"]}) for part in records]
        pieces = [address.send_records(f"r{n}", part, part["mark"], 5) for n, part in enumerate(records)]
        packed = [address.send_rows(f"t{n}", tables[n], part["mark"], 5) for n, part in enumerate(records)]
        for destination in range(5):
            expected = [int(row["value"]) for part in records for row in part if row["mark"] == destination]
            assert read_records(store, ranges_of(pieces, destination), RECORD)["value"].tolist() == expected
            found = read_rows(store, ranges_of(packed, destination))
            assert [value for table in found for value in table.column("value").to_pylist()] == expected
        several = read_records(store, ranges_of(pieces, 1, 4), RECORD)
        assert sorted(several["value"]) == sorted(row["value"] for part in records for row in part if 1 <= row[1] < 4)
    assert list(store.list("scratch/")) == []


def test_a_destination_without_rows_reads_nothing(store: Store) -> None:
    with Exchange(store) as address:
        piece = address.send_records("a", records_of(0, [2, 2]), np.array([2, 2]), 4)
        assert [len(ranges_of([piece], destination)) for destination in range(4)] == [0, 0, 1, 0]
        assert ranges_of([piece], 0, 4)[0].length == 2 * RECORD.itemsize


def send_and_fail(store: Store) -> None:
    with Exchange(store) as address:
        address.send_rows("a", pa.table({"value": [1]}), np.array([0]), 1)
        raise KeyError


def test_scratch_is_gone_after_an_error_and_others_keep_theirs(store: Store) -> None:
    with Exchange(store) as other:
        other.send_records("b", records_of(0, [0]), np.array([0]), 1)
        with pytest.raises(KeyError):
            send_and_fail(store)
        assert [entry.path for entry in store.list("scratch/")] == [f"{other.folder}/b"]
    assert list(store.list("scratch/")) == []


def test_parts_grow_with_the_rows_up_to_a_bound() -> None:
    assert [parts_for(rows, 1 << 19, 1024) for rows in (0, 1 << 19, (1 << 19) + 1, 1 << 40)] == [1, 1, 2, 1024]
