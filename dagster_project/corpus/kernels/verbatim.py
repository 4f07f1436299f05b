"""Where needles, texts of which many are looked for at once, stand in documents, letter for letter.

Grams of `gram` bytes that begin in a needle at multiples of that are looked up at every byte of a document by a rolled
hash (Karp, Rabin 1987). What both have in common of at least 2 · gram − 1 bytes holds one of them, so none is missed;
and what is found is compared byte by byte, and followed to both sides, so none is a collision.

Runs of one byte, such as spaces, meet in as many ways as they are long, so each run of a document meets each run of a
needle once: followed is what begins or ends with both, and where the document's lies within the needle's, that is all
they have in common. In every other way it ends within both runs, and is part of what is followed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.kernels.sorted_keys import SortedKeys, may_hold, rows_of, sorted_keys
from dagster_project.corpus.kernels.texts import Bytes, Offsets

BASE = np.uint64(0xD1342543DE82EF95)
CODES = mix64(np.arange(256, dtype=np.uint64))  # of a byte
LEAST_WORK, WORK = 1 << 24, 16  # steps for a document, and for each of its bytes, before it is left: seconds
COMPARED = 3  # 2^3 bytes are compared in a step
SLOTS = 1 << 14  # diagonals that are remembered
FEW, NO_RUN = 256, -1


class Needles(NamedTuple):
    """What is looked for. A place is a byte of the text at which a gram begins."""

    text: Bytes  # all needles, one after the other
    bounds: Offsets  # int64[needles + 1]
    table: SortedKeys  # hashes of grams
    places: NDArray[np.int64]  # (grams,): in the order of the table
    owners: NDArray[np.int64]  # (grams,): the needle of each
    gram: int  # bytes
    runs: NDArray[np.int64]  # (runs, 3): start, end and needle of each run that has a gram, by its byte
    run_bounds: NDArray[np.int64]  # int64[257]: the first run of each byte; it has one gram in the table


class Held(NamedTuple):
    """Which document holds which needle, each once."""

    needles: NDArray[np.int64]
    documents: NDArray[np.int64]
    starts: NDArray[np.int64]  # bytes from the beginning of the document, where it stands first
    cut_short: int  # documents that were left before their end, for looking further took too long


def needles(text: Bytes, bounds: Offsets, gram: int, *, whole: bool) -> Needles:
    """Needles to be found in part, or with `whole` only as a whole: those have one gram, the first that is no run."""
    sizes = np.diff(bounds) // gram
    owners = np.repeat(np.arange(len(sizes)), sizes)
    numbers = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    places = bounds[owners] + numbers * gram
    found = np.full((len(places), 3), NO_RUN)
    _find_runs(text, bounds, owners, places, gram, found)
    is_run = found[:, 0] != NO_RUN
    if whole:
        order = np.lexsort((numbers, is_run, owners))
        chosen = order[np.flatnonzero(np.diff(owners[order], prepend=-1))]
        found = found[:0]
    else:
        _, firsts = np.unique(text[places[is_run]], return_index=True)
        chosen = np.append(np.flatnonzero(~is_run), np.flatnonzero(is_run)[firsts])
        found = np.unique(found[is_run], axis=0)
    owners, places = owners[chosen], places[chosen]
    runs = found[np.argsort(text[found[:, 0]], kind="stable")]
    run_bounds = np.searchsorted(text[runs[:, 0]], np.arange(257))
    table, order = sorted_keys(_gram_hashes(text, places, gram))
    return Needles(text, bounds, table, places[order], owners[order], gram, runs, run_bounds)


def reaches(data: Bytes, offsets: Offsets, sought: Needles, least: int, reach: NDArray[np.int32]) -> int:
    """Raise reach[p] (int32, one for each byte of the needles) to how many bytes from p on, of the needle that p is in,
    stand in a document, where that is as far as it goes to both sides and at least `least` (2 · gram − 1 or more).

    Returns how many documents were left before their end: it may take steps without number to follow a text that
    repeats itself through another one.
    """
    slots = np.full(SLOTS, np.iinfo(np.int64).min), np.zeros(SLOTS, np.int64)
    return int(_reaches(data, offsets, sought, _leaving(sought.gram), least, reach, *slots))


def holders(data: Bytes, offsets: Offsets, sought: Needles) -> Held:
    """The documents that hold whole needles."""
    last = np.full(len(sought.bounds) - 1, -1)
    found, cut_short = _holders(data, offsets, sought, _leaving(sought.gram), last)
    return Held(found[:, 0], found[:, 1], found[:, 2], int(cut_short))


def _leaving(gram: int) -> NDArray[np.uint64]:
    """What a byte adds to the hash of a gram that it has just left."""
    found: NDArray[np.uint64] = CODES * np.uint64(pow(int(BASE), gram, 1 << 64))
    return found


@compiled
def _find_runs(text: Any, bounds: Any, owners: Any, places: Any, gram: Any, runs: Any) -> Any:
    for i in range(len(places)):
        low, high = _run_around(text, places[i], bounds[owners[i]], bounds[owners[i] + 1])
        if high - places[i] >= gram:
            runs[i, 0], runs[i, 1], runs[i, 2] = low, high, owners[i]


@compiled
def _run_around(text: Any, at: Any, start: Any, end: Any) -> Any:
    """From where to where between start and end the byte at a place is repeated."""
    low, high = at, at + 1
    while low > start and text[low - 1] == text[at]:
        low -= 1
    while high < end and text[high] == text[at]:
        high += 1
    return low, high


@compiled
def _gram_hashes(text: Any, places: Any, gram: Any) -> Any:
    hashes = np.empty(len(places), np.uint64)
    for i in range(len(places)):
        hashes[i] = _hash(text, places[i], gram)
    return hashes


@compiled
def _hash(text: Any, at: Any, gram: Any) -> Any:
    state = np.uint64(0)
    for i in range(at, at + gram):
        state = state * BASE + CODES[text[i]]
    return state


@compiled
def _reaches(
    data: Any, offsets: Any, sought: Any, leaving: Any, least: Any, reach: Any, diagonals: Any, ends: Any
) -> Any:
    cut_short, gram, mask = 0, sought.gram, len(ends) - 1
    blocks, shift = sought.table.blocks, sought.table.block_shift
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        if end - start < least:
            continue
        work, state = LEAST_WORK + WORK * (end - start), _hash(data, start, gram)
        run_end = start
        for at in range(start, end - gram + 1):
            if at > start:
                state = state * BASE + (CODES[data[at + gram - 1]] - leaving[data[at - 1]])
            if not may_hold(blocks, shift, state):
                continue
            first, last = rows_of(sought.table, state)
            for row in range(first, last):
                place = sought.places[row]
                slot = (place - at) & mask
                work -= 1
                if at < run_end and at + gram <= run_end:
                    break
                if sought.run_bounds[data[at]] < sought.run_bounds[np.int64(data[at]) + 1]:
                    low, high = _run_around(data, at, start, end)
                    if high - at >= gram:
                        run_end = high
                        work -= _meet(data, start, end, low, high, sought, least, reach)
                        break
                if diagonals[slot] == place - at and at + gram <= ends[slot]:
                    continue
                owner = sought.owners[row]
                low, high = sought.bounds[owner], sought.bounds[owner + 1]
                left, right = _around(data, start, end, at, sought.text, low, high, place)
                work -= (right - left) >> COMPARED
                if right - place < gram:
                    continue
                diagonals[slot], ends[slot] = place - at, at + right - place
                if right - left >= least and right - left > reach[left]:
                    reach[left] = right - left
            if work < 0:
                cut_short += 1
                break
    return cut_short


@compiled
def _meet(data: Any, start: Any, end: Any, low: Any, high: Any, sought: Any, least: Any, reach: Any) -> Any:
    """Follow a run of a document into all needles that have one of its byte; returns the steps that it took."""
    steps, size, byte = 0, high - low, np.int64(data[low])
    for i in range(sought.run_bounds[byte], sought.run_bounds[byte + 1]):
        begin, stop, owner = sought.runs[i, 0], sought.runs[i, 1], sought.runs[i, 2]
        bounds = sought.bounds[owner], sought.bounds[owner + 1]
        for at, place in ((low, begin), (high - 1, stop - 1)):
            left, right = _around(data, start, end, at, sought.text, bounds[0], bounds[1], place)
            steps += 1 + ((right - left) >> COMPARED)
            if right - left >= least:
                reach[left] = max(reach[left], right - left)
        if least <= size < stop - begin:
            steps += (stop - begin) >> COMPARED
            for place in range(begin + 1, stop - size):
                reach[place] = max(reach[place], size)
    return steps


@compiled
def _around(data: Any, start: Any, end: Any, at: Any, text: Any, low: Any, high: Any, place: Any) -> Any:
    """From where to where in the text of the needles the same bytes stand as in the document around `at`."""
    left, right = place, place
    while right < high and at + right - place < end and text[right] == data[at + right - place]:
        right += 1
    while left > low and at + left - place > start and text[left - 1] == data[at + left - place - 1]:
        left -= 1
    return left, right


@compiled
def _holders(data: Any, offsets: Any, sought: Any, leaving: Any, last_document: Any) -> Any:
    found, count, cut_short, gram = np.empty((FEW, 3), np.int64), 0, 0, sought.gram
    blocks, shift = sought.table.blocks, sought.table.block_shift
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        if end - start < gram:
            continue
        work, state = LEAST_WORK + WORK * (end - start), _hash(data, start, gram)
        for at in range(start, end - gram + 1):
            if at > start:
                state = state * BASE + (CODES[data[at + gram - 1]] - leaving[data[at - 1]])
            if not may_hold(blocks, shift, state):
                continue
            first, last = rows_of(sought.table, state)
            for row in range(first, last):
                owner, work = sought.owners[row], work - 1
                low = sought.bounds[owner]
                begin, size, same = at - (sought.places[row] - low), sought.bounds[owner + 1] - low, 0
                if last_document[owner] == i or begin < start or begin + size > end:
                    continue
                while same < size and sought.text[low + same] == data[begin + same]:
                    same += 1
                work -= same >> COMPARED
                if same == size:
                    last_document[owner] = i
                    if count == len(found):
                        more = np.empty((2 * count, 3), np.int64)
                        more[:count] = found
                        found = more
                    found[count, 0], found[count, 1], found[count, 2] = owner, i, begin - start
                    count += 1
            if work < 0:
                cut_short += 1
                break
    return found[:count].copy(), cut_short
