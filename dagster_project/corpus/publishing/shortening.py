"""Members of which a mix takes only the beginning: their texts, and the turns that stand in these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def shortened(rows: pa.Table) -> pa.Table:
    """Rows (text, turns, cut) whose texts end where they are cut; there is hardly more than one in an export shard."""
    cut = rows.column("cut").combine_chunks()
    if cut.null_count == len(cut):
        return rows
    at = np.flatnonzero(cut.is_valid().to_numpy(zero_copy_only=False)).tolist()
    few = rows.take(pa.array(at)).select(["text", "turns", "cut"]).to_pylist()
    for name, values in (("text", map(_text, few)), ("turns", map(_turns, few))):
        column = rows.column(name)
        found = pa.array(list(values), column.type)
        place = np.full(len(rows), -1)
        place[at] = np.arange(len(at))
        whole = pa.chunked_array([*column.chunks, found], column.type)
        taken = np.where(place < 0, np.arange(len(rows)), len(rows) + place)
        rows = rows.set_column(rows.column_names.index(name), name, whole.take(pa.array(taken)))
    return rows.combine_chunks()


def _text(row: Mapping[str, Any]) -> str:
    text: str = row["text"].encode()[: row["cut"]].decode()
    return text


def _turns(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Those that begin before the end; the last may be cut."""
    end = row["cut"]
    return [{**turn, "end": min(turn["end"], end)} for turn in row["turns"] if turn["start"] < end]
