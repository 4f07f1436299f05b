"""The structure of a text: which spans of it are headings, paragraphs, lists, tables, code, math, links, turns of a
conversation.

Spans are bytes of the text in UTF-8, in the order of their start, longer ones first. A reader hands them on as arrays
(`Structure`), never as one object per span: a page has hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# what `value` says of each kind
KINDS: dict[str, str] = {
    "heading": "its level, 1 to 6",
    "paragraph": "nothing",
    "list": "ordered or unordered",
    "item": "nothing",
    "table": "nothing",
    "row": "nothing",
    "cell": "header where it is one",
    "caption": "nothing",
    "code": "the language, where it is said",
    "math": "tex, mathml or asciimath",
    "quote": "nothing",
    "link": "the target",
    "image": "the address; the span is empty, or the alternative text",
    "turn": "who speaks: one of ROLES",
    "unlearned": "nothing; the span is that of a turn, which carries no loss",
}
CODES: dict[str, int] = {kind: code for code, kind in enumerate(KINDS)}
SPAN = pa.struct([("kind", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("value", pa.string())])
SPANS = pa.list_(SPAN)


class Structure(NamedTuple):
    """The spans of one text, as columns of one length."""

    kinds: NDArray[np.uint8]  # places in KINDS
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    values: Sequence[str | None]


NO_STRUCTURE = Structure(np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.int32), ())


def structure_of(spans: Sequence[tuple[str, int, int, str | None]]) -> Structure:
    """Spans given one by one as (kind, start, end, value), put in order."""
    if not spans:
        return NO_STRUCTURE
    ordered = sorted(spans, key=lambda span: (span[1], -span[2], CODES[span[0]]))
    kinds, starts, ends, values = zip(*ordered, strict=True)
    codes = np.array([CODES[kind] for kind in kinds], np.uint8)
    return Structure(codes, np.array(starts, np.int32), np.array(ends, np.int32), values)


def structure_column(structures: Sequence[Structure]) -> pa.Array:
    """The structures of many texts as one Arrow column of type SPANS."""
    offsets = np.zeros(len(structures) + 1, np.int32)
    np.cumsum([len(item.kinds) for item in structures], out=offsets[1:])
    if not offsets[-1]:
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array([], SPAN))
    codes = np.concatenate([item.kinds for item in structures])
    spans = pa.StructArray.from_arrays(
        [
            pa.array(list(KINDS), pa.string()).take(pa.array(codes)),
            pa.array(np.concatenate([item.starts for item in structures])),
            pa.array(np.concatenate([item.ends for item in structures])),
            pa.array([value for item in structures for value in item.values], pa.string()),
        ],
        fields=list(SPAN),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), spans)
