"""Bytes of many rows at once: pieces of each row are joined one after another, and cut out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers
from dagster_project.corpus.model.documents import ID, ID_BYTES

HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def piece(data: NDArray[Any], offsets: Offsets) -> pa.LargeBinaryArray:
    """One piece for each row; `offsets`, n + 1, count items of `data`."""
    data = np.ascontiguousarray(data)
    places = pa.py_buffer(np.ascontiguousarray(offsets * data.itemsize))
    return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, [None, places, pa.py_buffer(data.view(np.uint8))])


def fixed(rows: NDArray[Any]) -> pa.LargeBinaryArray:
    """Pieces of one size: each row of an array [n, size], or each item of an array of records."""
    width = rows.itemsize if rows.ndim == 1 else rows.itemsize * rows.shape[1]
    return piece(np.frombuffer(rows.tobytes(), np.uint8), np.arange(len(rows) + 1) * width)


def padding(lengths: Offsets, block: int) -> pa.LargeBinaryArray:
    """The zeros that fill rows of these lengths up to whole blocks."""
    ends = np.cumsum(-lengths % block)
    return piece(np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8), np.concatenate([[0], ends]).astype(np.int64))


def joined(pieces: Sequence[pa.LargeBinaryArray]) -> tuple[Bytes, Offsets]:
    """The pieces of each row one after another: all bytes, and where each row begins."""
    return buffers(pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary())))


def cut(data: Bytes, starts: Offsets, ends: Offsets) -> pa.LargeBinaryArray:
    """One piece of `data` for each row. They lie one after another; a ValueError where they do not."""
    places = np.ascontiguousarray(np.stack([starts, ends], axis=1).reshape(-1), np.int64)
    if len(places) and (places[0] < 0 or places[-1] > len(data) or (np.diff(places) < 0).any()):
        raise ValueError("pieces overlap or lie outside of the file")
    return piece(data, places if len(places) else np.zeros(1, np.int64)).take(pa.array(np.arange(0, len(places), 2)))


def hexadecimal(ids: Bytes) -> Bytes:
    """The digits of ids, uint8[n, 16], as uint8[n, 32]."""
    digits: Bytes = HEX[np.stack([ids >> 4, ids & 15], axis=2).reshape(len(ids), 2 * ID_BYTES)]
    return digits


def ids_from(digits: Bytes) -> pa.FixedSizeBinaryArray:
    """The ids that uint8[n, 32] spells in hexadecimal; a ValueError for anything else."""
    return id_array(np.frombuffer(bytes.fromhex(digits.tobytes().decode("ascii")), np.uint8))


def id_array(ids: Bytes) -> pa.FixedSizeBinaryArray:
    return pa.FixedSizeBinaryArray.from_buffers(ID, ids.size // ID_BYTES, [None, pa.py_buffer(ids)])
