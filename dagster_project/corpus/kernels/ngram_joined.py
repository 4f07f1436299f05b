"""The n-grams that occur again when words are joined by nothing, scanned as datatrove scans them.

Joined by nothing, "a bc" is "ab c", so that n-grams can be equal whose words are not. What is compared is the text
without spaces: a prefix of 8, 16, 24, ... bytes that begins no other word's text begins no repeated n-gram either.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import load64, store64
from dagster_project.corpus.kernels.ngrams import (
    LONGEST,
    LONGEST_TOP,
    MOST,
    clear_counters,
    clear_slots,
    joined_key,
)

STEP = 8
FARTHEST = 48  # bytes of the longest prefix that is looked at; a longer n-gram is hashed whole
SLACK = FARTHEST + STEP


class Joined(NamedTuple):
    """The words of one document without what is between them; for so many words and bytes."""

    text: NDArray[np.uint8]
    starts: NDArray[np.int32]  # where each word begins, and the last one ends
    reaches: NDArray[np.uint8]  # bytes from each word on that may begin another word's text, too; a multiple of STEP
    candidates: NDArray[np.int32]  # words that may begin an n-gram that occurs again
    chains: NDArray[np.uint64]  # the key of as many bytes of each
    done: NDArray[np.uint8]


@compiled
def joined_room(words: Any, size: Any) -> Any:
    starts, candidates = np.empty((2, words + 1), np.int32)
    chains = np.empty(words + 1, np.uint64)
    done, reaches = np.empty((2, words + 1), np.uint8)
    return Joined(np.empty(size + SLACK, np.uint8), starts, reaches, candidates, chains, done)


@compiled
def find_joined(data: Any, starts: Any, ends: Any, sums: Any, rooms: Any, row: Any) -> Any:
    """Write the characters of repeated n-grams of 5 to LONGEST words to row[n - 2]; on a hit, n words are skipped."""
    joined, room = rooms
    words = len(starts)
    _join(data, starts, ends, joined)
    _reach(words, joined, room)
    size = _candidates(words, joined)
    for n in range(LONGEST_TOP + 1, LONGEST + 1):
        by = clear_counters(size, room)
        size = _narrow(words, n, size, by, joined, room)
        row[n - 2] = _scan(n, size, by, sums, joined, room)


@compiled
def _join(data: Any, starts: Any, ends: Any, joined: Any) -> Any:
    text, places, out, last = joined.text, joined.starts, 0, len(data) - STEP
    for i in range(len(starts)):
        at, end = starts[i], ends[i]
        places[i] = out
        if end <= last:
            store64(text, np.uint64(out), load64(data, np.uint64(at)))
            for step in range(STEP, end - at, STEP):
                store64(text, np.uint64(out + step), load64(data, np.uint64(at + step)))
        else:
            for step in range(end - at):
                text[out + step] = data[at + step]
        out += end - at
    places[len(starts)] = out


@compiled
def _reach(words: Any, joined: Any, room: Any) -> Any:
    size = max(words - LONGEST_TOP, 0)
    joined.reaches[:size] = 0
    for i in range(size):
        room.positions[i] = i
        room.keys[i] = 0
    for reach in range(STEP, FARTHEST + 1, STEP):
        by = clear_counters(size, room)
        _count_prefixes(reach - STEP, size, by, joined, room)
        size = _keep_reaching(words, reach, size, by, joined, room)


@compiled
def _count_prefixes(offset: Any, size: Any, by: Any, joined: Any, room: Any) -> Any:
    counters, keys, positions, text, starts = room.counters, room.keys, room.positions, joined.text, joined.starts
    for k in range(size):
        key = joined_key(keys[k], load64(text, np.uint64(starts[positions[k]] + offset)))
        keys[k] = key
        counters[key >> by] += counters[key >> by] < MOST


@compiled
def _keep_reaching(words: Any, reach: Any, size: Any, by: Any, joined: Any, room: Any) -> Any:
    """Note the prefixes that may occur again, and keep those where an n-gram is as long as the next prefix."""
    counters, keys, positions, reaches, starts = (
        room.counters, room.keys, room.positions, joined.reaches, joined.starts
    )
    kept = 0
    for k in range(size):
        key, at = keys[k], positions[k]
        is_shared = counters[key >> by] > 1
        reaches[at] += STEP * is_shared
        keys[kept], positions[kept] = key, at
        kept += is_shared & (starts[min(at + LONGEST, words)] - starts[at] >= reach + STEP)
    return kept


@compiled
def _candidates(words: Any, joined: Any) -> Any:
    n, size, starts, reaches = LONGEST_TOP + 1, 0, joined.starts, joined.reaches
    for i in range(words - n + 1):
        joined.candidates[size], joined.chains[size], joined.done[size] = i, 0, 0
        size += reaches[i] >= min((starts[i + n] - starts[i]) & ~(STEP - 1), FARTHEST)
    return size


@compiled
def _narrow(words: Any, n: Any, size: Any, by: Any, joined: Any, room: Any) -> Any:
    """Keep the candidates whose n-gram has a prefix that may occur again; its key goes to the room, and is counted."""
    text, starts, reaches, candidates = joined.text, joined.starts, joined.reaches, joined.candidates
    chains, dones, counters, kept = joined.chains, joined.done, room.counters, 0
    for k in range(size):
        i = np.int64(candidates[k])
        if i > words - n:
            break
        start = starts[i]
        length = starts[i + n] - start
        if reaches[i] < min(length & ~(STEP - 1), FARTHEST):
            continue
        chain, done = chains[k], np.int64(dones[k])
        whole = min(length & ~(STEP - 1), FARTHEST)
        while done < whole:
            chain = joined_key(chain, load64(text, np.uint64(start + done)))
            done += STEP
        candidates[kept], chains[kept], dones[kept] = i, chain, done
        key = _finish(text, start + done, start + length, chain + np.uint64(length))
        room.keys[kept] = key
        counters[key >> by] += counters[key >> by] < MOST
        kept += 1
    return kept


@compiled
def _finish(text: Any, at: Any, end: Any, chain: Any) -> Any:
    """The key of what a chain began."""
    while at + STEP <= end:
        chain = joined_key(chain, load64(text, np.uint64(at)))
        at += STEP
    rest = load64(text, np.uint64(at)) & ((np.uint64(1) << np.uint64(STEP * (end - at))) - np.uint64(1))
    return joined_key(chain, rest)


@compiled
def _scan(n: Any, size: Any, by: Any, sums: Any, joined: Any, room: Any) -> Any:
    """The characters of the n-grams that occurred before, where those after a hit begin after its last word."""
    slots, keys, counters, candidates, chosen = room.slots, room.keys, room.counters, joined.candidates, room.chosen
    repeated = 0
    for k in range(size):
        chosen[repeated] = k
        repeated += counters[keys[k] >> by] > 1
    last, shift = clear_slots(repeated, room)
    characters, following = 0, 0
    for number in range(repeated):
        k = np.int64(chosen[number])
        i = np.int64(candidates[k])
        if i < following:
            continue
        key = keys[k]
        at = key >> shift
        while slots[at] and keys[slots[at] - 1] != key:
            at = (at + np.uint64(1)) & last
        if slots[at]:
            characters += sums[i + n] - sums[i]
            following = i + n
        else:
            slots[at] = k + 1
    return characters
