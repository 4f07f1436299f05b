"""Entries that mean a text, by digests alone: a register must hold nothing that is to be erased."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Kind
from dagster_project.corpus.takedowns.kept import kept_rows

DIGESTS = pa.schema([pa.field(name, ID, nullable=False) for name in ("text_digest", "normalized_digest")])
WORDLESS = hashlib.sha256(b"").digest()[:ID_BYTES]  # the second digest of texts without any word, the first of none


def of_text(text: str) -> list[tuple[Kind, str]]:
    """Kinds and values of entries: the exact text, with and without a last line break, which an editor adds; and its
    words as copies are compared. A text without any word is meant exactly."""
    exact = sorted({text, text.removesuffix("\n")}, key=len)
    found: list[tuple[Kind, str]] = [("text", _digest(item.encode())) for item in exact]
    words, _ = normalize(*buffers(pa.array([text])))
    return [*found, ("normalized", _digest(words.tobytes()))] if len(words) else found


def digests_of(store: Store, documents: File, access: str) -> pa.Table:
    """Of a shard of documents that has no fingerprints, DIGESTS as these would have them; a row for each document."""
    key = digest(["digests of texts", documents.sha256])
    return kept_rows(store, key, access, lambda: _digests_of(store, documents))


def _digests_of(store: Store, documents: File) -> pa.Table:
    texts = buffers(read_shard(store, documents, ["text"]).column("text"))
    return pa.table([pa.array(_each(*found), ID) for found in (texts, normalize(*texts))], schema=DIGESTS)


def _each(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> list[bytes]:
    view = memoryview(np.ascontiguousarray(data).data)
    return [hashlib.sha256(view[start:end]).digest()[:ID_BYTES] for start, end in pairwise(offsets.tolist())]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).digest()[:ID_BYTES].hex()
