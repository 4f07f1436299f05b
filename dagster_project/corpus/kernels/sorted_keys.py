"""Rows found by a 64-bit key: the keys in order, a directory of them, and a filter that turns most others away.

Four rows share an entry of the directory on average, so that a key is found with two reads of memory, and one read of
the filter, a Bloom filter of blocks of 64 bits (Putze, Sanders, Singler 2007), tells that most keys have no row. Both
are addressed by the upper bits of a key, shifted down: every block is used, whatever the size.
Per row: 8 bytes for the key, 2 to 4 for the filter, 1 to 2 for the directory.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined

ROWS_PER_ENTRY, ROWS_PER_BLOCK = (
    4,
    4,
)  # at most; a power of two of blocks gives 16 to 32 bits of the filter for each row
ONE, PLACE, KEY_BITS = np.uint64(1), np.uint64(63), 64
SECOND, THIRD = np.uint64(6), np.uint64(12)


class SortedKeys(NamedTuple):
    """Made by `sorted_keys`; a row is its number in the order of the keys."""

    keys: NDArray[np.uint64]  # (rows,)
    directory: NDArray[np.uint32]  # (2^k + 1,): how many keys are below each value of their first k bits
    directory_shift: np.uint64  # 64 - k
    blocks: NDArray[np.uint64]  # (2^b,): the filter
    block_shift: np.uint64  # 64 - b


def sorted_keys(keys: NDArray[np.uint64]) -> tuple[SortedKeys, NDArray[np.int64]]:
    """The table of keys, fewer than 2^32, and which of them is in each row; a key may have several, in their order."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    directory_bits, block_bits = _bits(len(keys), ROWS_PER_ENTRY), _bits(len(keys), ROWS_PER_BLOCK)
    shift, block_shift = np.uint64(KEY_BITS - directory_bits), np.uint64(KEY_BITS - block_bits)
    below = np.searchsorted(keys, np.arange(1, 1 << directory_bits, dtype=np.uint64) << shift)
    directory = np.concatenate([[0], below, [len(keys)]]).astype(np.uint32)
    blocks = np.zeros(1 << block_bits, np.uint64)
    _fill(keys, blocks, block_shift)
    return SortedKeys(keys, directory, shift, blocks, block_shift), order


def _bits(rows: int, per_entry: int) -> int:
    """So many bits make entries enough; at least one, since a shift by all of 64 bits is undefined."""
    return max(1, (rows // per_entry).bit_length())


@compiled
def _fill(keys: Any, blocks: Any, shift: Any) -> Any:
    for key in keys:
        blocks[key >> shift] |= _bits_of(key)


@inlined
def _bits_of(key: Any) -> Any:
    return ONE << (key & PLACE) | ONE << (key >> SECOND & PLACE) | ONE << (key >> THIRD & PLACE)


@inlined
def may_hold(blocks: Any, shift: Any, key: Any) -> Any:
    """False only if no row has this key; true for less than one in a hundred of the keys that have none."""
    bits = _bits_of(key)
    return blocks[key >> shift] & bits == bits


@compiled
def rows_of(table: Any, key: Any) -> Any:
    """The rows with this key, as the first one and the one after the last; equal if there is none."""
    entry = key >> table.directory_shift
    first, last = np.int64(table.directory[entry]), np.int64(table.directory[entry + ONE])
    while first < last and table.keys[first] < key:
        first += 1
    end = first
    while end < last and table.keys[end] == key:
        end += 1
    return first, end
