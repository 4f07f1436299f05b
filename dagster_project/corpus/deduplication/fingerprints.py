"""Fingerprints: digests for exact copies; a MinHash signature, its bands and a sketch of the shingles for near ones.

Beside the digests a document takes 4 bytes for each permutation, 8 for each band and at most 4 for each value of the
sketch: 1.6 KB with the defaults, of which the sketch, two thirds, is shorter for texts of fewer shingles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
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
from dagster_project.corpus.model.recipes import FingerprintRecipe

CODE_VERSION = "2"
DIGEST_BYTES = 16
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("text_digest", pa.binary(DIGEST_BYTES), nullable=False),
        pa.field("normalized_digest", pa.binary(DIGEST_BYTES), nullable=False),
        pa.field("url_digest", pa.binary(DIGEST_BYTES)),  # of the canonical URL; null where there is none
        pa.field("shingles", pa.int64(), nullable=False),  # 0: too short for MinHash, told apart by digest alone
        pa.field("signature", pa.binary(), nullable=False),  # low 32 bits of each minimum
        pa.field("bands", pa.binary(), nullable=False),  # one 64-bit key per band, of the full minima
        pa.field("sketch", pa.binary(), nullable=False),  # the least 32-bit hashes of shingles, ascending
    ]
)


def recipe_of(recipe: FingerprintRecipe) -> dict[str, Any]:
    """What of a corpus recipe decides fingerprints."""
    return asdict(recipe)


def fingerprint(work: Work, snapshot: Manifest) -> Manifest:
    """One fingerprint for every document of a snapshot."""
    return map_shards(work, snapshot.files, fingerprints, [Column(snapshot, ("text", "url"))])


def fingerprints(documents: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """The rows of one shard; documents of fewer words than an n-gram has are counted as too short."""
    said = FingerprintRecipe(**recipe)
    data, offsets = buffers(documents.column("text"))
    found = signatures(
        data,
        offsets,
        permutations=said.bands * said.rows,
        ngram=said.ngram,
        shingles=said.shingles,
        hashing=said.hashing,
        sketch=said.sketch,
    )
    columns = [
        documents.column("doc_id"),
        _digests(data, offsets),
        _digests(*normalize(data, offsets)),
        _urls(documents.column("url")),
        pa.array(found.shingles),
        _binary(found.minima.astype(np.uint32)),
        _binary(band_keys(found.minima, bands=said.bands, rows=said.rows)),
        _sketches(found.sketch, found.sketch_sizes),
    ]
    return pa.table(columns, schema=SCHEMA), {"too_short": int((found.shingles == 0).sum())}


def _digests(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.Array:
    view = memoryview(np.ascontiguousarray(data).data)
    found = [_digest(view[start:end]) for start, end in pairwise(offsets.tolist())]
    return pa.array(found, pa.binary(DIGEST_BYTES))


def _urls(urls: pa.ChunkedArray) -> pa.Array:
    found = [url and _digest(url.encode()) for url in urls.to_pylist()]
    return pa.array([item or None for item in found], pa.binary(DIGEST_BYTES))


def _digest(data: bytes | memoryview) -> bytes:
    return hashlib.sha256(data).digest()[:DIGEST_BYTES]


def _binary(rows: NDArray[Any]) -> pa.Array:
    """Each row of a matrix as its little-endian bytes."""
    raw = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder("<")))
    width = raw.shape[1] * raw.itemsize
    offsets = np.arange(len(raw) + 1, dtype=np.int64) * width
    return _joined(offsets, raw)


def _sketches(values: NDArray[np.uint32], sizes: NDArray[np.int32]) -> pa.Array:
    """Of each padded row the values that are there, as little-endian bytes."""
    there = np.arange(values.shape[1]) < sizes[:, None]
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]) * values.itemsize
    return _joined(offsets, np.ascontiguousarray(values[there].astype("<u4")))


def _joined(offsets: NDArray[np.int64], raw: NDArray[Any]) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(raw)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers).cast(pa.binary())


def rows_of(column: pa.ChunkedArray, dtype: str, width: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """(matrix of `width` values to a row, how many of them each row has), the rest all ones."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = np.dtype(dtype)
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1] // kind.itemsize
    sizes = np.diff(offsets).astype(np.int64)
    found = np.full((len(array), width), np.iinfo(kind).max, kind)
    if len(array) and array.buffers()[2] is not None:
        values = np.frombuffer(array.buffers()[2], kind)[offsets[0] : offsets[-1]]
        found[np.arange(width) < sizes[:, None]] = values
    return found, sizes
