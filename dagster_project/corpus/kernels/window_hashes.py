"""The 122-bit hashes of all windows of some stretches of text, rolled from byte to byte (Karp, Rabin 1987)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.row_order import Rows
from dagster_project.corpus.kernels.secret_hashes import BASES, MODULUS, entered, rolled
from dagster_project.corpus.kernels.texts import Bytes, Offsets

FLAGS = 4  # bits of a place: two for bytes of a character that began before the window, two for one that ends after it
CONTINUATION, CONTINUES = 0xC0, 0x80
MOST_CUT = 3  # bytes of a character that is not whole


class Stretches(NamedTuple):
    """Stretches of consecutive windows; `firsts` and `lasts` are their starts, in bytes from the document's."""

    documents: Offsets
    firsts: Offsets
    lasts: Offsets


class _Hash(NamedTuple):
    base: np.uint64
    leaving: NDArray[np.uint64]  # what is added for each byte that leaves


def window_rows(data: Bytes, offsets: Offsets, places: NDArray[np.uint64], stretches: Stretches, length: int) -> Rows:
    """Of each window a row: its two hashes modulo 2^61 - 1, and its place; uint64[windows, 3].

    `places` (uint64[documents]) are where the documents begin; a window's place is its document's and its start, four
    bits to the left: the lowest are how many bytes at its start and at its end are of characters that it cuts.
    """
    rows = np.empty((int((stretches.lasts - stretches.firsts + 1).sum()), 3), np.uint64)
    one, two = (_Hash(np.uint64(base), _leaving(base, length)) for base in BASES)
    _window_rows(data, offsets, places, stretches, length, one, two, rows)
    return rows


def _leaving(base: int, length: int) -> NDArray[np.uint64]:
    power = pow(base, length, MODULUS)
    return np.array([MODULUS - (byte + 1) * power % MODULUS for byte in range(256)], np.uint64)


@bare
def _window_rows(
    data: Any, offsets: Any, places: Any, stretches: Any, length: Any, one: Any, two: Any, rows: Any
) -> Any:
    at = 0
    for i in range(len(stretches.firsts)):
        document, first, last = stretches.documents[i], stretches.firsts[i], stretches.lasts[i]
        text = data[offsets[document] : offsets[document + 1]]
        bytes_, size, begin = pointer(text), len(text), places[document]
        low, high, into_one, into_two = np.uint64(0), np.uint64(0), pointer(one.leaving), pointer(two.leaving)
        for k in range(first, first + length):
            low, high = entered(low, one.base, bytes_[k]), entered(high, two.base, bytes_[k])
        for start in range(first, last + 1):
            place = begin + (np.uint64(start) << np.uint64(FLAGS))
            rows[at, 0], rows[at, 1] = low, high
            rows[at, 2] = place | _cuts(bytes_, size, start, start + length)
            at += 1
            if start < last:
                left, byte = bytes_[start], bytes_[start + length]
                low = rolled(low, one.base, byte, into_one[left])
                high = rolled(high, two.base, byte, into_two[left])


@inlined
def _cuts(text: Any, size: Any, start: Any, end: Any) -> Any:
    """How many bytes at the start are of a character that began before it, and at the end of one that ends after it."""
    before, after = 0, 0
    while before < MOST_CUT and text[start + before] & CONTINUATION == CONTINUES:
        before += 1
    if end < size and text[end] & CONTINUATION == CONTINUES:
        after = 1
        while after < MOST_CUT and text[end - after] & CONTINUATION == CONTINUES:
            after += 1
    return np.uint64(before << 2 | after)
