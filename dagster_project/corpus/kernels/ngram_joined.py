"""The n-grams that occur again when words are joined by nothing, scanned as datatrove scans them.

Joined by nothing, "a bc" is "ab c", so that n-grams can be equal whose words are not. What is compared is the text
without spaces: a prefix of 16, 24, 32, ... bytes that begins no other word's text begins no repeated n-gram either.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import P3, load64, store64
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.ngram_room import (
    MOST,
    clear_counters,
    clear_slots,
    find_firsts,
    joined_key,
    pointed,
)
from dagster_project.corpus.kernels.ngrams import LONGEST, LONGEST_TOP
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.vectors import ALL, NONE, ONE, WIDTH, byte_is, zeros_below

STEP = 8  # bytes
EIGHT, SIXTEEN, STEP_BITS = np.uint64(8), np.uint64(16), 3
FIRST_STEPS, STEPS = 2, 6  # of the shortest and of the longest prefix that is looked at
TRIES_PER_KEY = 4  # to find its slot, on average, at most
SLACK = STEP * (STEPS + 1)


class Joined(NamedTuple):
    """The words of one document without what is between them; used again for each: 6 bytes per word beside it."""

    text: NDArray[np.uint8]
    starts: NDArray[np.int32]  # where each word begins, and the last one ends
    reaches: NDArray[np.uint8]  # steps from each word on that may begin another word's text, too; one is not looked at
    flags: NDArray[np.uint8]  # 1 for words that may begin an n-gram that occurs again; WIDTH bytes more


def joined_room(words: int, size: int) -> Joined:
    """Room for texts of so many words and bytes."""
    text, starts = np.empty(size + SLACK, np.uint8), np.empty(words + 1, np.int32)
    return Joined(text, starts, np.empty(words + 1, np.uint8), np.empty(words + WIDTH, np.uint8))


@compiled
def find_joined(data: Any, starts: Any, ends: Any, sums: Any, joined: Any, room: Any, row: Any) -> Any:
    """Write the characters of repeated n-grams of 5 to LONGEST words to row[n - 2]; on a hit, n words are skipped."""
    _find_joined(data, starts, ends, pointer(sums), _pointed(joined), pointed(room), row)


@inlined
def _pointed(joined: Any) -> Any:
    """The same words as pointers."""
    return Joined(pointer(joined.text), pointer(joined.starts), pointer(joined.reaches), pointer(joined.flags))


@compiled
def _find_joined(data: Any, starts: Any, ends: Any, sums: Any, joined: Any, room: Any, row: Any) -> Any:
    """The same with a room of pointers."""
    words = len(starts)
    _join(pointer(data), len(data), pointer(starts), pointer(ends), words, joined)
    _reach(words, joined, room)
    for n in range(LONGEST_TOP + 1, LONGEST + 1):
        flagged = _flag(words, n, joined)
        characters = _scan(words, n, flagged, sums, joined, room)
        row[n - 2] = characters if characters >= 0 else _scan_all(words, n, sums, joined, room)


@compiled
def _join(data: Any, limit: Any, starts: Any, ends: Any, words: Any, joined: Any) -> Any:
    text, places, out, last = joined.text, joined.starts, 0, limit - 2 * STEP
    for i in range(words):
        at, end = starts[i], ends[i]
        places[i] = out
        if at <= last and end - at <= 2 * STEP:
            place, source = np.uint64(out), np.uint64(at)
            first, second = load64(data, source), load64(data, source + EIGHT)
            store64(text, place, first)
            store64(text, place + EIGHT, second)
        else:
            for step in range(end - at):
                text[out + step] = data[at + step]
        out += end - at
    places[words] = out


@compiled
def _reach(words: Any, joined: Any, room: Any) -> Any:
    size = max(words - LONGEST_TOP, 0)
    by = clear_counters(size, room)
    _count_first_prefixes(size, by, joined, room)
    size = _keep_first(size, by, joined, room)
    for step in range(FIRST_STEPS, STEPS):
        by = clear_counters(size, room)
        _count_prefixes(step, size, by, joined, room)
        size = _keep_reaching(size, by, joined, room)


@compiled
def _count_first_prefixes(size: Any, by: Any, joined: Any, room: Any) -> Any:
    counters, keys, text, starts = room.counters, room.keys, joined.text, joined.starts
    for i in range(size):
        at = np.uint64(starts[i])
        key = joined_key(load64(text, at) * P3, load64(text, at + EIGHT))
        keys[i] = key
        counters[key >> by] += counters[key >> by] < MOST


@compiled
def _keep_first(size: Any, by: Any, joined: Any, room: Any) -> Any:
    """Keep the first prefixes that may occur again, and where they are."""
    counters, keys, positions, reaches, kept = room.counters, room.keys, room.positions, joined.reaches, 0
    for i in range(size):
        key = keys[i]
        is_shared = counters[key >> by] > 1
        reaches[i] = FIRST_STEPS - 1 + is_shared
        keys[kept], positions[kept] = key, i
        kept += is_shared
    return kept


@compiled
def _count_prefixes(step: Any, size: Any, by: Any, joined: Any, room: Any) -> Any:
    """Prefixes with the bytes of the next step."""
    counters, keys, text, offset = room.counters, room.keys, joined.text, np.uint64(STEP * step)
    for k in range(size):
        key = joined_key(keys[k], load64(text, np.uint64(joined.starts[room.positions[k]]) + offset))
        keys[k] = key
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
def _flag(words: Any, n: Any, joined: Any) -> Any:
    """Flag the words whose n-gram has a prefix that may occur again; returns how many."""
    starts, reaches, flags, size, flagged = joined.starts, joined.reaches, joined.flags, max(words - n + 1, 0), 0
    for i in range(size):
        flags[i] = reaches[i] >= min((starts[i + n] - starts[i]) >> STEP_BITS, STEPS)
        flagged += flags[i]
    for i in range(size, words + WIDTH):
        flags[i] = 0
    return flagged


@compiled
def _key(n: Any, at: Any, joined: Any) -> Any:
    """The key of a candidate's n-gram: of its size and of all its bytes, some of them twice."""
    text, start, end = joined.text, np.uint64(joined.starts[at]), np.uint64(joined.starts[at + n])
    size, last = end - start, end - EIGHT
    if size < EIGHT:
        return joined_key(size, load64(text, start) & ((ONE << (size * EIGHT)) - ONE))
    key = joined_key(size * P3 + load64(text, start), load64(text, min(start + EIGHT, last)))
    key, place = joined_key(key, load64(text, last)), start + SIXTEEN
    while place < last:
        key = joined_key(key, load64(text, place))
        place += EIGHT
    return key


@compiled
def _scan(words: Any, n: Any, flagged: Any, sums: Any, joined: Any, room: Any) -> Any:
    """The characters of the n-grams that were met before; the words of one are not looked at again.

    -1 if more slots are tried than there would be of keys that were not made to share them.
    """
    by, tries = clear_slots(flagged, room), TRIES_PER_KEY * (flagged + STEP)
    characters, start = 0, 0
    while start < words:
        bits, end = byte_is(joined.flags, start, 1), start + WIDTH
        while bits:
            at = start + zeros_below(bits)
            is_met, tries = _meet(at, _key(n, at, joined), by, tries, room)
            if tries <= 0:
                return -1
            bits &= bits - ONE
            if is_met:
                characters += sums[at + n] - sums[at]
                end = max(end, at + n)
                bits &= ALL << np.uint64(at + n - start) if at + n < start + WIDTH else NONE
        start = end
    return characters


@inlined
def _meet(at: Any, key: Any, by: Any, tries: Any, room: Any) -> Any:
    """Look a key up, and put it down where it is not met; returns also how many tries are left."""
    slots, keys, slot, last_slot = room.slots, room.keys, key >> by, (ONE << (np.uint64(64) - by)) - ONE
    first = np.int64(slots[slot])
    while first > 0 and keys[first - 1] != key and tries > 0:
        slot = (slot + ONE) & last_slot
        first, tries = np.int64(slots[slot]), tries - 1
    if first == 0:
        slots[slot], keys[at] = at + 1, key
    return first > 0, tries


@compiled
def _scan_all(words: Any, n: Any, sums: Any, joined: Any, room: Any) -> Any:
    """The same in rounds that no choice of keys makes long."""
    chosen, firsts, is_met, size = room.chosen, room.firsts, room.counts, 0
    for i in range(max(words - n + 1, 0)):
        chosen[size], is_met[i] = i, 0
        if joined.flags[i]:
            room.keys[i] = _key(n, i, joined)
            size += 1
    find_firsts(size, room)
    characters, following = 0, 0
    for k in range(size):
        at = np.int64(chosen[k])
        is_read = at >= following
        is_hit = is_read & is_met[firsts[at]]
        characters += (sums[at + n] - sums[at]) * is_hit
        following = max(following, (at + n) * is_hit)
        is_met[firsts[at]] |= is_read
    return characters
