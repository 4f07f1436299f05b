"""The distinct rows of some columns, so that what depends on them alone is asked once for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Row = tuple[Any, ...]


def distinct_rows(columns: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[list[Row], NDArray[np.int64]]:
    """Each row of the columns once, and for every row its place among them, int64[n]."""
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        coded = _coded(column)
        _, codes = np.unique(codes * (len(coded.dictionary) + 1) + _codes_of(coded), return_inverse=True)
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    chosen = [column.take(pa.array(first)).to_pylist() for column in columns]
    return list(zip(*chosen, strict=True)), codes.astype(np.int64)


def _coded(column: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.dictionary_encode()


def _codes_of(coded: pa.DictionaryArray) -> NDArray[np.int64]:
    """0 for null."""
    codes: NDArray[np.int64] = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False) + 1
    return codes
