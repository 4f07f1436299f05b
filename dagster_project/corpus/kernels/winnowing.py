"""Anchors: of every window of a text one place, chosen by its content alone, so that equal windows have equal ones.

Robust winnowing (Schleimer, Wilkerson, Aiken 2003): of the grams of a window the one with the least hash is its anchor;
of several the last, unless the window before has one of them already. Windows of `length` bytes have grams of half as
many, and about one place in `length // 4` is an anchor. Equal windows may have another of several,
of the same hash. Hashes that meet by chance only make windows look alike that are not; no equal ones are missed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import Bytes, Offsets

BASE = np.uint64(0xD1342543DE82EF95)
CODES = mix64(np.arange(256, dtype=np.uint64))  # of a byte


class Anchors(NamedTuple):
    """The anchors of some documents, in order, each with the windows whose anchor it is."""

    hashes: NDArray[np.uint64]
    documents: NDArray[np.int64]  # which of the documents, from 0
    firsts: NDArray[np.int64]  # the first of its windows, in bytes from the beginning of the document
    lasts: NDArray[np.int64]  # the last one
    tied: NDArray[np.bool_]  # has one of these windows another gram with that hash?


class Parameters(NamedTuple):
    """What every step of a walk is handed."""

    gram: int  # bytes
    grams: int  # of a window
    codes: NDArray[np.uint64]  # of a byte
    leaving: NDArray[np.uint64]  # what it adds to the hash of a gram that it has just left
    ring: NDArray[np.uint64]  # the last hashes; a power of two of them


def anchors(data: Bytes, offsets: Offsets, length: int) -> Anchors:
    """The anchors of all windows of `length` bytes (at least 2); a shorter document has none.

    O(bytes) of text; of a text made for it, whose hashes fall and fall, O(bytes * length).
    """
    gram = length // 2
    grams = length - gram + 1
    leaving = CODES * np.uint64(pow(int(BASE), gram, 1 << 64))
    parameters = Parameters(gram, grams, CODES, leaving, np.empty(1 << (grams - 1).bit_length(), np.uint64))
    found = _room(16 + 8 * len(data) // length)
    count = _anchors(data, offsets, parameters, found)
    if count > len(found.hashes):
        found = _room(count)
        _anchors(data, offsets, parameters, found)
    return Anchors._make(column[:count] for column in found)


def _room(size: int) -> Anchors:
    documents, firsts, lasts = (np.empty(size, np.int64) for _ in range(3))
    return Anchors(np.empty(size, np.uint64), documents, firsts, lasts, np.empty(size, np.bool_))


@bare
def _anchors(data: Any, offsets: Any, parameters: Any, found: Any) -> Any:
    """Write what there is room for; returns how many anchors there are."""
    count = 0
    for i in range(len(offsets) - 1):
        if offsets[i + 1] - offsets[i] >= parameters.gram + parameters.grams - 1:
            count = _walk(data[offsets[i] : offsets[i + 1]], i, parameters, found, count)
    return count


@bare
def _walk(text: Any, document: Any, parameters: Any, found: Any, count: Any) -> Any:
    gram, grams = np.uint64(parameters.gram), np.int64(parameters.grams)
    codes, leaving = pointer(parameters.codes), pointer(parameters.leaving)
    ring, mask = pointer(parameters.ring), np.int64(len(parameters.ring) - 1)
    bytes_, room, opened = pointer(text), len(found.hashes), count
    state, least, place = _first_hash(bytes_, parameters.gram, codes), np.uint64(0), -1
    has_tie, last = False, len(text) - parameters.gram
    for at in range(last + 1):
        if at:
            left, entering = bytes_[at - 1], bytes_[np.uint64(at - 1) + gram]
            state = state * BASE + (codes[entering] - leaving[left])
        ring[at & mask] = state
        window = at - grams + 1
        if window < 0 or (place >= window and state > least):
            continue
        if place >= window and state == least:
            has_tie = True
            continue
        if count > opened:
            _write(found, room, count - 1, window - 1, has_tie)
        if place < window:
            least, place, has_tie = _least(ring, mask, window, at)
        else:
            least, place, has_tie = state, at, False
        if count < room:
            found.hashes[count], found.documents[count], found.firsts[count] = least, document, window
        count += 1
    _write(found, room, count - 1, last - grams + 1, has_tie)
    return count


@inlined
def _write(found: Any, room: Any, number: Any, last: Any, has_tie: Any) -> Any:
    if number < room:
        found.lasts[number], found.tied[number] = last, has_tie


@inlined
def _first_hash(text: Any, gram: Any, codes: Any) -> Any:
    state = np.uint64(0)
    for at in range(gram):
        state = state * BASE + codes[text[at]]
    return state


@inlined
def _least(ring: Any, mask: Any, first: Any, last: Any) -> Any:
    """The least of the hashes from first to last, the last place where it stands, and whether it stands twice."""
    least, place, has_tie = ring[last & mask], last, False
    for at in range(last - 1, first - 1, -1):
        value = ring[at & mask]
        if value < least:
            least, place, has_tie = value, at, False
        elif value == least:
            has_tie = True
    return least, place, has_tie
