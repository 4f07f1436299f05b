"""Tokens as one stream: how wide they are, where separators stand, and the digest that every format must give back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.model.tokens import Tokens

BLOCK_TOKENS = 1 << 20  # that are hashed together


def narrowest(vocabulary: int) -> np.dtype[Any]:
    """The type of tokens wherever a format leaves the choice: uint16 when every id fits, else uint32."""
    return np.dtype("<u2") if vocabulary <= 1 << 16 else np.dtype("<u4")


def stream_of(tokens: Tokens, dtype: np.dtype[Any], separator: int | None) -> Tokens:
    """The same tokens in another type, with the separator after every document where there is one."""
    values = tokens.values.astype(dtype, copy=False)
    if separator is None:
        return Tokens(values, tokens.offsets)
    ends = tokens.offsets[1:]
    return Tokens(np.insert(values, ends, separator), tokens.offsets + np.arange(len(tokens.offsets)))


def stream_digest(shards: Iterable[Tokens], separator: int | None = None) -> str:
    """SHA-256, in hexadecimal, of all tokens as little-endian uint32, with the separator after every document.

    It depends neither on the widths in which formats store tokens nor on where shards begin. Where the separator
    already stands in the tokens, as in formats that are one stream, name none.
    """
    digest = hashlib.sha256()
    for shard in shards:
        for block in _blocks(shard):
            digest.update(stream_of(block, np.dtype("<u4"), separator).values.tobytes())
    return digest.hexdigest()


def _blocks(tokens: Tokens) -> Iterator[Tokens]:
    """Whole documents, about BLOCK_TOKENS at a time."""
    offsets = tokens.offsets
    edges = np.searchsorted(offsets, np.arange(BLOCK_TOKENS, offsets[-1], BLOCK_TOKENS))
    bounds = np.unique([0, *edges.tolist(), len(offsets) - 1]).tolist()
    for first, last in pairwise(bounds):
        window = offsets[first : last + 1]
        yield Tokens(tokens.values[window[0] : window[-1]], window - window[0])


def token_lists(tokens: Tokens) -> pa.ListArray:
    """One list per document; int32, which has no negative ids, becomes uint32."""
    values = np.ascontiguousarray(tokens.values)
    unsigned: NDArray[Any] = values.view(np.uint32) if values.dtype == np.int32 else values
    return pa.ListArray.from_arrays(pa.array(tokens.offsets.astype(np.int32)), pa.array(unsigned))


def tokens_of(column: Any) -> Tokens:
    """The tokens of a column of lists."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    return Tokens(lists.flatten().to_numpy(), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
