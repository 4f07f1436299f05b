"""Turns of conversations beside the texts of an export: where they stand once the text is edited."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dagster_project.corpus.kernels.editing import Edits, from_arrow
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.turns import TURN, TURNS
from dagster_project.corpus.storage.shards import read_opened

Numbers = NDArray[np.int64]
KINDS = "structure.list.element.kind"
SAID = ("role", "weight")


def read_turns(documents: pq.ParquetFile, file: File) -> pa.Array:
    """The turns in the stored text of every document of an open shard, as TURNS; one without any is read for its kinds
    of spans alone."""
    kinds = documents.read(columns=[KINDS]).column(0)
    if not pc.any(pc.equal(pc.struct_field(pc.list_flatten(kinds), "kind"), "turn")).as_py():
        return no_turns(file.rows)
    spans = read_opened(documents, file, ["structure"]).column(0).combine_chunks()
    rows, flat = pc.list_parent_indices(spans), pc.list_flatten(spans)
    is_turn, is_unlearned = (pc.equal(pc.struct_field(flat, "kind"), kind) for kind in ("turn", "unlearned"))
    follows = np.append(is_unlearned.to_numpy(zero_copy_only=False)[1:], False)  # on the turn with the same span
    rows, flat, follows = rows.filter(is_turn).to_numpy(), flat.filter(is_turn), pa.array(follows).filter(is_turn)
    starts, ends = (pc.struct_field(flat, name).cast(pa.int64()) for name in ("start", "end"))
    counts = np.bincount(rows, minlength=file.rows)
    weights = pc.if_else(follows, pa.scalar(0, pa.int8()), pa.scalar(None, pa.int8()))
    said = pa.table([pc.struct_field(flat, "value"), weights], names=SAID)
    return turn_lists(said, starts.to_numpy(), ends.to_numpy(), counts)


def no_turns(rows: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], TURN), type=TURNS)


def said_of(turns: pa.Array) -> pa.Table:
    """What is told of each of TURNS beside its place, one row after another."""
    flat = pc.list_flatten(turns)
    return pa.table([pc.struct_field(flat, name) for name in SAID], names=SAID)


def turn_lists(said: pa.Table, starts: Numbers, ends: Numbers, counts: NDArray[Any]) -> pa.Array:
    """Turns, one row after another, as TURNS; `counts` says how many each row has."""
    roles, weights = (said.column(name).combine_chunks() for name in SAID)
    turns = pa.StructArray.from_arrays([roles, pa.array(starts), pa.array(ends), weights], fields=list(TURN))
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), turns, type=TURNS)


def moved(documents: pa.Table) -> pa.Table:
    """Documents with `text`, `turns`, and perhaps `edits` that are still to be done: their turns as these leave them.

    What an edit puts in the place of bytes on both sides of an end of a turn belongs to none, and neither does what it
    puts at that end. A turn of which nothing is left stays, empty: the others answer to it.
    """
    turns = documents.column("turns").combine_chunks()
    flat = pc.list_flatten(turns)
    if "edits" not in documents.column_names or not len(flat):
        return documents
    edits, offsets = from_arrow(documents.column("edits")), buffers(documents.column("text"))[1]
    row = pc.list_parent_indices(turns).to_numpy().astype(np.int64)
    starts, ends = (pc.struct_field(flat, name).to_numpy() for name in ("start", "end"))
    starts = _starts(edits, offsets, row, starts)
    ends = np.maximum(_ends(edits, offsets, row, ends), starts)
    counts = pc.list_value_length(turns).to_numpy(zero_copy_only=False)
    found = turn_lists(said_of(turns), starts, ends, counts)
    return documents.set_column(documents.column_names.index("turns"), "turns", found)


def _starts(edits: Edits, offsets: Numbers, row: Numbers, places: Numbers) -> Numbers:
    """Where places are after the edits; within an edit, after what it puts there."""
    own = _own(edits, offsets)
    at = _clipped(np.searchsorted(own.ends, offsets[row] + places, side="right"), edits, row)
    within = np.append(own.starts, np.iinfo(np.int64).max)[at] < offsets[row] + places
    is_within = within & (at < edits.firsts[row + 1])
    place = np.where(is_within, np.append(edits.ends, 0)[at], places)
    return place + _growth(edits, row, at + is_within)


def _ends(edits: Edits, offsets: Numbers, row: Numbers, places: Numbers) -> Numbers:
    """Where places are after the edits; within an edit, before what it puts there."""
    own = _own(edits, offsets)
    at = _clipped(np.searchsorted(own.starts, offsets[row] + places, side="left"), edits, row)
    last = np.maximum(at - 1, 0)
    is_within = (at > edits.firsts[row]) & (np.append(own.ends, 0)[last] > offsets[row] + places)
    place = np.where(is_within, np.append(edits.starts, 0)[last], places)
    return place + _growth(edits, row, at - is_within)


def _own(edits: Edits, offsets: Numbers) -> Edits:
    """The edits, their places counted from the first byte of the first text."""
    before = np.repeat(offsets[:-1], np.diff(edits.firsts))
    return edits._replace(starts=edits.starts + before, ends=edits.ends + before)


def _clipped(at: Numbers, edits: Edits, row: Numbers) -> Numbers:
    """Numbers of edits within those of their document."""
    return np.clip(at, edits.firsts[row], edits.firsts[row + 1])


def _growth(edits: Edits, row: Numbers, at: Numbers) -> Numbers:
    """By how many bytes the edits of a document before number `at` lengthen it."""
    grown = np.concatenate([[0], np.cumsum(np.diff(edits.text_offsets) - (edits.ends - edits.starts))])
    found: Numbers = grown[at] - grown[edits.firsts[row]]
    return found
