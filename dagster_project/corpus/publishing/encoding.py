"""Rows of an export as tokens. What is written around a text is encoded apart from it: the tokens of the text are those
that the mix counted, and those around it can be told from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.scorers.tokenizers import Tokenizer

Numbers = NDArray[np.int64]
NONE = np.empty(0, np.int64)


class Encoded(NamedTuple):
    """The tokens of rows, how many ids there are, the one that ends a document, and how many tokens of each row at its
    beginning and at its end carry no loss."""

    tokens: Tokens | None
    vocabulary: int = 0
    separator: int | None = None
    before: Numbers = NONE
    after: Numbers = NONE


def encode(tokenizer: Tokenizer, rows: pa.Table) -> Encoded:
    """The tokens of the column `text`, whose bytes `masked` are encoded apart from the others."""
    text = rows.column("text").combine_chunks()
    if not len(rows.column("masked").combine_chunks().flatten()):
        tokens = tokenizer.encode(text)
        return Encoded(tokens, tokenizer.vocabulary, tokenizer.separator, *(np.zeros(len(text), np.int64),) * 2)
    found = tokenizer.encode(_in_three(text, rows.column("masked").combine_chunks()))
    counts = np.diff(found.offsets).reshape(-1, 3)
    tokens = Tokens(found.values, found.offsets[::3])
    return Encoded(tokens, tokenizer.vocabulary, tokenizer.separator, counts[:, 0].copy(), counts[:, 2].copy())


def _in_three(text: pa.StringArray, masked: Any) -> pa.StringArray:
    """What stands before, in and after the text of each row, one after another."""
    data, offsets = buffers(text)
    ends = np.asarray(offsets[1:], np.int64)
    begins = np.asarray(offsets[:-1], np.int64)
    bounds = np.column_stack([begins, begins, ends])
    spans = masked.flatten()
    starts, stops = (spans.field(name).to_numpy() for name in ("start", "end"))
    lists = np.diff(masked.offsets.to_numpy())
    row = np.repeat(np.arange(len(text)), lists)
    number = np.arange(len(row)) - np.repeat(np.cumsum(lists) - lists, lists)
    is_before = (number == 0) & (starts == 0)
    bounds[row[is_before], 1] += stops[is_before]
    bounds[row[~is_before], 2] -= (stops - starts)[~is_before]
    edges = np.append(bounds.reshape(-1), ends[-1:])
    return pa.StringArray.from_buffers(
        3 * len(text), pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(data))
    )
