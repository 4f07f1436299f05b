"""How small a text becomes: the size of a greedy LZ4 block, as if it were written.

The format is LZ4's (lz4_Block_format.md 1.6): a sequence is a token, literals, two bytes of distance and what is left
of the lengths. The search is the simplest: of all places before with the same four bytes, by hash, the last one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import load32, load64

SLOT_BITS, FACTOR = 12, np.uint64(2654435761)
SHORTEST, FARTHEST = 4, 65535  # bytes of a match, and of the distance to it
LAST_LITERALS, LAST_START = 5, 12  # the format ends with five literals, and starts no match in the last twelve bytes
NIBBLE, BYTE = 15, 255  # a length that a token has no room for goes on in bytes of 255
SKIP = 6  # after 2^SKIP misses the search goes on by two bytes, and so on


@bare
def compressed_size(data: Any, start: Any, end: Any, places: Any) -> Any:
    """Bytes of data[start:end] compressed; `places`, int64[2^SLOT_BITS], is -1 at first, and kept for texts after."""
    if start == end:
        return 0
    size, anchor, at, misses = 1, start, start, 0
    while at + LAST_START < end:
        slot = _slot(data, at)
        found = places[slot]
        places[slot] = at
        if found >= start and at - found <= FARTHEST and _load32(data, found) == _load32(data, at):
            length = _match(data, found, at, end - LAST_LITERALS)
            size += 3 + _more(at - anchor) + at - anchor + _more(length - SHORTEST)
            at, misses = at + length, 0
            anchor = at
        else:
            misses += 1
            at += 1 + (misses >> SKIP)
    return size + _more(end - anchor) + end - anchor


@bare
def _load32(data: Any, at: Any) -> Any:
    return load32(data, np.uint64(at))


@bare
def _slot(data: Any, at: Any) -> Any:
    return np.int64((_load32(data, at) * FACTOR & np.uint64(0xFFFFFFFF)) >> np.uint64(32 - SLOT_BITS))


@bare
def _match(data: Any, found: Any, at: Any, end: Any) -> Any:
    """How many bytes are the same, of those before `end`."""
    length = SHORTEST
    while at + length + 8 <= end and load64(data, np.uint64(found + length)) == load64(data, np.uint64(at + length)):
        length += 8
    while at + length < end and data[found + length] == data[at + length]:
        length += 1
    return length


@bare
def _more(length: Any) -> Any:
    """Bytes of a length after the token."""
    return 0 if length < NIBBLE else 1 + (length - NIBBLE) // BYTE
