"""Exact substrings that stand more than once (Lee et al. 2022), as a suffix array over the whole corpus finds them.

Without one: a window of `length` bytes that stands twice has an anchor of the same hash in both places (winnowing), so
only windows whose anchor's hash stands twice are compared. Anchors, then those windows, then the repeated ones among
them are sorted on disk. Windows are taken for equal if two hashes modulo 2^61 - 1 with secret bases are: that two of
10^12 windows of 200 bytes are not has a probability below 10^-8, whoever wrote them. What is repeated is always found.

What it takes for n bytes of text and a `length` of 200, if r of its windows have a repeated anchor and s are repeated
(of 100 MB of manuals, pages and code r was 0.10n, s 0.08n):

- on disk 16 bytes for each of 0.02n anchors; then 16 for each repeated one and 24r for windows; then 24r and 24s for
  matches; what is sorted takes up to twice that while it is merged;
- in memory `memory_bytes`, the texts at hand and 1.4 times as much for their anchors, 6 MB of windows, and the spans
  of a document; of a text that is one window over and over 80 times its bytes. Nothing is kept per document.

1 TB of such text takes at most 0.3 TB for anchors, then up to 4.8 TB for windows, then 2.4 + 3.8 TB for windows and
matches: 6.2 TB on disk, and a core 16 hours. A place is 60 bits of rank and offset: 10^9 documents of up to 1 GB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.matches import (
    Terms,
    further,
    joined,
    last_group,
    matches,
    members,
    no_state,
    shared,
)
from dagster_project.corpus.kernels.row_order import Rows, count_up_to
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.window_hashes import FLAGS, Stretches, window_rows
from dagster_project.corpus.kernels.winnowing import Anchors, anchors
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.storage.runs import LAST, Cursor, Runs

LENGTH = 200
SHORTEST = 8
MEMORY_BYTES = 512 << 20
HOT = 1_000_000
PLACE_BITS = 64
WINDOWS_AT_ONCE = 1 << 18
Texts = Callable[[], Iterator[tuple[NDArray[np.int64], Bytes, Offsets]]]  # ranks, and the texts of these documents


class Spans(NamedTuple):
    """Stretches of repeated windows, by rank and start; those of one document are together.

    Each of its windows stands first, by rank and place, in document `first_rank`, and the one at its start at
    `first_start`. If that is in the same document, the span `is_first` and tells itself, unless repetition inside
    documents counts too and the other place comes before. Spans of one document overlap where first occurrences are in
    different documents. They hold whole characters only: a window that begins or ends within one is narrowed.
    """

    rank: NDArray[np.int64]
    start: NDArray[np.int64]  # in bytes from the beginning of the document
    end: NDArray[np.int64]
    copies: NDArray[np.int64]  # the most of any of its windows: documents that hold it, with `inside` occurrences
    first_rank: NDArray[np.int64]
    first_start: NDArray[np.int64]
    is_first: NDArray[np.bool_]


@dataclass
class Counts:
    """What a search has seen."""

    documents: int = 0
    bytes: int = 0
    anchors: int = 0
    repeated_anchors: int = 0  # distinct ones of a document
    windows: int = 0  # that were compared
    repeated_windows: int = 0
    hot: int = 0  # different windows that stand more often than was counted
    hot_windows: int = 0  # how often these stand
    longest: int = field(default=0, repr=False)
    last_rank: int = field(default=0, repr=False)


class Substrings:
    """What was found, on disk until it is closed."""

    def __init__(self, texts: Texts, length: int, terms: tuple[bool, int], memory_bytes: int):
        self.counts, self._texts, self._length = Counts(), texts, length
        self._inside, self._hot = terms
        self._memory = max(1, memory_bytes // 2)  # two sorts are at work at any time
        with ExitStack() as stack:
            self._found = stack.enter_context(Runs(3, self._memory))
            with Runs(3, self._memory) as windows:
                self._collect(windows)
                self._match(windows)
            self._stack = stack.pop_all()

    def __enter__(self) -> Substrings:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def spans(self) -> Iterator[Spans]:
        """All of them, in chunks by rank; all of a document are in one."""
        held: list[Rows] = []
        open_span = np.empty((0, 4), np.uint64)
        for chunk in self._found.sorted():
            rows = np.concatenate([open_span, chunk.take([0, 0, 1, 2], 1)])
            rows = joined(rows, self._shift, self._length)
            rows, open_span = rows[:-1], rows[-1:]
            document = open_span[0, 0] >> np.uint64(self._shift)
            whole = int(np.searchsorted(rows[:, 0], document << np.uint64(self._shift)))
            goes_on = not _first(held) or int(_first(held)[0]) >> self._shift == int(document)
            if len(done := _moved(held, rows, whole, goes_on)):
                yield self._told(done)
        if len(open_span):
            yield self._told(np.concatenate([*held, open_span]))

    @property
    def _shift(self) -> int:
        """Bits of a place that are not the rank."""
        return self.counts.longest.bit_length() + FLAGS

    def _collect(self, windows: Runs) -> None:
        """The windows whose anchors are repeated."""
        with Runs(2, self._memory) as repeated:
            with Runs(2, self._memory) as all_anchors:
                self._read(all_anchors)
                state = no_state()
                for chunk in all_anchors.sorted():
                    repeated.append(shared(chunk, self._inside, state))
            self.counts.repeated_anchors = repeated.rows
            self._read_again(Cursor(2, repeated.sorted()), windows)
        self.counts.windows = windows.rows

    def _read(self, all_anchors: Runs) -> None:
        counts = self.counts
        for ranks, data, offsets in self._texts():
            found = anchors(data, offsets, self._length)
            rows = np.stack([found.hashes, (found.documents + counts.documents).astype(np.uint64)], axis=1)
            all_anchors.append(np.concatenate([rows, rows[found.tied]]) if self._inside else rows)
            counts.documents += len(ranks)
            counts.bytes += int(offsets[-1] - offsets[0])
            counts.anchors += len(rows)
            counts.longest = max(counts.longest, int(np.diff(offsets).max(initial=0)))
            counts.last_rank = max(counts.last_rank, int(ranks.max(initial=0)))
        if counts.last_rank.bit_length() + self._shift > PLACE_BITS:
            raise Refused(
                f"the last of {counts.documents} documents has rank {counts.last_rank} and the longest has "
                f"{counts.longest} bytes, which is more than a place can tell: search parts of the corpus"
            )

    def _read_again(self, repeated: Cursor, windows: Runs) -> None:
        documents = 0
        for ranks, data, offsets in self._texts():
            found = anchors(data, offsets, self._length)
            ordinals = (found.documents + documents).astype(np.uint64)
            documents += len(ranks)
            chosen = members(repeated.before(documents), ordinals, found.hashes)
            places = ranks.astype(np.uint64) << np.uint64(self._shift)
            for stretches in _pieces(found, chosen):
                windows.append(window_rows(data, offsets, places, stretches, self._length))
        if documents != self.counts.documents:
            raise IntegrityError(
                f"{self.counts.documents} documents were read, and {documents} when they were read again: "
                "search texts that do not change"
            )

    def _match(self, windows: Runs) -> None:
        """Pair every window that stands more than once with its first occurrence."""
        terms, counts = Terms(self._shift, self._inside, self._hot), self.counts
        held: list[Rows] = []  # of the last group
        known: tuple[Rows, int, int] | None = None  # of a hot group: a row, the first place, the copies
        for chunk in windows.sorted():
            if known is not None:
                same = count_up_to(chunk, np.append(known[0][:2], LAST))
                self._found.append(further(chunk[:same], terms, *known[1:]))
                counts.hot_windows += same
                if same == len(chunk):
                    continue
                chunk, known = chunk[same:], None
            goes_on = not held or _first(held)[:2] == _first([chunk])[:2]
            self._add(_moved(held, chunk, last_group(chunk), goes_on), terms)
            if _is_hot(held, terms):
                rows = np.concatenate(held)
                known, held = (rows[0], int(rows[0, 2]), self._add(rows, terms)), []
        self._add(np.concatenate([*held, np.empty((0, 3), np.uint64)]), terms)
        counts.repeated_windows = self._found.rows

    def _add(self, rows: Rows, terms: Terms) -> int:
        """Returns the copies of the last one."""
        found, (hot, hot_windows) = matches(rows, terms)
        self._found.append(found)
        self.counts.hot += int(hot)
        self.counts.hot_windows += int(hot_windows)
        return int(found[-1, 2]) if len(found) else 0

    def _told(self, rows: Rows) -> Spans:
        begin, last, first, copies = rows.T
        cut = (begin >> np.uint64(2) & np.uint64(3)).astype(np.int64)
        rank, start = self._unpacked(begin)
        first_rank, first_start = self._unpacked(first)
        end = self._unpacked(last)[1] + self._length - (last & np.uint64(3)).astype(np.int64)
        return Spans(rank, start + cut, end, copies.astype(np.int64), first_rank, first_start + cut, begin == first)

    def _unpacked(self, places: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        offsets = places >> np.uint64(FLAGS) & np.uint64((1 << self._shift - FLAGS) - 1)
        return (places >> np.uint64(self._shift)).astype(np.int64), offsets.astype(np.int64)


def find_substrings(
    texts: Texts, length: int = LENGTH, *, inside: bool = False, hot: int = HOT, memory_bytes: int = MEMORY_BYTES
) -> Substrings:
    """All stretches of at least `length` bytes that stand in several documents, with `inside` also twice in one.

    `texts` is called twice and gives the same batches of (int64[n] ranks, bytes, int64[n + 1] offsets) in the same
    order; ranks are distinct and not negative. What is found depends on neither the order nor the batches. Windows that
    stand more than `hot` times are all found, but their copies are not counted further.
    """
    if length < SHORTEST:
        raise Refused(f"substrings of {length} bytes are too short to compare: ask for at least {SHORTEST}")
    return Substrings(texts, length, (inside, hot), memory_bytes)


def _first(held: list[Rows]) -> list[int]:
    """The first row, if there is one."""
    row: list[int] = next((rows[0].tolist() for rows in held if len(rows)), [])
    return row


def _moved(held: list[Rows], rows: Rows, whole: int, goes_on: bool) -> Rows:
    """Hold the rows from `whole` on, and return what is before them, which begins with what was held so far.

    Where all rows go on what is held they are held too, and none is returned.
    """
    if whole or not goes_on:
        done = np.concatenate([*held, rows[:whole]])
        held[:] = [rows[whole:]]
        return done
    held.append(rows)
    return rows[:0]


def _is_hot(held: list[Rows], terms: Terms) -> bool:
    """Are these rows of one group more than are counted, and surely a repetition?"""
    if sum(map(len, held)) <= terms.hot:
        return False
    return terms.inside or int(held[0][0, 2]) >> terms.shift != int(held[-1][-1, 2]) >> terms.shift


def _pieces(found: Anchors, chosen: NDArray[np.bool_]) -> Iterator[Stretches]:
    """The stretches of windows of the chosen anchors, so many at a time that their rows take little memory."""
    documents, firsts, lasts = found.documents[chosen], found.firsts[chosen], found.lasts[chosen]
    if not len(documents):
        return
    begins = np.insert((documents[1:] != documents[:-1]) | (firsts[1:] != lasts[:-1] + 1), 0, True)
    ends = np.append(begins[1:], True)
    documents, firsts, lasts = documents[begins], firsts[begins], lasts[ends]
    sizes = lasts - firsts + 1
    parts = -(-sizes // WINDOWS_AT_ONCE)
    number = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    firsts, lasts = np.repeat(firsts, parts) + number * WINDOWS_AT_ONCE, np.repeat(lasts, parts)
    stretches = Stretches(np.repeat(documents, parts), firsts, np.minimum(lasts, firsts + WINDOWS_AT_ONCE - 1))
    batch = np.cumsum(stretches.lasts - stretches.firsts + 1) // WINDOWS_AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(batch)) + 1).tolist(), len(batch)]
    for start, end in pairwise(bounds):
        yield Stretches(*(column[start:end] for column in stretches))
