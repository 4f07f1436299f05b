"""NumPy arrays to be mapped into memory: all tokens of a shard, their loss mask, and where each document begins."""

from __future__ import annotations

import io
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Format, Shard, Stored, Written, tokens_needed
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.formats.streams import narrowest, stream_of, token_lists
from dagster_project.corpus.model.tokens import Tokens

MASK_FILE = "mask.npy"
HEADER_BYTES = 128  # of every array with one axis


class NumpyArrays(Format):
    """`shard-00000.npy` (uint16 or uint32) and `shard-00000.offsets.npy` (int64, documents + 1); where an export masks
    anything `shard-00000.mask.npy` (uint8), as long as the tokens."""

    needs_tokens: ClassVar[bool] = True
    streams: ClassVar[bool] = True

    def write(self, shard: Shard) -> Written:
        tokens = stream_of(tokens_needed(shard, "numpy"), narrowest(shard.vocabulary), shard.separator)
        files = {"npy": array_bytes(tokens.values), "offsets.npy": array_bytes(tokens.offsets)}
        return Written({**files, **mask_file(shard)})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        offsets = _items(stored, "offsets.npy", start, stop + 1)
        bounds = int(offsets[0]), int(offsets[-1])
        values = _items(stored, "npy", *bounds)
        if offsets.dtype != np.int64 or (np.diff(offsets) < 0).any():
            raise ValueError("the offsets do not ascend")
        lists = {"tokens": token_lists(Tokens(values, offsets - offsets[0]))}
        return pa.table({**lists, **mask_rows(stored, offsets)})


def mask_file(shard: Shard) -> dict[str, bytes]:
    """The loss mask of a stream of tokens, where there is one."""
    masks = masks_of(shard, shard.separator)
    return {} if masks is None else {MASK_FILE: array_bytes(masks.values)}


def mask_rows(stored: Stored, offsets: NDArray[np.int64]) -> dict[str, pa.ListArray]:
    """The column `mask` of documents at these places of the stream, where there is one."""
    if MASK_FILE not in stored.sizes:
        return {}
    values = _items(stored, MASK_FILE, int(offsets[0]), int(offsets[-1]))
    return {"mask": token_lists(Tokens(values.view(np.uint8), offsets - offsets[0]))}


def array_bytes(array: NDArray[Any]) -> bytes:
    """What `numpy.save` writes."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_header(dtype: np.dtype[Any], length: int) -> bytes:
    """What `numpy.save` writes before the items of an array with one axis: HEADER_BYTES."""
    buffer = io.BytesIO()
    said = {"descr": dtype.str, "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(buffer, said)
    return buffer.getvalue()


def header_of(begin: bytes) -> tuple[np.dtype[Any], int]:
    """The type and the length that such a header names; a ValueError for any other."""
    header = io.BytesIO(begin)
    np.lib.format.read_magic(header)
    shape, _, dtype = np.lib.format.read_array_header_1_0(header)
    if len(shape) != 1 or dtype.kind not in "iu" or header.tell() != HEADER_BYTES:
        raise ValueError(f"an array of {dtype} with {len(shape)} axes")
    return dtype, shape[0]


def _items(stored: Stored, suffix: str, start: int, stop: int) -> NDArray[Any]:
    """The items from `start` to `stop` of an array."""
    dtype, length = header_of(stored.part(suffix, 0, HEADER_BYTES))
    if suffix == "offsets.npy" and length != stored.rows + 1:
        raise ValueError(f"{length} offsets")
    if stored.sizes[suffix] != HEADER_BYTES + length * dtype.itemsize:
        raise ValueError(f"{stored.sizes[suffix]} bytes for {length} items of {dtype}")
    return stored.array(suffix, dtype, HEADER_BYTES + start * dtype.itemsize, stop - start)
