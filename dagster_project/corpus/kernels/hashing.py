"""64-bit hashes of bytes and of integers. None is cryptographic: they find candidates, they never identify."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.texts import Bytes, Offsets

# the primes of xxHash
P1, P2, P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
P4, P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
Q1, Q2, Q3 = np.uint64(0x9E3779B1), np.uint64(0x85EBCA77), np.uint64(0xC2B2AE3D)  # the same of 32 bits
Q4, Q5, LOW_32 = np.uint64(0x27D4EB2F), np.uint64(0x165667B1), np.uint64(0xFFFFFFFF)
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
    at, last, state = _stripes(data, start, end)
    while at + np.uint64(8) <= last:
        state = _add8(state, load64(data, at))
        at += np.uint64(8)
    if at + np.uint64(4) <= last:
        state = _add4(state, load32(data, at))
        at += np.uint64(4)
    while at < last:
        state = _add1(state, np.uint64(data[at]))
        at += np.uint64(1)
    return _avalanche(state)


@compiled
def xxh64_within(data: Any, start: Any, end: Any) -> Any:
    """The same where 31 bytes after `end` can be read: without branches on the size, which no processor foresees."""
    at, last, state = _stripes(data, start, end)
    size = last - at
    for step in range(8, 32, 8):
        added = _add8(state, load64(data, at + np.uint64(step - 8)))
        state = added if size >= np.uint64(step) else state
    rest, four = load64(data, at + (size & np.uint64(24))), size & np.uint64(4)
    added = _add4(state, rest & np.uint64(0xFFFFFFFF))
    state = added if four else state
    rest >>= four << np.uint64(3)
    for step in range(3):
        added = _add1(state, rest >> np.uint64(8 * step) & np.uint64(255))
        state = added if size & np.uint64(3) > np.uint64(step) else state
    return _avalanche(state)


@compiled
def _stripes(data: Any, start: Any, end: Any) -> Any:
    """Take in 32 bytes at a time; returns where fewer are left, the end and the state."""
    at, last = np.uint64(start), np.uint64(end)
    length = last - at
    if length < np.uint64(32):
        return at, last, P5 + length
    one, two, three, four = P1 + P2, P2, np.uint64(0), np.uint64(0) - P1
    while at + np.uint64(32) <= last:
        one = _round(one, load64(data, at))
        two = _round(two, load64(data, at + np.uint64(8)))
        three = _round(three, load64(data, at + np.uint64(16)))
        four = _round(four, load64(data, at + np.uint64(24)))
        at += np.uint64(32)
    state = rotate(one, 1) + rotate(two, 7) + rotate(three, 12) + rotate(four, 18)
    return at, last, _merge(_merge(_merge(_merge(state, one), two), three), four) + length


@compiled
def _add8(state: Any, eight: Any) -> Any:
    return rotate(state ^ _round(np.uint64(0), eight), 27) * P1 + P4


@compiled
def _add4(state: Any, four: Any) -> Any:
    return rotate(state ^ (four * P1), 23) * P2 + P3


@compiled
def _add1(state: Any, byte: Any) -> Any:
    return rotate(state ^ (byte * P5), 11) * P1


@compiled
def _avalanche(state: Any) -> Any:
    state = (state ^ (state >> np.uint64(33))) * P2
    state = (state ^ (state >> np.uint64(29))) * P3
    return state ^ (state >> np.uint64(32))


@compiled
def xxh32(data: Any, start: Any, end: Any) -> Any:
    """xxh32 with seed 0 of data[start:end] (Collet, xxHash specification 0.1.1); 32 bits in a number of 64."""
    at, last = np.uint64(start), np.uint64(end)
    length = last - at
    state = Q5
    if length >= np.uint64(16):
        one, two, three, four = (Q1 + Q2) & LOW_32, Q2, np.uint64(0), LOW_32 + np.uint64(1) - Q1
        while at + np.uint64(16) <= last:
            one = _round32(one, load32(data, at))
            two = _round32(two, load32(data, at + np.uint64(4)))
            three = _round32(three, load32(data, at + np.uint64(8)))
            four = _round32(four, load32(data, at + np.uint64(12)))
            at += np.uint64(16)
        state = rotate32(one, 1) + rotate32(two, 7) + rotate32(three, 12) + rotate32(four, 18)
    state = (state + length) & LOW_32
    while at + np.uint64(4) <= last:
        state = rotate32((state + load32(data, at) * Q3) & LOW_32, 17) * Q4 & LOW_32
        at += np.uint64(4)
    while at < last:
        state = rotate32((state + np.uint64(data[at]) * Q5) & LOW_32, 11) * Q1 & LOW_32
        at += np.uint64(1)
    state = (state ^ state >> np.uint64(15)) * Q2 & LOW_32
    state = (state ^ state >> np.uint64(13)) * Q3 & LOW_32
    return state ^ state >> np.uint64(16)


@compiled
def _round32(state: Any, lane: Any) -> Any:
    return rotate32((state + lane * Q2) & LOW_32, 13) * Q1 & LOW_32


@compiled
def rotate32(value: Any, bits: Any) -> Any:
    """Rotate the low 32 bits to the left; the others are zero."""
    return (value << np.uint64(bits) | value >> np.uint64(32 - bits)) & LOW_32


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
