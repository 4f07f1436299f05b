"""Marks: documents that are to go, each with an entry for which it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MARK = np.dtype([("shard", "<i8"), ("row", "<i8"), ("entry", "<i8")])  # shard and entry by their numbers
Marks = NDArray[np.void]
Numbers = NDArray[np.int64]


def marks_of(shard: int, rows: Numbers, entries: Numbers) -> Marks:
    """One mark for each row and the entry beside it."""
    found = np.empty(len(rows), MARK)
    found["shard"], found["row"], found["entry"] = shard, rows, entries
    return found


def together(found: Iterable[Marks]) -> Marks:
    """All of them in order, each once."""
    return np.unique(np.concatenate([np.empty(0, MARK), *found]))


def beyond(found: Marks, known: Marks) -> Marks:
    """Those that are not known."""
    return np.setdiff1d(found, known)


def of_entries(marks: Marks, entries: Numbers) -> Marks:
    return marks[np.isin(marks["entry"], entries)]


def by_shard(marks: Marks) -> Iterator[tuple[int, Marks]]:
    """Marks in order, by their shards."""
    numbers, starts = np.unique(marks["shard"], return_index=True)
    yield from zip(numbers.tolist(), np.split(marks, starts[1:]), strict=False)


class Sought:
    """Values of 16 bytes that documents are looked for by, each with the entries for which."""

    def __init__(self, values: pa.ChunkedArray, entries: Numbers):
        unique = values.unique()
        self.values = unique.take(pc.sort_indices(unique))
        codes = pc.index_in(values, value_set=self.values).to_numpy().astype(np.int64)
        pairs = np.unique(np.stack([codes, entries], axis=1), axis=0)
        self._entries, self._bounds = pairs[:, 1], np.searchsorted(pairs[:, 0], np.arange(len(self.values) + 1))

    def first_of(self, values: pa.ChunkedArray) -> Numbers:
        """Where each of the values stands first among those that they were taken from."""
        codes = pc.index_in(values, value_set=self.values).to_numpy()
        return np.unique(codes, return_index=True)[1]

    def marks(self, shard: int, rows: Numbers, values: pa.Array | pa.ChunkedArray) -> Marks:
        """Of the rows of a shard, whose values these are, a mark for each entry that looks for one."""
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        codes = pc.index_in(whole, value_set=self.values)
        is_found = codes.is_valid().to_numpy(zero_copy_only=False)
        return self.at(shard, rows[is_found], codes.drop_null().to_numpy(zero_copy_only=False).astype(np.int64))

    def at(self, shard: int, rows: Numbers, numbers: Numbers) -> Marks:
        """The same where it is known which of the values each row has."""
        counts = np.diff(self._bounds)[numbers]
        first = np.repeat(self._bounds[numbers] - np.cumsum(counts) + counts, counts)
        return marks_of(shard, np.repeat(rows, counts), self._entries[first + np.arange(len(first))])
