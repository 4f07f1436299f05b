"""A member on its way into a mix: a record of fixed size that is ranked, taken, ordered and written."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.sampling import keyed_hash

MEMBER = np.dtype(
    [
        ("key", "<u8"),  # what the records are sorted by at the moment
        ("doc_id", "V16"),
        ("family", "<u8"),  # the first half of the id of its family, or of its own id
        ("parent", "<u8"),  # the same of its first parent, or of its own id
        ("value", "<u8"),  # of a curriculum, so encoded that it sorts as the number does
        ("words", "<u4"),
        ("tokens", "<u4"),  # 0 without a tokenizer
        ("shard", "<u4"),  # where it lies
        ("row", "<u4"),
        ("copy", "<u4"),  # 0 for the first
        ("rate", "<u4"),  # how often it is taken in each pass, in 65,536ths
        ("others", "<u4"),  # variants with which it takes turns, pass by pass; 0 where there are none
        ("turn", "<u4"),  # its number among them
        ("keep", "<u4"),  # words or tokens of it that are taken; 0 where it is taken whole
        ("cut", "<u4"),  # bytes of its text that these are
        ("component", "<u4"),
        ("phase", "<u4"),
    ]
)
Members = NDArray[np.void]
ONCE = 1 << 16  # the rate of a document that is taken once in each pass
HIGHEST = np.uint64(1 << 63)


def key_of(seed: int, purpose: str) -> bytes:
    """The 128-bit key of one use of a seed, so that no two uses share an order."""
    return hashlib.sha256(f"florilegium:{purpose}:{seed}".encode()).digest()[:16]


def hashes(members: Members, seed: int, purpose: str, copy: int = 0) -> NDArray[np.uint64]:
    """A number for each member that seed, purpose, document and the number of a copy decide."""
    ids = np.frombuffer(np.ascontiguousarray(members["doc_id"]).tobytes(), np.uint8).reshape(-1, 16)
    return keyed_hash(key_of(seed, purpose), ids, copy)


def encoded(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Numbers as integers of the same order, whatever their sign; what is unknown comes last."""
    known = np.where(np.isnan(values), np.inf, values) + 0.0  # of the two zeros one
    bits = known.view(np.uint64)
    return np.where(bits >= HIGHEST, ~bits, bits | HIGHEST)
