"""Documents cut and put together into sequences for training: by position, by best fit, or by powers of two.

Lengths are tokens, separators included. Pieces come in the order of their sequences and of the documents within them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled

Numbers = NDArray[np.int64]
NONE = -1


class Packed(NamedTuple):
    """What each sequence is made of: piece i is `length[i]` tokens of `document[i]` from `start[i]` on; int64[p] each.

    Sequences are numbered from 0 on without a gap. `dropped` counts the tokens that are in no piece: they are always
    the last ones of their documents.
    """

    sequence: Numbers
    document: Numbers
    start: Numbers
    length: Numbers
    dropped: int


def chunked(lengths: Numbers, size: int) -> Packed:
    """All documents after one another, cut after every `size` tokens. The last sequence may be shorter."""
    lengths = _checked(lengths, size)
    ends = np.cumsum(lengths)
    filled = lengths > 0
    firsts, lasts = (ends - lengths) // size, (ends - 1) // size
    sequences, documents, starts, parts = _chunked(lengths, size, int((lasts - firsts + 1)[filled].sum()))
    return Packed(sequences, documents, starts, parts, 0)


def best_fit(lengths: Numbers, size: int) -> Packed:
    """Documents longer than `size` cut into full sequences and a rest; rests and other documents packed whole.

    Best-fit decreasing, after Ding et al. 2024, "Fewer Truncations Improve Language Modeling" (arXiv:2404.10830): the
    longest first, each into the sequence with the least room that is enough; among equals the one first in the mix, and
    the sequence that has had that room for longest. Sequences come in the order of their first documents.
    Time O(n log size), room O(n + size).
    """
    lengths = _checked(lengths, size)
    pieces = int((-(-lengths // size)).sum())
    documents, starts, parts = _cut(lengths, size, pieces)
    sequences, count = _fit(parts, size)
    order, numbers = _in_order(sequences, count)
    return Packed(numbers, documents[order], starts[order], parts[order], 0)


def bucketed(lengths: Numbers, size: int, least: int) -> Packed:
    """Each document alone, cut into powers of two from `size` down to `least`, the longest first.

    Dataset decomposition (Pouransari et al. 2024, arXiv:2405.13226): a sequence is one piece of one document, and its
    bucket is its length. The rest below `least`, fewer tokens than the smallest bucket holds, is dropped.
    """
    lengths = _checked(lengths, size)
    if not 0 < least <= size or size & (size - 1) or least & (least - 1):
        raise ValueError(f"buckets are powers of two, the least at most the size: not {least} and {size}")
    whole = lengths // size
    rests = (lengths % size) // least
    pieces = int(whole.sum() + np.bitwise_count(rests).sum())
    documents, starts, parts = _bucketed(lengths, size, least, pieces)
    return Packed(np.arange(pieces), documents, starts, parts, int((lengths % least).sum()))


def _checked(lengths: Numbers, size: int) -> Numbers:
    lengths = np.ascontiguousarray(lengths, np.int64)
    if size < 1 or lengths.ndim != 1 or (len(lengths) and lengths.min() < 0):
        raise ValueError(f"needs a row of lengths from 0 on and a size of at least 1: not {lengths.shape}, {size}")
    return lengths


@compiled
def _chunked(lengths: Any, size: Any, pieces: Any) -> Any:
    sequences, documents = np.empty(pieces, np.int64), np.empty(pieces, np.int64)
    starts, parts = np.empty(pieces, np.int64), np.empty(pieces, np.int64)
    i = position = 0
    for document in range(len(lengths)):
        start = 0
        while start < lengths[document]:
            part = min(size - position % size, lengths[document] - start)
            sequences[i], documents[i], starts[i], parts[i] = position // size, document, start, part
            start, position, i = start + part, position + part, i + 1
    return sequences, documents, starts, parts


@compiled
def _cut(lengths: Any, size: Any, pieces: Any) -> Any:
    documents, starts, parts = np.empty(pieces, np.int64), np.empty(pieces, np.int64), np.empty(pieces, np.int64)
    i = 0
    for document in range(len(lengths)):
        for start in range(0, lengths[document], size):
            documents[i], starts[i], parts[i] = document, start, min(size, lengths[document] - start)
            i += 1
    return documents, starts, parts


@compiled
def _bucketed(lengths: Any, size: Any, least: Any, pieces: Any) -> Any:
    documents, starts, parts = np.empty(pieces, np.int64), np.empty(pieces, np.int64), np.empty(pieces, np.int64)
    i = 0
    for document in range(len(lengths)):
        start, part = 0, size
        while part >= least:
            if lengths[document] - start >= part:
                documents[i], starts[i], parts[i] = document, start, part
                start, i = start + part, i + 1
            else:
                part //= 2
    return documents, starts, parts


@compiled
def _fit(parts: Any, size: Any) -> Any:
    """The sequence of each part, in the order in which they were opened, and how many there are.

    Sequences with the same room wait in a queue, and a tree over the rooms knows which queues hold any.
    """
    sequences, following = np.empty(len(parts), np.int64), np.full(len(parts), NONE)
    heads, tails = np.full(size + 1, NONE), np.full(size + 1, NONE)
    waiting = _no_rooms(size)
    count = 0
    for i in _sorted_by(size - parts, size):
        room = _least_room(waiting, parts[i])
        if room > size:
            sequence, room = count, size
            count += 1
        else:
            sequence = heads[room]
            heads[room] = following[sequence]
            if heads[room] == NONE:
                _mark(waiting, room, False)
        sequences[i], following[sequence] = sequence, NONE
        room -= parts[i]
        if heads[room] == NONE:
            heads[room] = sequence
            _mark(waiting, room, True)
        else:
            following[tails[room]] = sequence
        tails[room] = sequence
    return sequences, count


@compiled
def _no_rooms(size: Any) -> Any:
    """A tree whose leaves, a power of two of them, are the second half: nothing is marked."""
    leaves = 1
    while leaves <= size:
        leaves *= 2
    return np.zeros(2 * leaves, np.bool_)


@compiled
def _mark(waiting: Any, room: Any, is_waiting: Any) -> Any:
    node = len(waiting) // 2 + room
    waiting[node] = is_waiting
    while node > 1:
        node //= 2
        waiting[node] = waiting[2 * node] or waiting[2 * node + 1]


@compiled
def _least_room(waiting: Any, wanted: Any) -> Any:
    """The least marked room that is `wanted` or more; beyond all rooms when there is none."""
    leaves = len(waiting) // 2
    node = leaves + wanted
    while not waiting[node]:
        while node % 2 == 1:  # all to the right of a right half has been seen, or is its parent's
            node //= 2
        if node == 0:
            return leaves
        node += 1
    while node < leaves:
        node = 2 * node if waiting[2 * node] else 2 * node + 1
    return node - leaves


@compiled
def _in_order(sequences: Any, count: Any) -> Any:
    """Pieces by sequence, sequences by their first piece: the order of the pieces, and their sequences in it."""
    numbers = np.full(count, NONE)
    known = 0
    renumbered = np.empty_like(sequences)
    for i in range(len(sequences)):
        if numbers[sequences[i]] == NONE:
            numbers[sequences[i]] = known
            known += 1
        renumbered[i] = numbers[sequences[i]]
    order = _sorted_by(renumbered, count)
    return order, renumbered[order]


@compiled
def _sorted_by(keys: Any, most: Any) -> Any:
    """What puts keys from 0 to `most` in order, equal ones as they come: a counting sort."""
    places = np.zeros(most + 2, np.int64)
    for key in keys:
        places[key + 1] += 1
    for key in range(most):
        places[key + 1] += places[key]
    order = np.empty(len(keys), np.int64)
    for i in range(len(keys)):
        order[places[keys[i]]] = i
        places[keys[i]] += 1
    return order
