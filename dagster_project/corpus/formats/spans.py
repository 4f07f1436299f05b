"""Spans of bytes, or of tokens, in the texts of some rows, as columns: put together, moved, what lies between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])


class Spans(NamedTuple):
    """Row i has the spans from offsets[i] up to offsets[i + 1], in order and without overlap."""

    offsets: Numbers  # int64[rows + 1]
    starts: Numbers  # int64[spans]: bytes from the beginning of the text
    ends: Numbers  # int64[spans]

    @property
    def row(self) -> Numbers:
        """The row of each span."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def chosen(self, is_chosen: NDArray[np.bool_]) -> Spans:
        offsets = np.concatenate([[0], np.cumsum(is_chosen)])[self.offsets]
        return Spans(offsets, self.starts[is_chosen], self.ends[is_chosen])

    def shifted(self, by: Numbers) -> Spans:
        """Every span moved by as many bytes as its row."""
        shifts = by[self.row]
        return Spans(self.offsets, self.starts + shifts, self.ends + shifts)

    @property
    def filled(self) -> Spans:
        """Without those that are empty."""
        return self.chosen(self.starts < self.ends)


def spans_of(column: Any) -> Spans:
    """The spans of an Arrow list array of structs with `start` and `end`."""
    flat = pc.list_flatten(column)
    counts = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    starts, ends = (pc.struct_field(flat, name).to_numpy() for name in ("start", "end"))
    return Spans(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), starts, ends)


def span_lists(spans: Spans) -> pa.ListArray:
    """The spans as an Arrow list array of structs."""
    values = pa.StructArray.from_arrays([pa.array(spans.starts), pa.array(spans.ends)], fields=list(SPAN))
    return pa.ListArray.from_arrays(pa.array(spans.offsets, pa.int32()), values, type=pa.list_(SPAN))


def no_spans(rows: int) -> Spans:
    return Spans(np.zeros(rows + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def one_each(starts: Numbers, ends: Numbers) -> Spans:
    """One span in every row."""
    return Spans(np.arange(len(starts) + 1), starts, ends)


def side_by_side(*parts: Spans) -> Spans:
    """The spans of each row, those of the first part first."""
    row = np.concatenate([part.row for part in parts])
    order = np.argsort(row, kind="stable")
    starts, ends = (np.concatenate(found)[order] for found in zip(*(part[1:] for part in parts), strict=True))
    return Spans(sum((part.offsets for part in parts[1:]), parts[0].offsets), starts, ends)


def gaps(spans: Spans, sizes: Numbers) -> Spans:
    """What lies before, between and after the spans of texts of so many bytes; of none the whole. None is empty."""
    starts = np.insert(spans.ends, spans.offsets[:-1], 0)
    ends = np.insert(spans.starts, spans.offsets[1:], sizes)
    return Spans(spans.offsets + np.arange(len(spans.offsets)), starts, ends).filled
