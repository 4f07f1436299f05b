"""Which pieces of a text occurred in it before: a hash table per text, of its size."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from dagster_project.corpus.kernels.bare import bare

NEW, SECOND, LATER = 0, 1, 2
# Where a piece is looked for; nothing that is counted depends on it. Drawn for each process, so that no text can be
# written whose pieces all meet in one place and take quadratic time.
SECRET = np.uint64(int.from_bytes(os.urandom(8), "little") | 1)
STATE = np.uint64(3)
USED, REPEATED = np.uint64(1), np.uint64(2)


@bare
def bits_for(pieces: Any) -> Any:
    """A table of 2^bits slots is at most half full with so many pieces."""
    bits = 1
    while 1 << bits < 2 * pieces:
        bits += 1
    return bits


@bare
def meet(table: Any, bits: Any, piece: Any, secret: Any) -> Any:
    """Is this the first (NEW), the SECOND or a LATER time that the table, uint64, zero at first, meets this hash?"""
    key, mask = piece & ~STATE | USED, np.uint64((1 << bits) - 1)
    slot = (piece ^ secret) * secret >> np.uint64(64 - bits)
    while table[slot]:
        entry = table[slot]
        if entry & ~REPEATED == key:
            table[slot] = entry | REPEATED
            return LATER if entry & REPEATED else SECOND
        slot = (slot + np.uint64(1)) & mask
    table[slot] = key
    return NEW
