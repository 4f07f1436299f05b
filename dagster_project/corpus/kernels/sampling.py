"""Random order without a random generator: a keyed hash of what a document is, the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import load64, rotate
from dagster_project.corpus.kernels.texts import sealed

KEY_BYTES = ID_BYTES = 16
LENGTH = np.uint64((ID_BYTES + 8) << 56)  # of the message, as SipHash puts it into its last block
START = tuple(map(np.uint64, (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)))


def keyed_hash(key: bytes, ids: NDArray[np.uint8], copy: int = 0) -> NDArray[np.uint64]:
    """SipHash-2-4 (Aumasson, Bernstein 2012) of each id followed by the copy's number in 8 little-endian bytes.

    `key` is 16 bytes, `ids` uint8[n, 16]; returns uint64[n], evenly spread over 64 bits.
    """
    if len(key) != KEY_BYTES or ids.ndim != 2 or ids.shape[1] != ID_BYTES:
        raise ValueError(f"needs a key of 16 bytes and ids of 16 bytes, not {len(key)} and {ids.shape}")
    first, second = np.frombuffer(key, "<u8")
    hashes: NDArray[np.uint64] = _keyed_hash(first, second, sealed(ids), np.uint64(copy))
    return hashes


@compiled
def _keyed_hash(first: Any, second: Any, ids: Any, copy: Any) -> Any:
    hashes = np.empty(len(ids), np.uint64)
    for i in range(len(ids)):
        state = (START[0] ^ first, START[1] ^ second, START[2] ^ first, START[3] ^ second)
        for word in (load64(ids[i], np.uint64(0)), load64(ids[i], np.uint64(8)), copy, LENGTH):
            state = _absorb(state, word)
        state = (state[0], state[1], state[2] ^ np.uint64(0xFF), state[3])
        for _ in range(4):
            state = _sip_round(state)
        hashes[i] = state[0] ^ state[1] ^ state[2] ^ state[3]
    return hashes


@compiled
def _absorb(state: Any, word: Any) -> Any:
    state = _sip_round(_sip_round((state[0], state[1], state[2], state[3] ^ word)))
    return (state[0] ^ word, state[1], state[2], state[3])


@compiled
def _sip_round(state: Any) -> Any:
    a, b, c, d = state
    a, c = a + b, c + d
    b, d = rotate(b, 13) ^ a, rotate(d, 16) ^ c
    a, c = rotate(a, 32) + d, c + b
    b, d = rotate(b, 17) ^ c, rotate(d, 21) ^ a
    return (a, b, rotate(c, 32), d)
