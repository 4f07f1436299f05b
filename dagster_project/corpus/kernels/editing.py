"""Texts edited by spans that can be replayed, joined and undone; the text that they speak of is never rewritten."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers, sealed, strings
from dagster_project.corpus.model import edits as model
from dagster_project.corpus.model.errors import IntegrityError

LF = 10
OUTSIDE, OVERLAPPING, SPLITTING = 1, 2, 3
PROBLEMS = {
    OUTSIDE: "does not lie in it",
    OVERLAPPING: "begins before the edit before it ends",
    SPLITTING: "begins or ends within a character",
}


class Edits(NamedTuple):
    """What is replaced in some documents, in order and without overlap: text_bytes stand for text[start:end].

    Starts and ends are bytes from the beginning of the document's text, as it was before all of them.
    """

    firsts: Offsets  # int64[documents + 1]: the first edit of each document
    starts: Offsets  # int64[edits]
    ends: Offsets  # int64[edits]
    text_bytes: Bytes  # the new texts, one after the other
    text_offsets: Offsets  # int64[edits + 1]


class Kept(NamedTuple):
    """What stays of some documents: pieces of their text, with newlines between them."""

    firsts: Offsets  # int64[documents + 1]: the first piece of each document
    starts: Offsets  # int64[pieces]: bytes from the beginning of the document
    ends: Offsets  # int64[pieces]
    breaks: Offsets  # int64[pieces]: newlines before it, whatever stood there
    tails: Offsets  # int64[documents]: newlines after the last piece


def no_edits(documents: int) -> Edits:
    empty, none = np.empty(0, np.int64), np.zeros(1, np.int64)
    return Edits(np.zeros(documents + 1, np.int64), empty, empty, sealed(np.empty(0, np.uint8)), none)


def apply(data: Bytes, offsets: Offsets, edits: Edits) -> tuple[Bytes, Offsets]:
    """The edited texts, and their offsets; edits that do not fit the texts are refused."""
    _check(data, offsets, edits)
    edited = offsets + _growth(edits)[edits.firsts]
    out = np.empty(edited[-1], np.uint8)
    _apply(data, offsets, edits, out)
    return sealed(out), edited


def edited(documents: pa.Table) -> pa.Table:
    """The same documents, `text` as their `edits` leave it, which then are gone; as they are where there are none."""
    if "edits" not in documents.column_names:
        return documents
    texts, place = documents.column("text"), documents.schema.get_field_index("text")
    left = strings(*apply(*buffers(texts), from_arrow(documents.column("edits")))).cast(texts.type)
    return documents.set_column(place, documents.schema.field(place), left).drop_columns(["edits"])


def cut(data: Bytes, offsets: Offsets, edits: Edits) -> tuple[Bytes, Offsets]:
    """The bytes that each edit takes away, one after the other, and offsets int64[edits + 1]."""
    _check(data, offsets, edits)
    positions = np.concatenate([[0], np.cumsum(edits.ends - edits.starts)])
    out = np.empty(positions[-1], np.uint8)
    _cut(data, offsets, edits, positions, out)
    return sealed(out), positions


def undo(data: Bytes, offsets: Offsets, edits: Edits, removed: tuple[Bytes, Offsets]) -> tuple[Bytes, Offsets]:
    """The texts as they were before these edits, from the edited ones and what `cut` gave."""
    return apply(data, offsets, inverse(edits, removed))


def inverse(edits: Edits, removed: tuple[Bytes, Offsets]) -> Edits:
    """The edits of the edited texts that bring back what was removed."""
    growth = _growth(edits)
    shifts = growth[:-1] - np.repeat(growth[edits.firsts[:-1]], np.diff(edits.firsts))
    starts = edits.starts + shifts
    return Edits(edits.firsts, starts, starts + np.diff(edits.text_offsets), *removed)


def keep_only(data: Bytes, offsets: Offsets, kept: Kept) -> Edits:
    """The fewest edits that leave these pieces and newlines."""
    room = len(kept.starts) + len(offsets)
    starts, ends, lines = (np.empty(room, np.int64) for _ in range(3))
    firsts = np.zeros_like(offsets)
    count = _keep_only(data, offsets, kept, firsts, starts, ends, lines)
    positions = np.concatenate([[0], np.cumsum(lines[:count])])
    text = sealed(np.full(positions[-1], LF, np.uint8))
    return Edits(firsts, starts[:count].copy(), ends[:count].copy(), text, positions)


def characters_of(data: Bytes, offsets: Offsets) -> Offsets:
    """How many code points each text has, int64[documents]."""
    counts = np.empty(len(offsets) - 1, np.int64)
    _count_characters(data, offsets, counts)
    return counts


def to_arrow(edits: Edits) -> pa.ListArray:
    """One list of edits per document, as the model has them."""
    positions = pa.py_buffer(edits.text_offsets.astype(np.int32))
    texts = pa.StringArray.from_buffers(len(edits.starts), positions, pa.py_buffer(edits.text_bytes))
    values = pa.StructArray.from_arrays([pa.array(edits.starts), pa.array(edits.ends), texts], fields=list(model.EDIT))
    return pa.ListArray.from_arrays(pa.array(edits.firsts, pa.int32()), values, type=model.EDITS)


def from_arrow(column: Any) -> Edits:
    """The edits of a list array or chunked array; null is none."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    values = column.flatten()
    starts, ends = (pc.struct_field(values, name).to_numpy(zero_copy_only=False).copy() for name in ("start", "end"))
    return Edits(
        np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]),
        starts,
        ends,
        *buffers(pc.struct_field(values, "text")),
    )


def _growth(edits: Edits) -> Offsets:
    """By how many bytes the edits before each edit lengthen the texts; one number more than edits."""
    lengths = np.diff(edits.text_offsets) - (edits.ends - edits.starts)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _check(data: Bytes, offsets: Offsets, edits: Edits) -> None:
    if len(edits.firsts) != len(offsets) or edits.firsts[-1] != len(edits.starts):
        there = f"{len(edits.firsts) - 1} documents, and there are {len(offsets) - 1}"
        raise IntegrityError(f"the edits are of {there}: measure the edits of this text again")
    problem, document, edit = _problem(data, offsets, edits)
    if problem:
        span = f"bytes {edits.starts[edit]} to {edits.ends[edit]}"
        size = offsets[document + 1] - offsets[document]
        raise IntegrityError(
            f"an edit of document {document} ({span}), whose text has {size} bytes, {PROBLEMS[problem]}: "
            "measure the edits of this text again"
        )


@bare
def _problem(data: Any, offsets: Any, edits: Any) -> Any:
    """The first edit that does not fit: (what is wrong, its document, its number); what is wrong is 0 where all do."""
    for i in range(len(offsets) - 1):
        first, size, before = offsets[i], offsets[i + 1] - offsets[i], 0
        for j in range(edits.firsts[i], edits.firsts[i + 1]):
            start, end = edits.starts[j], edits.ends[j]
            if start < 0 or start > end or end > size:
                return OUTSIDE, i, j
            if start < before:
                return OVERLAPPING, i, j
            for place in (start, end):
                if place < size and data[first + place] & 0xC0 == 0x80:
                    return SPLITTING, i, j
            before = end
    return 0, 0, 0


@bare
def _apply(data: Any, offsets: Any, edits: Any, out: Any) -> Any:
    at = 0
    for i in range(len(offsets) - 1):
        first, before = offsets[i], offsets[i]
        for j in range(edits.firsts[i], edits.firsts[i + 1]):
            at = copy(data, before, first + edits.starts[j], out, at)
            at = copy(edits.text_bytes, edits.text_offsets[j], edits.text_offsets[j + 1], out, at)
            before = first + edits.ends[j]
        at = copy(data, before, offsets[i + 1], out, at)


@bare
def copy(data: Any, start: Any, end: Any, out: Any, at: Any) -> Any:
    """Copy data[start:end] to out[at:]; returns where that ends there."""
    source, target = data[start:end], out[at : at + end - start]
    for i in range(len(source)):
        target[i] = source[i]
    return at + len(source)


@bare
def _cut(data: Any, offsets: Any, edits: Any, positions: Any, out: Any) -> Any:
    for i in range(len(offsets) - 1):
        for j in range(edits.firsts[i], edits.firsts[i + 1]):
            copy(data, offsets[i] + edits.starts[j], offsets[i] + edits.ends[j], out, positions[j])


@bare
def _keep_only(data: Any, offsets: Any, kept: Any, firsts: Any, starts: Any, ends: Any, lines: Any) -> Any:
    count = 0
    for i in range(len(offsets) - 1):
        before = 0
        for j in range(kept.firsts[i], kept.firsts[i + 1] + 1):
            is_piece = j < kept.firsts[i + 1]
            start = kept.starts[j] if is_piece else offsets[i + 1] - offsets[i]
            breaks = kept.breaks[j] if is_piece else kept.tails[i]
            if not _are_newlines(data, offsets[i] + before, offsets[i] + start, breaks):
                starts[count], ends[count], lines[count] = before, start, breaks
                count += 1
            before = kept.ends[j] if is_piece else start
        firsts[i + 1] = count
    return count


@bare
def _are_newlines(data: Any, start: Any, end: Any, breaks: Any) -> Any:
    if end - start != breaks:
        return False
    are_newlines = True
    for at in range(start, end):
        are_newlines &= data[at] == LF
    return are_newlines


@bare
def _count_characters(data: Any, offsets: Any, counts: Any) -> Any:
    for i in range(len(counts)):
        text, count = data[offsets[i] : offsets[i + 1]], 0
        for at in range(len(text)):
            count += text[at] & 0xC0 != 0x80
        counts[i] = count
