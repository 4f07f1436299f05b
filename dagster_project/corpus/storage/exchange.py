"""Rows on their way from some tasks to others: each sender writes a piece, in which the rows for every destination lie
side by side, and the task of a destination reads its range of every piece.

Rows are records of a fixed size, or an Arrow table. Pieces lie under `scratch/` on the object store, so that any engine
runs the same code; whoever opened the exchange deletes them. Between n senders and m destinations there are n objects,
and at most n · m ranges are read: where both grow with the data, in levels (publishing/relaying.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.storage.stores import Store


class Range(NamedTuple):
    """Bytes of one object."""

    path: str
    start: int
    length: int


@dataclass(frozen=True)
class Piece:
    """One object of rows; those for destination d are its bytes bounds[d] to bounds[d + 1]."""

    path: str
    bounds: NDArray[np.int64]


@dataclass(frozen=True)
class Address:
    """Where tasks of one exchange write; it travels with them."""

    store: Store
    folder: str

    def send_records(self, name: str, records: NDArray[np.void], destinations: NDArray[Any], count: int) -> Piece:
        """Records by their destinations, 0 to count − 1; the order within one stays."""
        order, bounds = _by_destination(destinations, count)
        return self._put(name, records[order].tobytes(), bounds * records.itemsize)

    def send_rows(
        self, name: str, table: pa.Table, destinations: NDArray[Any], count: int, compression: str = "zstd"
    ) -> Piece:
        """The same of a table, each part of it compressed."""
        order, bounds = _by_destination(destinations, count)
        is_ordered = bool((np.diff(order) > 0).all())
        ordered = table if is_ordered else table.take(pa.array(order))
        parts = [_packed(ordered.slice(start, end - start), compression) for start, end in pairwise(bounds)]
        return self._put(name, b"".join(parts), np.cumsum([0, *map(len, parts)], dtype=np.int64))

    def delete(self, pieces: Iterable[Piece]) -> None:
        """Remove what nobody reads any more before the exchange ends."""
        self.store.delete(piece.path for piece in pieces)

    def _put(self, name: str, body: bytes, bounds: NDArray[np.int64]) -> Piece:
        path = f"{self.folder}/{name}"
        self.store.put(path, body)
        return Piece(path, bounds)


class Exchange:
    """A folder of pieces that is gone after the block."""

    def __init__(self, store: Store):
        self.address = Address(store, f"scratch/exchange/{secrets.token_hex(16)}")

    def __enter__(self) -> Address:
        return self.address

    def __exit__(self, *_: object) -> None:
        store = self.address.store
        store.delete([entry.path for entry in store.list(f"{self.address.folder}/")])


def ranges_of(pieces: Iterable[Piece], first: int, last: int | None = None) -> tuple[Range, ...]:
    """What lies in the pieces for one destination, or for those from `first` up to `last`, which is left out."""
    last = first + 1 if last is None else last
    found = ((piece.path, int(piece.bounds[first]), int(piece.bounds[last])) for piece in pieces)
    return tuple(Range(path, start, end - start) for path, start, end in found if end > start)


def read_records(store: Store, ranges: Iterable[Range], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """The records of all ranges in their order."""
    return np.frombuffer(b"".join(store.get_range(*item) for item in ranges), dtype)


def read_rows(store: Store, ranges: Iterable[Range]) -> list[pa.Table]:
    """The table of every range."""
    return [pa.ipc.open_stream(store.get_range(*item)).read_all() for item in ranges]


def parts_for(rows: int, each: int, most: int) -> int:
    """How many parts, a power of two, leave at most `each` rows to a part when they are even."""
    parts = 1
    while parts < most and parts * each < rows:
        parts *= 2
    return parts


def _by_destination(destinations: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(order of the rows, bounds of each destination in it)."""
    order = np.argsort(destinations, kind="stable")
    return order, np.searchsorted(destinations[order], np.arange(count + 1)).astype(np.int64)


def _packed(table: pa.Table, compression: str) -> bytes:
    if not table.num_rows:
        return b""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed
