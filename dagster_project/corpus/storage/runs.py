"""Sorting more rows than memory holds, whatever their keys: sorted runs on disk, merged.

`spool.py` spreads records over buckets by the leading bits of keys that are hashes; here keys may be places in texts,
and millions of them equal. Of n rows of c numbers 8nc bytes lie on disk, up to twice that while more than 64 runs are
joined; in memory there are at most four copies of what `memory_bytes` / 4 hold.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from dagster_project.corpus.kernels.row_order import Rows, count_up_to, is_less, merged, ordered
from dagster_project.corpus.storage.temporary import append

FAN_IN = 64  # runs that are merged at once
CHUNK = 1 << 15  # rows: what is done with them then stays in the caches
LAST = np.uint64(0xFFFFFFFFFFFFFFFF)  # no row comes after one of these
COPIES = 4  # of the held rows there are while they are sorted: themselves, in one piece, their order, in order


class Runs:
    """Collects rows uint64[n, columns] and yields them in the order of their columns, as often as asked."""

    def __init__(self, columns: int, memory_bytes: int):
        self.columns, self.rows = columns, 0
        self._most = max(1, memory_bytes // (8 * columns * COPIES))
        self._held: list[Rows] = []
        self._held_rows = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._runs: list[Path] = []
        self._names = count()

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, rows: Rows) -> None:
        for start in range(0, len(rows), self._most):
            part = rows[start : start + self._most]
            if self._held_rows + len(part) > self._most:
                self._spill()
            self._held.append(part)
            self._held_rows += len(part)
        self.rows += len(rows)

    def sorted(self) -> Iterator[Rows]:
        """Chunks of the rows, none of them empty."""
        if not self._runs:
            if self.rows:
                yield from _chunks(self._ordered())
            return
        if self._held:
            self._spill()
        while len(self._runs) > FAN_IN:
            self._join(self._runs[:FAN_IN])
        yield from self._merged(self._runs)

    def close(self) -> None:
        self._held.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _ordered(self) -> Rows:
        self._held = [ordered(np.concatenate(self._held))]
        return self._held[0]

    def _new_run(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="florilegium-runs-")
        return Path(self._folder.name) / f"{next(self._names)}"

    def _spill(self) -> None:
        run = self._new_run()
        append(run, self._ordered())
        self._runs.append(run)
        self._held, self._held_rows = [], 0

    def _join(self, runs: Sequence[Path]) -> None:
        joined = self._new_run()
        for chunk in self._merged(runs):
            append(joined, chunk)
        for run in runs:
            run.unlink()
        self._runs = [*self._runs[len(runs) :], joined]

    def _merged(self, runs: Sequence[Path]) -> Iterator[Rows]:
        """Of all runs at a time what comes before the least of the last rows that were read of each."""
        readers = [_Reader(run, self.columns, max(1, self._most // len(runs))) for run in runs]
        while readers := [reader for reader in readers if reader.fill()]:
            bound = _least([reader.last for reader in readers])
            yield from _chunks(merged([reader.take(bound) for reader in readers]))


class Cursor:
    """Walks once over rows in order."""

    def __init__(self, columns: int, chunks: Iterator[Rows]):
        self._chunks = chunks
        self._rows = np.empty((0, columns), np.uint64)

    def before(self, number: int) -> Rows:
        """The rows not given yet whose first number is less than this one, which is at least 1."""
        taken, bound = [], np.full(self._rows.shape[1], LAST)
        bound[0] = number - 1
        while True:
            size = count_up_to(self._rows, bound)
            taken.append(self._rows[:size])
            self._rows = self._rows[size:]
            if len(self._rows):
                break
            following = next(self._chunks, None)
            if following is None:
                break
            self._rows = following
        return np.concatenate(taken)


def _chunks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


class _Reader:
    """A run, read a block at a time."""

    def __init__(self, run: Path, columns: int, block: int):
        self._run, self._columns, self._block, self._read = run, columns, block, 0
        self._rows = np.empty((0, columns), np.uint64)

    def fill(self) -> bool:
        """Read on if all was taken; False at the end."""
        if not len(self._rows):
            numbers = np.fromfile(self._run, np.uint64, self._block * self._columns, offset=self._read)
            self._read += numbers.nbytes
            self._rows = numbers.reshape(-1, self._columns)
        return len(self._rows) > 0

    @property
    def last(self) -> Rows:
        return self._rows[-1:]

    def take(self, bound: Rows) -> Rows:
        size = count_up_to(self._rows, bound)
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken


def _least(rows: Sequence[Rows]) -> Rows:
    least = rows[0]
    for row in rows[1:]:
        if is_less(row, 0, least, 0):
            least = row
    found: Rows = least[0].copy()
    return found
