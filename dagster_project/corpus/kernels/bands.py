"""Bands of MinHash signatures: two documents that share a key are candidates for near-duplicates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.kernels.minhash import EMPTY

BANDS, ROWS = 14, 8


def band_keys(signatures: NDArray[np.uint64], *, bands: int = BANDS, rows: int = ROWS) -> NDArray[np.uint64]:
    """One key per document and band: uint64[n, bands], a hash of the band's number and its `rows` values.

    Documents without shingles get EMPTY in every band, which no other document gets; the caller leaves them out.
    """
    if signatures.ndim != 2 or signatures.shape[1] < bands * rows:
        raise ValueError(f"{bands} bands of {rows} rows need {bands * rows} permutations, not {signatures.shape}")
    keys: NDArray[np.uint64] = _band_keys(signatures, bands, rows)
    return keys


@compiled
def _band_keys(signatures: Any, bands: Any, rows: Any) -> Any:
    keys = np.full((len(signatures), bands), EMPTY)
    for i in range(len(signatures)):
        if signatures[i, 0] == EMPTY:
            continue
        for band in range(bands):
            key = mix64(np.uint64(band))
            for row in range(band * rows, band * rows + rows):
                key = mix64(key ^ signatures[i, row])
            keys[i, band] = min(key, EMPTY - np.uint64(1))
    return keys
