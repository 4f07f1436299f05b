"""The lines and paragraphs of texts, each with a hash of what it says."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.line_bounds import LF, strip_end, strip_start
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.secret_hashes import BASES, entered
from dagster_project.corpus.kernels.texts import Bytes, Offsets


class Segments(NamedTuple):
    """Lines or paragraphs of some documents, in order."""

    documents: Offsets  # int64[segments]
    starts: Offsets  # in bytes from the beginning of the document
    ends: Offsets  # with the newline after it; of a paragraph with the blank lines
    hashes: Rows  # uint64[segments, 2]: of its bytes without white space around them


def segments(data: Bytes, offsets: Offsets, shortest: int, *, paragraphs: bool) -> Segments:
    """The lines between newlines, or the paragraphs between blank lines, of at least so many bytes and one that is no
    white space."""
    most = int(np.count_nonzero(data == LF)) + len(offsets) - 1
    documents, starts, ends = (np.empty(most, np.int64) for _ in range(3))
    found = Segments(documents, starts, ends, np.empty((most, 2), np.uint64))
    count = _segments(data, offsets, u.characters(), max(shortest, 1), paragraphs, BASES, found)
    return Segments._make(column[:count] for column in found)


@bare
def _segments(data: Any, offsets: Any, tables: Any, shortest: Any, paragraphs: Any, bases: Any, found: Any) -> Any:
    count = 0
    for number in range(len(offsets) - 1):
        begin, stop = offsets[number], offsets[number + 1]
        at = begin
        while at < stop:
            low, high, after = _segment(data, at, stop, tables, paragraphs)
            if high - low >= shortest:
                found.documents[count], found.starts[count], found.ends[count] = number, at - begin, after - begin
                _hash(data, low, high, bases, found.hashes, count)
                count += 1
            at = after
    return count


@bare
def _segment(data: Any, at: Any, stop: Any, tables: Any, paragraphs: Any) -> Any:
    """Of the line or the paragraph at `at`: the first and the last of what is no white space, and where the next one
    begins. Blank lines before a paragraph are one of their own."""
    low, high, after = _line(data, at, stop, tables)
    if not paragraphs or low == high:
        return low, high, after
    while after < stop:
        first, last, following = _line(data, after, stop, tables)
        if first == last:
            return low, high, _past_blank(data, following, stop, tables)
        high, after = last, following
    return low, high, after


@bare
def _past_blank(data: Any, at: Any, stop: Any, tables: Any) -> Any:
    while at < stop:
        first, last, after = _line(data, at, stop, tables)
        if first < last:
            break
        at = after
    return at


@bare
def _line(data: Any, at: Any, stop: Any, tables: Any) -> Any:
    end = at
    while end < stop and data[end] != LF:
        end += 1
    low = strip_start(data, at, end, tables)
    return low, strip_end(data, low, end, tables), min(end + 1, stop)


@bare
def _hash(data: Any, low: Any, high: Any, bases: Any, hashes: Any, count: Any) -> Any:
    one, two, first, second = np.uint64(0), np.uint64(0), np.uint64(bases[0]), np.uint64(bases[1])
    for at in range(low, high):
        one, two = entered(one, first, data[at]), entered(two, second, data[at])
    hashes[count, 0], hashes[count, 1] = one, two
