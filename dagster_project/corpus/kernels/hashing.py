"""64-bit hashes of bytes and of integers. None is cryptographic: they find candidates, they never identify."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.texts import Bytes, Offsets

P1, P2, P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
P4, P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
EACH = np.uint64(0x0101010101010101)  # times a byte: that byte, eight times
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def digests(data: Bytes, offsets: Offsets) -> NDArray[np.uint64]:
    """xxh64, seed 0, of each document: uint64[n]."""
    hashes: NDArray[np.uint64] = _digests(data, offsets)
    return hashes


@compiled
def _digests(data: Any, offsets: Any) -> Any:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(hashes)):
        hashes[i] = xxh64(data, offsets[i], offsets[i + 1])
    return hashes


@compiled
def xxh64(data: Any, start: Any, end: Any) -> Any:
    """xxh64 with seed 0 of data[start:end] (Collet, xxHash specification 0.1.1)."""
    at, last = np.uint64(start), np.uint64(end)
    length = last - at
    if length >= np.uint64(32):
        one, two, three, four = P1 + P2, P2, np.uint64(0), np.uint64(0) - P1
        while at + np.uint64(32) <= last:
            one = _round(one, load64(data, at))
            two = _round(two, load64(data, at + np.uint64(8)))
            three = _round(three, load64(data, at + np.uint64(16)))
            four = _round(four, load64(data, at + np.uint64(24)))
            at += np.uint64(32)
        state = rotate(one, 1) + rotate(two, 7) + rotate(three, 12) + rotate(four, 18)
        state = _merge(_merge(_merge(_merge(state, one), two), three), four)
    else:
        state = P5
    return _finish(data, at, last, state + length)


@compiled
def _finish(data: Any, at: Any, last: Any, state: Any) -> Any:
    while at + np.uint64(8) <= last:
        state = rotate(state ^ _round(np.uint64(0), load64(data, at)), 27) * P1 + P4
        at += np.uint64(8)
    if at + np.uint64(4) <= last:
        state = rotate(state ^ (load32(data, at) * P1), 23) * P2 + P3
        at += np.uint64(4)
    while at < last:
        state = rotate(state ^ (np.uint64(data[at]) * P5), 11) * P1
        at += np.uint64(1)
    state = (state ^ (state >> np.uint64(33))) * P2
    state = (state ^ (state >> np.uint64(29))) * P3
    return state ^ (state >> np.uint64(32))


@compiled
def mix64(value: Any) -> Any:
    """One step of splitmix64 (Steele, Lea, Flood 2014): a bijection of 64 bits."""
    value = value + GOLDEN
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled
def rotate(value: Any, bits: Any) -> Any:
    """Rotate 64 bits to the left."""
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@compiled
def load64(data: Any, at: Any) -> Any:
    """Eight bytes, little-endian. Unsigned indexes: LLVM then makes one load of it."""
    return load32(data, at) | load32(data, at + np.uint64(4)) << np.uint64(32)


@compiled
def store64(target: Any, at: Any, eight: Any) -> Any:
    """Eight bytes, little-endian."""
    for i in range(8):
        target[at + np.uint64(i)] = np.uint8(eight >> np.uint64(8 * i) & np.uint64(255))


@compiled
def mask_before(found: Any) -> Any:
    """Ones in the bytes before the first byte whose high bit, the only one that may, is set; all ones if none is."""
    return ((found & (np.uint64(0) - found)) >> np.uint64(7)) - np.uint64(1)


@compiled
def bytes_before(found: Any) -> Any:
    """How many bytes come before that byte."""
    return (mask_before(found) & EACH) * EACH >> np.uint64(56)


@compiled
def load32(data: Any, at: Any) -> Any:
    """Four bytes, little-endian."""
    low = np.uint64(data[at]) | np.uint64(data[at + np.uint64(1)]) << np.uint64(8)
    high = np.uint64(data[at + np.uint64(2)]) | np.uint64(data[at + np.uint64(3)]) << np.uint64(8)
    return low | high << np.uint64(16)


@compiled
def _round(state: Any, lane: Any) -> Any:
    return rotate(state + lane * P2, 31) * P1


@compiled
def _merge(state: Any, lane: Any) -> Any:
    return (state ^ _round(np.uint64(0), lane)) * P1 + P4
