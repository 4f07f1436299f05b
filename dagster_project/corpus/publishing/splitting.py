"""Export shards whose texts would be too large for one table: divided again by bytes, in the order of the mix.

Shards begin by words, which are known before any text is read; how many bytes those words have is known when the texts
were sent. A shard of more than SHARD_BYTES is measured, text by text, and becomes several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.model.rendering_recipes import RenderingRecipe
from dagster_project.corpus.publishing.relaying import Arrived
from dagster_project.corpus.publishing.scattering import sizes_of, slices
from dagster_project.corpus.storage.exchange import Range, read_rows
from dagster_project.corpus.storage.stores import Store

SHARD_BYTES = 1 << 30  # of texts in one export shard; the offsets of Arrow end at twice as much
Numbers = NDArray[np.int64]
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


class Span(NamedTuple):
    """One export shard: the places in the order from its first to that of the next, which are more than its rows where
    documents were taken down; its first row in the mix, how many it has, and the number of the shard by words that it
    is or that it is a part of."""

    start: int
    end: int
    first: int
    rows: int
    shard: int


@dataclass(frozen=True)
class Measure:
    """What one shard received."""

    store: Store
    span: Span
    sent: tuple[Range, ...]
    around: int  # bytes that may be written around each text


def spans(starts: Numbers, rows: Numbers, total: int) -> list[Span]:
    """The export shards that begin at these places, of so many rows; `total`: of all places."""
    ends, firsts = [*starts[1:].tolist(), total], np.cumsum(rows) - rows
    return [
        Span(start, ends[number], int(firsts[number]), int(rows[number]), number)
        for number, start in enumerate(starts.tolist())
    ]


def divided(store: Store, found: Sequence[Span], arrived: Arrived, around: int, mapped: Mapper) -> list[Span]:
    """Spans of at most SHARD_BYTES each, or of one member."""
    is_large = [size + around * span.rows > SHARD_BYTES for span, size in zip(found, arrived.sizes_bytes, strict=True)]
    tasks = (
        Measure(store, span, arrived.ranges(span.shard), around)
        for span, large in zip(found, is_large, strict=True)
        if large
    )
    measured = mapped(measure, tasks)
    divisions: list[Span] = []
    for span, large in zip(found, is_large, strict=True):
        divisions += _divided(span, *next(measured)) if large else [span]
    return divisions


def measure(task: Measure) -> tuple[Numbers, NDArray[np.bool_]]:
    """The bytes of the members of a span by their places, and where there are any."""
    sizes = np.zeros(task.span.end - task.span.start, np.int64)
    is_there = np.zeros(len(sizes), bool)
    for item in task.sent:
        for table in read_rows(task.store, [item]):
            places = table.column("index").to_numpy() - task.span.start
            sizes[places], is_there[places] = sizes_of(table) + task.around, True
    return sizes, is_there


def received(store: Store, span: Span, sent: Iterable[Range]) -> list[pa.Table]:
    """What was sent of the members of a span; the ranges may hold what is another's."""
    found = []
    for item in sent:
        (table,) = read_rows(store, [item])
        index = table.column("index").to_numpy()
        first, last = np.searchsorted(index, [span.start, span.end])
        is_whole = last - first == len(index)
        found.append(table if is_whole else table.take(pa.array(np.arange(first, last))))
    return found


def around(rendering: RenderingRecipe) -> int:
    """The most bytes that a recipe writes around a text, but for what its fields hold."""
    return sum(
        max((len(said.encode()) for said in written), default=0)
        for written in ([item.text for item in rendering.templates], [item.token for item in rendering.controls])
    )


def _divided(span: Span, sizes: Numbers, is_there: NDArray[np.bool_]) -> list[Span]:
    before = np.concatenate([[0], np.cumsum(is_there)])
    return [
        span._replace(
            start=span.start + one,
            end=span.start + end,
            first=span.first + int(before[one]),
            rows=int(before[end] - before[one]),
        )
        for one, end in slices(sizes, SHARD_BYTES)
    ]
