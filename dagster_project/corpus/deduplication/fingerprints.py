"""Fingerprints: two digests for exact copies, a MinHash signature and its bands for near ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.engine.tables import Column, map_shards
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.kernels.bands import band_keys
from dagster_project.corpus.kernels.minhash import signatures
from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import Manifest

CODE_VERSION = "1"
NGRAM, BANDS, ROWS = 5, 14, 8  # FineWeb's parameters: half of the pairs at Jaccard 0.70 become candidates
PERMUTATIONS = BANDS * ROWS
DIGEST_BYTES = 16
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("text_digest", pa.binary(DIGEST_BYTES), nullable=False),
        pa.field("normalized_digest", pa.binary(DIGEST_BYTES), nullable=False),
        pa.field("shingles", pa.int64(), nullable=False),  # 0: too short for MinHash, told apart by digest alone
        pa.field("signature", pa.binary(4 * PERMUTATIONS), nullable=False),  # low 32 bits of each minimum
        pa.field("bands", pa.binary(8 * BANDS), nullable=False),  # one 64-bit key per band, of the full minima
    ]
)


def fingerprint(work: Work, snapshot: Manifest) -> Manifest:
    """One fingerprint for every document of a snapshot."""
    return map_shards(work, snapshot.files, fingerprints, [Column(snapshot, ("text",))])


def fingerprints(documents: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    data, offsets = buffers(documents.column("text"))
    minima, shingles = signatures(data, offsets, permutations=PERMUTATIONS, ngram=NGRAM)
    columns = [
        documents.column("doc_id"),
        _digests(data, offsets),
        _digests(*normalize(data, offsets)),
        pa.array(shingles),
        _binary(minima.astype(np.uint32)),
        _binary(band_keys(minima, bands=BANDS, rows=ROWS)),
    ]
    return pa.table(columns, schema=SCHEMA), {"too_short": int((shingles == 0).sum())}


def _digests(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.Array:
    view = memoryview(np.ascontiguousarray(data).data)
    bounds = offsets.tolist()
    sha256 = hashlib.sha256
    found = [sha256(view[start:end]).digest()[:DIGEST_BYTES] for start, end in pairwise(bounds)]
    return pa.array(found, pa.binary(DIGEST_BYTES))


def _binary(rows: NDArray[Any]) -> pa.Array:
    """Each row of a matrix as its little-endian bytes."""
    raw = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder("<")))
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(raw.shape[1] * raw.itemsize), len(raw), [None, pa.py_buffer(raw)]
    )
