"""Rows of an export as tokens. What carries no loss is encoded apart from what does: the tokens of a text are those
that the mix counted, and every token is told whether it is learned from. What a recipe wrote is encoded apart, too:
there, and nowhere else, what spells a special token is that token."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.spans import Numbers, Spans, spans_of
from dagster_project.corpus.formats.streams import token_lists
from dagster_project.corpus.kernels.texts import Bytes, buffers
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.scorers.tokenizers import Tokenizer


class Encoded(NamedTuple):
    """The tokens of rows, how many ids there are, the one that ends a document, and of every token whether it carries
    loss."""

    tokens: Tokens | None
    vocabulary: int = 0
    separator: int | None = None
    mask: NDArray[np.bool_] | None = None


class _Segments(NamedTuple):
    """The texts of all rows, cut wherever a span begins or ends; empty rows have none."""

    edges: Numbers  # int64[segments + 1], in the bytes of all texts
    row: Numbers
    is_masked: NDArray[np.bool_]
    is_written: NDArray[np.bool_]


def encode(tokenizer: Tokenizer, rows: pa.Table, written: Spans) -> Encoded:
    """The tokens of the column `text`, whose bytes `masked` carry no loss, and whose bytes `written` are no data."""
    data, offsets = buffers(rows.column("text"))
    segments = _segments(offsets, spans_of(rows.column("masked").combine_chunks()), written)
    found = _encoded(tokenizer, data, segments)
    counts = np.diff(found.offsets)
    sizes = np.bincount(segments.row, counts, len(offsets) - 1).astype(np.int64)
    tokens = Tokens(found.values, np.concatenate([[0], np.cumsum(sizes)]))
    return Encoded(tokens, tokenizer.vocabulary, tokenizer.separator, np.repeat(~segments.is_masked, counts))


def _segments(offsets: Numbers, masked: Spans, written: Spans) -> _Segments:
    masked, written = masked.shifted(offsets[:-1]), written.shifted(offsets[:-1])
    edges = np.unique(np.concatenate([offsets, *masked[1:], *written[1:]]))
    starts = edges[:-1]
    row = np.searchsorted(offsets, starts, side="right") - 1
    return _Segments(edges, row, _is_within(starts, masked), _is_within(starts, written))


def _is_within(places: Numbers, spans: Spans) -> NDArray[np.bool_]:
    """Whether bytes lie in a span."""
    begun, ended = (np.searchsorted(bounds, places, side="right") for bounds in spans[1:])
    return np.asarray(begun > ended)


def _encoded(tokenizer: Tokenizer, data: Bytes, segments: _Segments) -> Tokens:
    """The tokens of every segment."""
    texts = pa.LargeStringArray.from_buffers(len(segments.row), pa.py_buffer(segments.edges), pa.py_buffer(data))
    if not segments.is_written.any():
        return tokenizer.encode(texts)
    plain = tokenizer.encode(texts.filter(pa.array(~segments.is_written)))
    said = texts.filter(pa.array(segments.is_written)).dictionary_encode()
    words = token_lists(tokenizer.encode_written(said.dictionary.to_pylist())).take(said.indices)
    counts = np.empty(len(segments.row), np.int64)
    counts[~segments.is_written] = np.diff(plain.offsets)
    counts[segments.is_written] = words.value_lengths().to_numpy()
    is_written = np.repeat(segments.is_written, counts)
    values = np.empty(len(is_written), plain.values.dtype)
    values[~is_written], values[is_written] = plain.values, words.flatten().to_numpy()
    return Tokens(values, np.concatenate([[0], np.cumsum(counts)]))
