"""Sorting more records than memory holds: fixed-size records, bucketed on disk by the leading bits of their key.

A billion records need no more memory than a million: below `memory_bytes` everything stays in memory; above it the
records lie in 256 bucket files and one bucket at a time is sorted (again bucketed when a bucket itself is too large
would mean a skewed key: keys here are hashes, so buckets are even).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.storage.temporary import append

BUCKETS = 256
MEMORY_BYTES = 256 << 20


class Spool:
    """Collects structured arrays whose first field is a 64-bit unsigned `key`, and yields them sorted by all fields."""

    def __init__(self, dtype: np.dtype[np.void], memory_bytes: int = MEMORY_BYTES):
        self.dtype, self.memory_bytes, self.rows = dtype, memory_bytes, 0
        self._held: list[NDArray[np.void]] = []
        self._held_bytes = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, records: NDArray[np.void]) -> None:
        if not len(records):
            return
        self._held.append(np.asarray(records, dtype=self.dtype))
        self._held_bytes += self._held[-1].nbytes
        self.rows += len(records)
        if self._held_bytes > self.memory_bytes:
            self._spill()

    def bound(self, memory_bytes: int) -> None:
        """From now on hold no more than this in memory."""
        self.memory_bytes = memory_bytes
        if self._held_bytes > memory_bytes:
            self._spill()

    def sorted(self) -> Iterator[NDArray[np.void]]:
        """Sorted chunks; records that share a key are always in one chunk. Yields nothing for an empty spool."""
        if self._folder is None:
            if self.rows:
                yield _sorted(np.concatenate(self._held))
            return
        self._spill()
        for bucket in range(BUCKETS):
            path = Path(self._folder.name) / f"{bucket:03d}"
            if path.exists():
                yield _sorted(np.fromfile(path, dtype=self.dtype))

    def chunks(self) -> Iterator[NDArray[np.void]]:
        """All records as they lie, without an order."""
        yield from self._held
        if self._folder is not None:
            for path in sorted(Path(self._folder.name).iterdir()):
                yield np.fromfile(path, dtype=self.dtype)

    def close(self) -> None:
        self._held.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _spill(self) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="florilegium-spool-")
        for records in self._held:
            buckets = (records["key"] >> np.uint64(56)).astype(np.uint8)
            order = np.argsort(buckets, kind="stable")
            bounds = np.searchsorted(buckets[order], np.arange(BUCKETS + 1))
            grouped = records[order]
            for bucket in np.flatnonzero(np.diff(bounds)):
                append(Path(self._folder.name) / f"{bucket:03d}", grouped[bounds[bucket] : bounds[bucket + 1]])
        self._held.clear()
        self._held_bytes = 0


def _sorted(records: NDArray[np.void]) -> NDArray[np.void]:
    """By key first, then by the remaining bytes: the order never depends on how the records arrived."""
    order = np.argsort(records["key"], kind="stable")
    records = records[order]
    keys = records["key"]
    ties = np.flatnonzero(keys[1:] == keys[:-1])
    if len(ties):
        records = _settle_ties(records, ties)
    return records


def _settle_ties(records: NDArray[np.void], ties: NDArray[np.intp]) -> NDArray[np.void]:
    """Sort every run of equal keys by its raw bytes, all runs at once: as big-endian words of eight."""
    tied = np.union1d(ties, ties + 1)
    run = np.cumsum(np.concatenate([[0], np.diff(records["key"][tied]) != 0]))
    width = -(-records.dtype.itemsize // 8)
    raw = np.zeros((len(tied), 8 * width), np.uint8)
    raw[:, : records.dtype.itemsize] = (
        np.ascontiguousarray(records[tied]).view(np.uint8).reshape(len(tied), records.dtype.itemsize)
    )
    words = raw.view(">u8")
    order = np.lexsort((*(words[:, at] for at in range(width - 1, -1, -1)), run))
    records = records.copy()
    records[tied] = records[tied[order]]
    return records
