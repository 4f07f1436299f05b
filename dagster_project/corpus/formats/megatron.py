"""Megatron-LM's indexed dataset: all tokens in `.bin`, and where each document begins in `.idx`.

The layout is that of megatron-core's `IndexedDataset` (version 1): every document is one sequence. Its readers need
at least one token in `.bin`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from dagster_project.corpus.formats.format import Format, Shard, Stored, Written, tokens_needed
from dagster_project.corpus.formats.numpy_arrays import mask_file, mask_rows
from dagster_project.corpus.formats.streams import stream_of, token_lists
from dagster_project.corpus.model.tokens import Tokens

HEADER = struct.Struct("<9sQBQQ")  # magic, version, code of the type, sequences, documents + 1
MAGIC, VERSION = b"MMIDIDX\0\0", 1
CODES: Mapping[np.dtype[Any], int] = {np.dtype("<i4"): 4, np.dtype("<u2"): 8}
TYPES = {code: dtype for dtype, code in CODES.items()}
SMALL_VOCABULARY = 65_500  # below it, Megatron-LM takes uint16


class Megatron(Format):
    """`shard-00000.bin` and `shard-00000.idx`; the separator is what `--append-eod` adds there. Megatron-LM has no loss
    mask of its own: where an export masks anything, `shard-00000.mask.npy` (uint8) is as long as the tokens."""

    needs_tokens: ClassVar[bool] = True
    streams: ClassVar[bool] = True

    def write(self, shard: Shard) -> Written:
        tokens = stream_of(tokens_needed(shard, "megatron"), optimal_type(shard.vocabulary), shard.separator)
        return Written({"bin": tokens.values.tobytes(), "idx": _index(tokens), **mask_file(shard)})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        magic, version, code, sequences, documents = HEADER.unpack(stored.part("idx", 0, HEADER.size))
        if (magic, version, sequences, documents) != (MAGIC, VERSION, stored.rows, stored.rows + 1):
            raise ValueError(f"the header names version {version} and {sequences} sequences")
        after_lengths = HEADER.size + 4 * stored.rows
        lengths = stored.array("idx", "<i4", HEADER.size + 4 * start, stop - start).astype(np.int64)
        pointers = stored.array("idx", "<i8", after_lengths + 8 * start, stop - start)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        first, dtype = int(pointers[0]) if len(pointers) else 0, TYPES[code]
        if (lengths < 0).any() or not np.array_equal(pointers, first + offsets[:-1] * dtype.itemsize):
            raise ValueError("sequences do not lie one after another")
        values = stored.array("bin", dtype, first, int(offsets[-1]))
        masks = mask_rows(stored, first // dtype.itemsize + offsets)
        return pa.table({"tokens": token_lists(Tokens(values, offsets)), **masks})


def optimal_type(vocabulary: int) -> np.dtype[Any]:
    """As megatron-core's `DType.optimal_dtype`."""
    return np.dtype("<u2") if vocabulary < SMALL_VOCABULARY else np.dtype("<i4")


def _index(tokens: Tokens) -> bytes:
    offsets, dtype = tokens.offsets, tokens.values.dtype
    count = len(offsets) - 1
    parts = (
        HEADER.pack(MAGIC, VERSION, CODES[dtype], count, count + 1),
        np.diff(offsets).astype("<i4").tobytes(),
        (offsets[:-1] * dtype.itemsize).astype("<i8").tobytes(),
        np.arange(count + 1, dtype="<i8").tobytes(),
    )
    return b"".join(parts)
