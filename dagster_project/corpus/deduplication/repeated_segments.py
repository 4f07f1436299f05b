"""Lines or paragraphs that stand in several documents, by their hashes, sorted on disk.

Of each segment 40 bytes lie on disk, up to twice that while they are merged; in memory `memory_bytes` and the texts at
hand. Two segments are taken for equal if two hashes modulo 2^61 - 1 with secret bases are (kernels/secret_hashes.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.substrings import MEMORY_BYTES, Spans, Texts
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.segments import segments
from dagster_project.corpus.storage.runs import Runs

Integers = NDArray[np.int64]


class RepeatedSegments:
    """Segments of texts, on disk until it is closed. `count` is how many there are, repeated or not."""

    def __init__(self, texts: Texts, shortest: int, *, paragraphs: bool, memory_bytes: int = MEMORY_BYTES):
        self._runs = Runs(5, memory_bytes // 2)  # it is read twice at a time
        try:
            for ranks, data, offsets in texts():
                found = segments(data, offsets, shortest, paragraphs=paragraphs)
                places = np.stack([ranks[found.documents], found.starts, found.ends], axis=1)
                self._runs.append(np.concatenate([found.hashes, places.astype(np.uint64)], axis=1))
        except BaseException:
            self._runs.close()
            raise
        self.count = self._runs.rows

    def __enter__(self) -> RepeatedSegments:
        return self

    def __exit__(self, *_: object) -> None:
        self._runs.close()

    def spans(self) -> Iterator[Spans]:
        """Those that stand in several documents, in no order that tells anything. The first one is in the document of
        the least rank; those of that document are all `is_first`, for nothing is cut inside one."""
        copies = _Groups(self._runs.sorted())
        before, first = np.zeros((1, 5), np.uint64), np.zeros((1, 5), np.uint64)
        known = np.zeros(1, np.int64)  # documents of the last group
        for rows in self._runs.sorted():
            begins = _begins(rows, before)
            group = np.cumsum(begins)
            firsts = np.concatenate([first, rows[begins]])
            known = np.concatenate([known[-1:], copies.take(int(group[-1]))])
            yield _spans(rows, firsts[group], known[group])
            before, first = rows[-1:], firsts[-1:]


class _Groups:
    """How many documents hold each of the segments, asked for in their order."""

    def __init__(self, chunks: Iterator[Rows]):
        self._counts = _counts(chunks)
        self._held = np.empty(0, np.int64)

    def take(self, number: int) -> Integers:
        held = [self._held]
        while sum(map(len, held)) < number:
            held.append(next(self._counts))
        whole = np.concatenate(held)
        self._held = whole[number:]
        return whole[:number]


def _counts(chunks: Iterator[Rows]) -> Iterator[Integers]:
    before, counted = np.zeros((1, 5), np.uint64), 0
    is_open = False
    for rows in chunks:
        begins = _begins(rows, before)
        others = begins | (rows[:, 2] != np.concatenate([before[:, 2], rows[:-1, 2]]))
        counts = np.bincount(np.cumsum(begins), weights=others).astype(np.int64)
        counts[0] += counted
        yield counts[:-1] if is_open else counts[1:-1]
        counted, before, is_open = int(counts[-1]), rows[-1:], True
    if is_open:
        yield np.array([counted])


def _begins(rows: Rows, before: Rows) -> NDArray[np.bool_]:
    """Where another segment begins; no segment has two hashes of zero, as `before` all rows has."""
    found: NDArray[np.bool_] = (rows[:, :2] != np.concatenate([before, rows[:-1]])[:, :2]).any(axis=1)
    return found


def _spans(rows: Rows, firsts: Rows, copies: Integers) -> Spans:
    chosen = copies > 1
    (rank, start, end), (first_rank, first_start) = (
        rows[chosen, 2:].T.astype(np.int64),
        firsts[chosen, 2:4].T.astype(np.int64),
    )
    is_first = rank == first_rank
    return Spans(rank, start, end, copies[chosen], first_rank, first_start, is_first)
