"""The first bytes of SHA-1, which published MinHash signatures are made with; what identifies is hashed elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import LOW_32, rotate32
from dagster_project.corpus.kernels.inlined import inlined

ROUNDS = 80
STARTS = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
BLOCK, LENGTH_BYTES, MARK = 64, 8, 0x80


@bare
def sha1_start(data: Any, start: Any, end: Any, words: Any) -> Any:
    """The first eight bytes of the SHA-1 of data[start:end] (FIPS 180-4) as a little-endian number.

    Its low half is the first four. `words` is a pointer to room for ROUNDS numbers of 64 bits.
    """
    a, b, c, d, e = STARTS
    state = (np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d), np.uint64(e))
    stop = start + BLOCK * ((end - start + LENGTH_BYTES) // BLOCK + 1)
    for at in range(start, stop, BLOCK):
        _schedule(data, start, end, stop, at, words)
        state = _compress(state, words)
    return _swap(state[0]) | _swap(state[1]) << np.uint64(32)


@bare
def _schedule(data: Any, start: Any, end: Any, stop: Any, first: Any, words: Any) -> Any:
    for i in range(16):
        word = np.uint64(0)
        for at in range(first + 4 * i, first + 4 * i + 4):
            word = word << np.uint64(8) | np.uint64(_padded(data, at, start, end, stop))
        words[i] = word
    for i in range(16, ROUNDS):
        words[i] = rotate32(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1)


@inlined
def _padded(data: Any, at: Any, start: Any, end: Any, stop: Any) -> Any:
    """A byte of the padded message: the text, a mark, zeros, and at the end the size of the text in bits."""
    if at < end:
        return np.int64(data[at])
    if at == end:
        return np.int64(MARK)
    return (end - start) * 8 >> 8 * (stop - 1 - at) & 255 if at >= stop - LENGTH_BYTES else np.int64(0)


@bare
def _compress(state: Any, words: Any) -> Any:
    a, b, c, d, e = state
    for i in range(ROUNDS):
        if i < 20:
            mixed = (b & c | (b ^ LOW_32) & d) + np.uint64(0x5A827999)
        elif i < 40:
            mixed = (b ^ c ^ d) + np.uint64(0x6ED9EBA1)
        elif i < 60:
            mixed = (b & c | b & d | c & d) + np.uint64(0x8F1BBCDC)
        else:
            mixed = (b ^ c ^ d) + np.uint64(0xCA62C1D6)
        a, b, c, d, e = (rotate32(a, 5) + mixed + e + words[i]) & LOW_32, a, rotate32(b, 30), c, d
    one, two, three, four, five = state
    return (one + a) & LOW_32, (two + b) & LOW_32, (three + c) & LOW_32, (four + d) & LOW_32, (five + e) & LOW_32


@inlined
def _swap(word: Any) -> Any:
    """The four bytes of a number from the other end."""
    low = (word & np.uint64(0xFF)) << np.uint64(24) | (word & np.uint64(0xFF00)) << np.uint64(8)
    return low | (word >> np.uint64(8) & np.uint64(0xFF00)) | word >> np.uint64(24)
