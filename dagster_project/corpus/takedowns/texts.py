"""Entries that mean a text, by digests alone: a register must hold nothing that is to be erased."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.takedowns.entries import Kind


def of_text(text: str) -> list[tuple[Kind, str]]:
    """Kinds and values of entries: the exact text, with and without a last line break, which an editor adds; and its
    words as copies are compared. A text without any word is meant exactly."""
    exact = sorted({text, text.removesuffix("\n")}, key=len)
    found: list[tuple[Kind, str]] = [("text", _digest(item.encode())) for item in exact]
    words, _ = normalize(*buffers(pa.array([text])))
    return [*found, ("normalized", _digest(words.tobytes()))] if len(words) else found


def digests(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Iterator[bytes]:
    """Those of texts, as fingerprints have them."""
    view = memoryview(np.ascontiguousarray(data).data)
    for start, end in pairwise(offsets.tolist()):
        yield hashlib.sha256(view[start:end]).digest()[:ID_BYTES]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).digest()[:ID_BYTES].hex()
