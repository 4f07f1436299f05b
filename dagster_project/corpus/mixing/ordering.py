"""Members by keyed hash: which documents a component takes first, and where each copy stands in the mix.

Both are sorts of fixed-size records, on disk beyond a memory limit. A smaller budget takes a prefix of the same
ranking, so that a small mix is a subset of a larger one, component by component.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.sampling import keyed_hash
from dagster_project.corpus.storage.spool import Spool

MEMBER = np.dtype(
    [
        ("key", "<u8"),
        ("doc_id", "V16"),
        ("words", "<i8"),
        ("component", "<i4"),
        ("copy", "<i4"),  # 0 in the first epoch
        ("shard", "<i4"),
        ("row", "<i4"),
    ]
)


def key_of(seed: int, purpose: str) -> bytes:
    """The 128-bit key of one use of a seed, so that no two uses share an order."""
    return hashlib.sha256(f"florilegium:{purpose}:{seed}".encode()).digest()[:16]


def keyed(members: NDArray[np.void], seed: int, purpose: str, components: Sequence[str]) -> NDArray[np.void]:
    """The same members under the order of another purpose; copies and components of one document fall apart."""
    members = members.copy()
    ids = np.frombuffer(np.ascontiguousarray(members["doc_id"]).tobytes(), np.uint8).reshape(-1, 16)
    for component in np.unique(members["component"]):
        for copy in np.unique(members["copy"]):
            chosen = (members["component"] == component) & (members["copy"] == copy)
            if chosen.any():
                members["key"][chosen] = keyed_hash(
                    key_of(seed, f"{purpose}:{components[component]}"), ids[chosen], int(copy)
                )
    return members


def take(ranked: Spool, amount: int, *, by_words: bool) -> Iterator[NDArray[np.void]]:
    """Members of one component in rank order, epoch after epoch: the prefix that comes nearest to the amount.

    The last document is taken when half of it or more fits, so that one long document can not starve a component.
    """
    left, copy = amount, 0
    while left > 0:
        before = left
        for chunk in ranked.sorted():
            cost = np.cumsum(chunk["words"] if by_words else np.ones(len(chunk), np.int64))
            fitting = int(np.searchsorted(cost, left, side="right"))
            if fitting < len(chunk):
                reached = int(cost[fitting - 1]) if fitting else 0
                fitting += left - reached >= int(cost[fitting]) - left
            taken = chunk[:fitting].copy()
            taken["copy"] = copy
            yield taken
            left -= int(cost[fitting - 1]) if fitting else 0
            if fitting < len(chunk) or left <= 0:
                return
        if left == before:
            return
        copy += 1
