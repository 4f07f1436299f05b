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
    find_firsts,
    joined_key,
)

STEP = 8  # bytes
ONE, EIGHT, STEP_BITS = np.uint64(1), np.uint64(8), np.uint64(3)
STEPS = 6  # of the longest prefix that is looked at; a longer n-gram is hashed from there to its end
TRIES_PER_KEY = 4  # to find its slot, on average, at most
SLACK, LAST_STEP = STEP * (STEPS + 1), np.uint64(STEPS)


class Joined(NamedTuple):
    """The words of one document without what is between them; used again for each: 65 bytes per word beside it."""

    text: NDArray[np.uint8]
    starts: NDArray[np.int32]  # where each word begins, and the last one ends
    reaches: NDArray[np.uint8]  # steps from each word on that may begin another word's text, too
    chains: NDArray[np.uint64]  # (STEPS + 1, words): the key of as many steps, where one step less may
    candidates: NDArray[np.int32]  # words that may begin an n-gram that occurs again


def joined_room(words: int, size: int) -> Joined:
    """Room for texts of so many words and bytes."""
    starts, candidates = np.empty((2, words + 1), np.int32)
    chains = np.empty((STEPS + 1, words + 1), np.uint64)
    return Joined(np.empty(size + SLACK, np.uint8), starts, np.empty(words + 1, np.uint8), chains, candidates)


@compiled
def find_joined(data: Any, starts: Any, ends: Any, sums: Any, joined: Any, room: Any, row: Any) -> Any:
    """Write the characters of repeated n-grams of 5 to LONGEST words to row[n - 2]; on a hit, n words are skipped."""
    words = len(starts)
    _join(data, starts, ends, joined)
    _reach(words, joined, room)
    size = max(words - LONGEST_TOP, 0)
    for i in range(size):
        joined.candidates[i] = i
    for n in range(LONGEST_TOP + 1, LONGEST + 1):
        size = _narrow(words, n, size, joined)
        characters = _scan(n, size, sums, joined, room)
        row[n - 2] = characters if characters >= 0 else _scan_all(n, size, sums, joined, room)


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
    for i in range(size):
        room.positions[i], room.keys[i], joined.reaches[i], joined.chains[0, i] = i, 0, 0, 0
    for step in range(1, STEPS + 1):
        by = clear_counters(size, room)
        _count_prefixes(step, size, by, joined, room)
        size = _keep_reaching(size, by, joined, room)


@compiled
def _count_prefixes(step: Any, size: Any, by: Any, joined: Any, room: Any) -> Any:
    counters, keys, positions, text, starts = room.counters, room.keys, room.positions, joined.text, joined.starts
    chains, offset = joined.chains[step], STEP * (step - 1)
    for k in range(size):
        at = positions[k]
        key = joined_key(keys[k], load64(text, np.uint64(starts[at] + offset)))
        keys[k] = key
        chains[at] = key
        counters[key >> by] += counters[key >> by] < MOST


@compiled
def _keep_reaching(size: Any, by: Any, joined: Any, room: Any) -> Any:
    """Keep the prefixes that may occur again."""
    counters, keys, positions, reaches, kept = room.counters, room.keys, room.positions, joined.reaches, 0
    for k in range(size):
        key, at = keys[k], np.int64(positions[k])
        is_shared = counters[key >> by] > 1
        reaches[at] += is_shared
        keys[kept], positions[kept] = key, at
        kept += is_shared
    return kept


@compiled
def _narrow(words: Any, n: Any, size: Any, joined: Any) -> Any:
    """Keep the candidates whose n-gram has a prefix that may occur again."""
    starts, reaches, candidates, kept = joined.starts, joined.reaches, joined.candidates, 0
    for k in range(size):
        at = np.int64(candidates[k])
        candidates[kept] = at
        steps = (starts[min(at + n, words)] - starts[at]) // STEP
        kept += (reaches[at] >= min(steps, STEPS)) & (at + n <= words)
    return kept


@compiled
def _key(n: Any, at: Any, joined: Any) -> Any:
    """The key of a candidate's n-gram."""
    text, start, end = joined.text, np.uint64(joined.starts[at]), np.uint64(joined.starts[at + n])
    step = min((end - start) >> STEP_BITS, LAST_STEP)
    chain, place = joined.chains[step, at] + end - start, start + (step << STEP_BITS)
    while place + EIGHT <= end:
        chain = joined_key(chain, load64(text, place))
        place += EIGHT
    return joined_key(chain, load64(text, place) & ((ONE << ((end - place) << STEP_BITS)) - ONE))


@compiled
def _scan(n: Any, size: Any, sums: Any, joined: Any, room: Any) -> Any:
    """The characters of the n-grams that were met before; the words of one are not looked at again.

    -1 if more slots are tried than there would be of keys that were not made to share them.
    """
    candidates, slots, keys, by = joined.candidates, room.slots, room.keys, clear_slots(size, room)
    last_slot, tries = (ONE << (np.uint64(64) - by)) - ONE, TRIES_PER_KEY * (size + STEP)
    characters, following = 0, 0
    for k in range(size):
        at = np.int64(candidates[k])
        if at < following:
            continue
        key = _key(n, at, joined)
        slot = key >> by
        first = np.int64(slots[slot])
        while first > 0 and keys[first - 1] != key and tries > 0:
            slot = (slot + ONE) & last_slot
            first, tries = np.int64(slots[slot]), tries - 1
        if tries <= 0:
            return -1
        if first > 0:
            characters, following = characters + sums[at + n] - sums[at], at + n
        else:
            slots[slot], keys[k] = k + 1, key
    return characters


@compiled
def _scan_all(n: Any, size: Any, sums: Any, joined: Any, room: Any) -> Any:
    """The same in rounds that no choice of keys makes long."""
    candidates, chosen, firsts, is_met = joined.candidates, room.chosen, room.firsts, room.pending
    for k in range(size):
        chosen[k], room.keys[k] = k, _key(n, np.int64(candidates[k]), joined)
    find_firsts(size, room)
    for k in range(size):
        is_met[k] = 0
    characters, following = 0, 0
    for k in range(size):
        at, first = np.int64(candidates[k]), firsts[k]
        is_read = at >= following
        is_hit = is_read & is_met[first]
        characters += (sums[at + n] - sums[at]) * is_hit
        following = max(following, (at + n) * is_hit)
        is_met[first] |= is_read
    return characters
