"""Documents packed into training sequences of one length, or of a few: arrays that a trainer maps into memory.

Sequences lie within their export shard. `pieces.parquet` says of every piece of a sequence which sample it is from, so
that any token leads back to its document.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Shard, Written, tokens_needed
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.formats.numpy_arrays import array_bytes
from dagster_project.corpus.formats.streams import narrowest, stream_of
from dagster_project.corpus.kernels.packing import Packed
from dagster_project.corpus.model.mix_recipes import PackingRecipe
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.publishing.packing import BUCKETS, pack, report
from dagster_project.corpus.storage.shards import parquet_bytes

PIECES = pa.schema(
    [
        pa.field("sequence", pa.int64(), nullable=False),  # of its shard, from 0
        pa.field("index", pa.int64(), nullable=False),  # of the sample, in the whole mix
        pa.field("start", pa.int64(), nullable=False),  # of its first token in the sample
        pa.field("length", pa.int64(), nullable=False),  # tokens
        pa.field("bucket", pa.int64(), nullable=False),  # tokens of its sequence, padding and all
        pa.field("row", pa.int64(), nullable=False),  # of its sequence among those of that length
    ]
)


def packed_files(shard: Shard, packing: PackingRecipe) -> Written:
    """`2048.npy` with the sequences of that length, one after another, for every length that there is; `2048.mask.npy`,
    the same of the loss mask, where there is one; their pieces; and the report of what packing cost. Padding is the
    separator, or 0 without one, and 0 in the mask; only pieces tell it apart."""
    tokens = tokens_needed(shard, "packed")
    stream = stream_of(tokens, narrowest(shard.vocabulary), shard.separator)
    lengths = np.diff(stream.offsets)
    packed = pack(lengths, packing.mode, packing.length, packing.least)
    sequences = int(packed.sequence[-1]) + 1 if len(packed.sequence) else 0
    buckets = np.full(sequences, packing.length, np.int64)
    if packing.mode == BUCKETS:
        buckets[packed.sequence] = packed.length
    rows = _rows_within(buckets)
    files = {
        f"{bucket}.npy": array_bytes(_sequences(stream, packed, buckets == bucket, int(bucket), shard.separator or 0))
        for bucket in np.unique(buckets).tolist()
    }
    if (masks := masks_of(shard, shard.separator)) is not None:
        for bucket in np.unique(buckets).tolist():
            files[f"{bucket}.mask.npy"] = array_bytes(_sequences(masks, packed, buckets == bucket, int(bucket), 0))
    files["pieces.parquet"] = parquet_bytes(_pieces(shard, packed, buckets, rows))
    facts = {"report": report(packed, lengths, packing.mode, packing.length), "sequences": sequences}
    return Written(files, facts)


def _rows_within(buckets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each sequence among those of its length."""
    rows = np.zeros(len(buckets), np.int64)
    for bucket in np.unique(buckets).tolist():
        chosen = buckets == bucket
        rows[chosen] = np.arange(int(chosen.sum()))
    return rows


def _sequences(stream: Tokens, packed: Packed, is_chosen: NDArray[np.bool_], size: int, padding: int) -> NDArray[Any]:
    """The chosen sequences, `size` tokens each, in one array."""
    number = np.cumsum(is_chosen) - 1
    chosen = np.flatnonzero(is_chosen[packed.sequence])
    sequence, length = packed.sequence[chosen], packed.length[chosen]
    within = _since(length, _firsts(sequence))
    targets = number[sequence] * size + within
    sources = stream.offsets[packed.document[chosen]] + packed.start[chosen]
    found = np.full(int(is_chosen.sum()) * size, padding, stream.values.dtype)
    steps = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    found[np.repeat(targets, length) + steps] = stream.values[np.repeat(sources, length) + steps]
    return found


def _firsts(sequence: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each piece, the place of the first piece of its sequence."""
    starts = np.flatnonzero(np.diff(sequence, prepend=-1))
    return np.repeat(starts, np.diff(starts, append=len(sequence)))


def _since(length: NDArray[np.int64], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tokens that stand before each piece in its sequence."""
    before = np.cumsum(length) - length
    return before - before[firsts] if len(before) else before


def _pieces(shard: Shard, packed: Packed, buckets: NDArray[np.int64], rows: NDArray[np.int64]) -> pa.Table:
    columns = [
        packed.sequence,
        shard.table.column("index").to_numpy()[packed.document],
        packed.start,
        packed.length,
        buckets[packed.sequence],
        rows[packed.sequence],
    ]
    return pa.table([pa.array(column) for column in columns], schema=PIECES)
