"""What rows are, in a hash: one digest per row, and one order-free digest for a whole set of rows.

A row is encoded column by column in schema order with explicit nulls and lengths, so that no two rows share an
encoding, and hashed with BLAKE2b. The digest of a set is SHA-256 over the sorted 48-byte entries (leading id, row
digest): it does not depend on shards, order, writer or engine, and sorting runs on disk beyond a memory limit.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.storage.spool import Spool

ENTRY = np.dtype(
    [("key", "<u8"), ("id", "V8"), ("digest", "V32")]
)  # native order: numpy.concatenate would change any other
ENTRY_BYTES = ENTRY.itemsize


def entries(table: pa.Table, skip: frozenset[str] = frozenset()) -> NDArray[np.void]:
    """One ENTRY per row: the 16 bytes of its first column, and the BLAKE2b-256 of all columns that are not skipped."""
    columns = [name for name in table.column_names if name not in skip]
    encoded = encode_rows(table.select(columns))
    blake = hashlib.blake2b
    digests = b"".join(
        leading + blake(row, digest_size=32).digest()
        for leading, row in zip(table.column(0).to_pylist(), encoded.to_pylist(), strict=True)
    )
    return np.frombuffer(digests, dtype=ENTRY)


def ordered_digest(digests: Iterable[NDArray[np.void]]) -> str:
    """For stages whose order is content: SHA-256 over the entries as they come."""
    total = hashlib.sha256(b"ordered")
    for chunk in digests:
        total.update(chunk.tobytes())
    return total.hexdigest()


def unordered_digest(spool: Spool) -> str:
    """For stages without an order of their own: SHA-256 over the sorted entries."""
    total = hashlib.sha256(b"unordered")
    for chunk in spool.sorted():
        total.update(chunk.tobytes())
    return total.hexdigest()


def encode_rows(table: pa.Table) -> pa.LargeBinaryArray:
    """The canonical bytes of every row."""
    pieces: list[pa.Array] = []
    for is_plain, columns in groupby(map(_whole, table.columns), _is_plain):
        alike = list(columns)
        pieces += [_encode_plain(alike)] if is_plain else map(_encode, alike)
    return pieces[0] if len(pieces) == 1 else _join(pieces)


def column_of(values: NDArray[Any]) -> pa.FixedSizeBinaryArray:
    """Values of any one size, or the rows of a matrix, as a column of their bytes: ids from V16[n] or uint8[n, 16]."""
    raw = np.ascontiguousarray(values)
    kind = pa.binary(raw.itemsize * math.prod(raw.shape[1:]))
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(raw), [None, pa.py_buffer(raw)])


def _is_plain(array: pa.Array) -> bool:
    """Are all its values there, and of the same size?"""
    kind = array.type
    return bool(array.null_count == 0 and (pa.types.is_primitive(kind) or pa.types.is_fixed_size_binary(kind)))


def _encode_plain(columns: list[pa.Array]) -> pa.LargeBinaryArray:
    """What `_encode` makes of each of these columns, side by side: made at once, as most tables are nothing else."""
    values = [_fixed_bytes(column) for column in columns]
    rows = np.ones((len(columns[0]), sum(1 + found.shape[1] for found in values)), np.uint8)
    at = 0
    for found in values:
        rows[:, at + 1 : at + 1 + found.shape[1]] = found
        at += 1 + found.shape[1]
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * rows.shape[1]
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(rows)]
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _join(columns: list[pa.Array]) -> pa.LargeBinaryArray:
    return pc.binary_join_element_wise(*columns, pa.scalar(b"", pa.large_binary()))


def _encode(array: pa.Array) -> pa.LargeBinaryArray:
    """Every value as bytes, never null: a leading 0 for null, a leading 1 and the value otherwise."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if pa.types.is_null(kind):
        return pa.array([b"\0"] * len(array), pa.large_binary())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        values = _encode_list(array)
    elif pa.types.is_struct(kind):
        values = _join([_encode(field) for field in array.flatten()])
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        values = _encode_bytes(array.cast(pa.large_binary()))
    else:
        values = _encode_fixed(array)
    present = _prefixed(b"\1", values)
    return (
        present if array.null_count == 0 else pc.if_else(array.is_valid(), present, pa.scalar(b"\0", pa.large_binary()))
    )


def _prefixed(prefix: bytes, values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(prefix, pa.large_binary()), values, pa.scalar(b"", pa.large_binary()))


def _encode_bytes(array: pa.Array) -> pa.Array:
    filled = array.fill_null(b"") if array.null_count else array
    lengths = _fixed(pc.binary_length(filled).to_numpy(zero_copy_only=False).astype("<u8"))
    return _join([lengths, filled])


def _encode_fixed(array: pa.Array) -> pa.Array:
    return column_of(_fixed_bytes(array)).cast(pa.large_binary())


def _fixed_bytes(array: pa.Array) -> NDArray[np.uint8]:
    """Values of the same size as uint8[n, size]; nulls are zeros."""
    kind = array.type
    if pa.types.is_fixed_size_binary(kind):
        filled = array.fill_null(b"\0" * kind.byte_width) if array.null_count else array
        raw = np.frombuffer(
            filled.buffers()[1], np.uint8, len(filled) * kind.byte_width, filled.offset * kind.byte_width
        )
        return raw.reshape(len(filled), kind.byte_width)
    if pa.types.is_temporal(kind):
        array = array.cast(pa.int64())
    filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0) if array.null_count else array
    numbers = filled.to_numpy(zero_copy_only=False)
    if pa.types.is_floating(array.type):
        doubles = numbers.astype("<f8") + 0.0  # one zero: -0.0 + 0.0 is 0.0
        doubles[np.isnan(doubles)] = np.nan  # one NaN
        return _bytes_of(doubles)
    return _bytes_of(numbers.astype("<u8" if pa.types.is_unsigned_integer(array.type) else "<i8"))


def _bytes_of(numbers: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(numbers).view(np.uint8).reshape(len(numbers), numbers.itemsize)


def _fixed(numbers: NDArray[np.generic]) -> pa.Array:
    """Numbers of 64 bits as bytes."""
    return column_of(numbers).cast(pa.large_binary())


def _encode_list(array: pa.Array) -> pa.Array:
    """Count, then the encodings of the elements: those of one row already lie side by side in the child."""
    if pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.large_list(array.type.value_type))
    offsets = array.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    child = _encode(array.values.slice(offsets[0], offsets[-1] - offsets[0]))
    bounds = np.frombuffer(child.buffers()[1], dtype=np.int64)[child.offset : child.offset + len(child) + 1]
    spans = bounds[offsets - offsets[0]]
    joined = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(array), [None, pa.py_buffer(np.ascontiguousarray(spans)), child.buffers()[2]]
    )
    return _join([_fixed(np.diff(offsets).astype("<u8")), joined])
