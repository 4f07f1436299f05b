"""Spans of texts that lie one after the other: which of them is within no other, and how long each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers, sealed
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.model.errors import Refused

SHORTEST = 8  # characters; what is shorter stands everywhere
CONTINUATION, CONTINUES = 0xC0, 0x80
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Least:
    """What is told: spans of so many characters, or of so many words."""

    count: int = 50
    unit: str = "characters"  # or words

    def __post_init__(self) -> None:
        if self.count < SHORTEST or self.unit not in ("characters", "words"):
            raise Refused(f"spans of {self.count} {self.unit} say nothing: ask for at least {SHORTEST}")


class Spans(NamedTuple):
    """Different spans, in bytes of all texts, and of each how often and where it stands."""

    starts: Numbers
    ends: Numbers


def maximal(data: Bytes, bounds: Offsets, reach: NDArray[np.int32], least: Least) -> Spans:
    """The spans that no longer one holds, of whole characters, in order, and long enough."""
    starts = np.flatnonzero(reach)
    ends = starts + reach[starts]
    is_inside = np.append(~starts_of_characters(data), False)
    for _ in range(3):  # a character has at most three more bytes
        starts = starts + is_inside[starts]
        ends = ends - is_inside[ends]
    chosen = is_outer(starts, ends) & (ends > starts)
    starts, ends = starts[chosen], ends[chosen]
    chosen = _sizes(data, starts, ends, least) >= least.count
    return Spans(starts[chosen], ends[chosen])


def is_outer(starts: Numbers, ends: Numbers) -> NDArray[np.bool_]:
    """Which spans lie within none of the others; equal ones count once. In the order of their starts."""
    order = np.lexsort((-ends, starts))
    reached = np.maximum.accumulate(np.append(-1, ends[order]))[:-1]
    found = np.zeros(len(starts), np.bool_)
    found[order] = ends[order] > reached
    return found


def _sizes(data: Bytes, starts: Numbers, ends: Numbers, least: Least) -> Numbers:
    """How many characters or words each span has."""
    if least.unit == "characters":
        before = np.append(0, np.cumsum(starts_of_characters(data)))
        sizes: Numbers = before[ends] - before[starts]
        return sizes
    text, bounds = _copied(data, starts, ends)
    return np.diff(words_of(text, bounds).firsts)


def _copied(data: Bytes, starts: Numbers, ends: Numbers) -> tuple[Bytes, Offsets]:
    """The bytes of some spans, one after the other."""
    pieces = [data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return sealed(np.concatenate([np.empty(0, np.uint8), *pieces])), np.append(0, np.cumsum(ends - starts))


def kinds_of(data: Bytes, spans: Spans) -> tuple[tuple[Bytes, Offsets], Numbers]:
    """The different texts of spans, and which of them each has."""
    numbers: dict[bytes, int] = {}
    place = [
        numbers.setdefault(data[start:end].tobytes(), len(numbers))
        for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
    ]
    return buffers(pa.array(numbers, pa.large_binary())), np.array(place, np.int64)


def characters_before(data: Bytes, start: int, end: int) -> int:
    """Characters that begin in these bytes."""
    return int(np.count_nonzero(starts_of_characters(data[start:end])))


def starts_of_characters(data: Bytes) -> NDArray[np.bool_]:
    """At which bytes a character begins."""
    found: NDArray[np.bool_] = (data & CONTINUATION) != CONTINUES
    return found
