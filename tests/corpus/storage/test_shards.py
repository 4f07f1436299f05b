"""Shards give back what was written, in the types in which it was written."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.rows import encode_rows
from dagster_project.corpus.storage.shards import (
    GROUP_ROWS,
    iterate_shard,
    read_row,
    read_rows,
    read_shard,
    write_shard,
)

AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_rows_come_back_in_their_own_types_and_so_with_their_digests(unit: str) -> None:
    moment = pa.timestamp(unit, tz="UTC")
    inner = pa.list_(pa.struct([("kind", pa.string()), ("at", moment)]))
    schema = pa.schema(
        [
            pa.field("id", pa.binary(16), nullable=False),
            pa.field("at", moment),
            pa.field("said", inner, nullable=False),
            pa.field("status", pa.int16()),
        ]
    )
    rows = [
        {"id": b"1" * 16, "at": AT, "said": [{"kind": "meta", "at": AT}, {"kind": None, "at": None}], "status": 200},
        {"id": b"2" * 16, "at": None, "said": [], "status": None},
    ]
    table = pa.Table.from_pylist(rows, schema)
    store = MemoryStore()
    file = write_shard(store, table, access="public")
    again = read_shard(store, file)
    assert again.schema.equals(schema)
    assert encode_rows(again).equals(encode_rows(table))
    assert read_shard(store, file, ["said", "at"]).equals(table.select(["said", "at"]))
    assert read_row(store, file, 1).equals(table.slice(1))
    assert pa.Table.from_batches(iterate_shard(store, file, ["at"], 1)).equals(table.select(["at"]))


def test_some_rows_come_in_the_order_asked_for() -> None:
    table = pa.table({"number": range(3 * GROUP_ROWS + 7), "text": ["x"] * (3 * GROUP_ROWS + 7)})
    store = MemoryStore()
    file = write_shard(store, table, access="public")
    wanted = [3 * GROUP_ROWS + 6, 5, GROUP_ROWS - 1, 2 * GROUP_ROWS, 5]
    assert read_rows(store, file, wanted, ["number"]).to_pydict() == {"number": wanted}
