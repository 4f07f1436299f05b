"""Pointers: a 64-bit key and where its rows stand, in sorted Parquet of which a look-up reads a few row groups.

A file takes 5 to 9 bytes for each pointer with a key of its own, and about 2 where many share a key: keys and rows are
stored as differences. Its footer comes with the first request, and what is read of it with the second.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dagster_project.corpus.storage.stores import Store

GROUP_ROWS = 1 << 15
GROUPS_AT_ONCE = 64  # row groups that are decoded together
READERS = 16
SHARD_BITS = np.uint64(32)
KEY, VERSION, SHARD, ROW, AGAIN = "key", "version", "shard", "row", "again"
SCHEMA = pa.schema(
    [
        pa.field(KEY, pa.uint64(), nullable=False),
        pa.field(VERSION, pa.uint32(), nullable=False),  # its number among those that a file covers
        pa.field(SHARD, pa.uint32(), nullable=False),
        pa.field(ROW, pa.uint32(), nullable=False),
        pa.field(AGAIN, pa.bool_(), nullable=False),  # whether the version has the same document at an earlier place
    ]
)
COLUMNS = 4  # of rows uint64[n, 4] on their way into a file: key, version, shard and row in one, again
Rows = NDArray[np.uint64]
Given = TypeVar("Given")
Made = TypeVar("Made")


def key_of_value(value: bytes | str) -> np.uint64:
    """Ids are already hashes; text is hashed."""
    raw = value if isinstance(value, bytes) else hashlib.sha256(value.encode()).digest()
    return np.uint64(int.from_bytes(raw[:8], "big"))


def keys_of(values: Iterable[bytes | str]) -> NDArray[np.uint64]:
    """The keys of some values, ascending, each once: uint64[n]."""
    return np.unique(np.fromiter(map(key_of_value, values), np.uint64))


def rows_of(
    keys: NDArray[np.uint64], shard: int, rows: NDArray[np.integer], again: NDArray[np.bool_] | None = None
) -> Rows:
    """Rows of one shard on their way into a file."""
    found = np.zeros((len(keys), COLUMNS), np.uint64)
    found[:, 0] = keys
    found[:, 2] = (np.uint64(shard) << SHARD_BITS) | rows.astype(np.uint64)
    if again is not None:
        found[:, 3] = again
    return found


def table_of(rows: Rows) -> pa.Table:
    """The same as the columns of a file."""
    columns = [
        rows[:, 0],
        rows[:, 1].astype(np.uint32),
        (rows[:, 2] >> SHARD_BITS).astype(np.uint32),
        rows[:, 2].astype(np.uint32),
        rows[:, 3].astype(np.bool_),
    ]
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)


def file_of(chunks: Iterable[Rows]) -> bytes:
    """A file of rows that come in order."""
    buffer = io.BytesIO()
    with pq.ParquetWriter(
        buffer,
        SCHEMA,
        compression="zstd",
        use_dictionary=[VERSION, SHARD],
        column_encoding={KEY: "DELTA_BINARY_PACKED", ROW: "DELTA_BINARY_PACKED"},
    ) as writer:
        for chunk in _even(chunks):
            writer.write_table(table_of(chunk), GROUP_ROWS)
    return buffer.getvalue()


def _even(chunks: Iterable[Rows]) -> Iterator[Rows]:
    """The same rows in chunks of GROUP_ROWS, so that a file does not depend on how they came."""
    held: list[Rows] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += len(chunk)
        if count >= GROUP_ROWS:
            rows = np.concatenate(held)
            whole = count - count % GROUP_ROWS
            yield rows[:whole]
            held, count = [rows[whole:]], count - whole
    if count:
        yield np.concatenate(held)


def read_matching(store: Store, path: str, keys: NDArray[np.uint64]) -> pa.Table:
    """The pointers of a file that have one of some keys (ascending), in order. MissingObject when it is not there."""
    parquet = open_pointers(store, path)
    groups = [group for group in range(parquet.num_row_groups) if _may_hold(parquet, group, keys)]
    wanted, found = pa.array(keys), [SCHEMA.empty_table()]
    for start in range(0, len(groups), GROUPS_AT_ONCE):
        table = parquet.read_row_groups(groups[start : start + GROUPS_AT_ONCE])
        found.append(table.filter(pc.is_in(table.column(KEY), wanted)))
    return pa.concat_tables(found)


def read_rows(store: Store, path: str) -> Iterator[Rows]:
    """All rows of a file, as they went into it."""
    parquet = open_pointers(store, path)
    for start in range(0, parquet.num_row_groups, GROUPS_AT_ONCE):
        groups = range(start, min(start + GROUPS_AT_ONCE, parquet.num_row_groups))
        table = parquet.read_row_groups(groups)
        key, version, shard, row, again = (table.column(name).to_numpy() for name in SCHEMA.names)
        place = (shard.astype(np.uint64) << SHARD_BITS) | row
        yield np.stack([key, version.astype(np.uint64), place, again.astype(np.uint64)], axis=1)


def open_pointers(store: Store, path: str) -> pq.ParquetFile:
    """A file, refused with ArrowInvalid where another release wrote it. What is read together is fetched together."""
    parquet = pq.ParquetFile(pa.PythonFile(store.open(path), mode="r"), pre_buffer=True)
    if not parquet.schema_arrow.equals(SCHEMA):
        raise pa.ArrowInvalid(f"{path} holds the pointers of another release")
    return parquet


def at_once(function: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
    """Every result, in order; requests to a store overlap."""
    if len(given) < 2:
        return [function(item) for item in given]
    with ThreadPoolExecutor(min(READERS, len(given))) as pool:
        return list(pool.map(function, given))


def _may_hold(parquet: pq.ParquetFile, group: int, keys: NDArray[np.uint64]) -> bool:
    statistics = parquet.metadata.row_group(group).column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    least, most = np.uint64(statistics.min), np.uint64(statistics.max)
    return bool(np.searchsorted(keys, least) < np.searchsorted(keys, most, side="right"))
