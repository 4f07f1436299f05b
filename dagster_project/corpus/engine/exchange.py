"""Records on their way from some tasks to others: each task writes one piece, in which the records for every
destination lie side by side, and the task of a destination reads its range of every piece.

Pieces lie under `scratch/` on the object store, so any engine runs the same code; whoever opened the exchange deletes
them. Between n tasks and m destinations there are n objects, and n · m ranges are read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Piece:
    """One object of records; those for destination d are number bounds[d] to bounds[d + 1], `start` bytes in."""

    path: str
    bounds: NDArray[np.int64]
    start: int = 0


@dataclass(frozen=True)
class Address:
    """Where tasks of one exchange write; it travels with them."""

    store: Store
    folder: str

    def write(self, name: str, records: NDArray[np.void], destinations: NDArray[Any], count: int) -> Piece:
        """Records sorted by their destination, 0 to count − 1; the order within one stays."""
        order = np.argsort(destinations, kind="stable")
        bounds = np.searchsorted(destinations[order], np.arange(count + 1))
        path = f"{self.folder}/{name}"
        self.store.put(path, records[order].tobytes())
        return Piece(path, bounds.astype(np.int64))


class Exchange:
    """A folder of pieces that is gone after the block."""

    def __init__(self, store: Store):
        self.address = Address(store, f"scratch/exchange/{secrets.token_hex(16)}")

    def __enter__(self) -> Address:
        return self.address

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        store = self.address.store
        store.delete([entry.path for entry in store.list(f"{self.address.folder}/")])


def read_range(
    store: Store, pieces: Iterable[Piece], first: int, last: int, dtype: np.dtype[np.void]
) -> NDArray[np.void]:
    """The records of destinations `first` to `last`, the latter left out, of every piece in their order."""
    found: list[bytes] = []
    size = dtype.itemsize
    for piece in pieces:
        start, end = int(piece.bounds[first]), int(piece.bounds[last])
        if end > start:
            found.append(store.get_range(piece.path, piece.start + start * size, (end - start) * size))
    return np.frombuffer(b"".join(found), dtype)
