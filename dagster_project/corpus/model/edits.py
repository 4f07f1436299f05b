"""How an edit of a text is written down: which bytes of the stored text go, and what stands in their place."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dagster_project.corpus.model.measurements import EditStep

EDIT = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())])  # text replaces raw[start:end]
EDITS = pa.list_(EDIT)  # of a document: in bytes of UTF-8, in order, without overlap
# by signal of the text that a program leaves, the column of its edits that tells it: of any, or by the last edit
TOLD = {"characters": "edited_characters", "bytes": "edited_bytes"}
TOLD_BY = {("c4", "words"): "words_left"}


def told_of(program: Sequence[EditStep], signal: str) -> str:
    """The column that tells a signal of the text that a program leaves, which then need not be read again; "" if none
    does."""
    return TOLD.get(signal) or TOLD_BY.get((program[-1].name, signal), "") if program else ""
