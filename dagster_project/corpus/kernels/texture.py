"""What a text is made of: how different its words and characters are, how well it packs, in which scripts it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.compression import SLOT_BITS, compressed_size
from dagster_project.corpus.kernels.duplicates import SECRET, bits_for
from dagster_project.corpus.kernels.entropy import entropy, log2
from dagster_project.corpus.kernels.scripts import NO_LETTER, SCRIPTS, script_of, scripts
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode
from dagster_project.corpus.kernels.words import ALPHABETIC, Words

Column = NDArray[np.int64]
COLUMNS = (
    *("unique_words", "word_entropy", "character_entropy", "compressed_bytes", "syllables"),
    *(f"{script}_letters" for script in SCRIPTS),
)
UNIQUE_WORDS, WORD_ENTROPY, CHARACTER_ENTROPY, COMPRESSED_BYTES, SYLLABLES, FIRST_SCRIPT = range(6)
CODE_POINTS, SMALL, LETTER_E = 0x110000, 0x20, ord("e")
VOWELS = np.array([chr(byte).lower() in "aeiouy" for byte in range(128)] + [False] * 128)


class Room(NamedTuple):
    """Where one text is worked on; all zero between texts but for `places`."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.int64]
    characters: NDArray[np.int32]  # how often each code point occurs
    places: NDArray[np.int64]


def measure_texture(data: Bytes, offsets: Offsets, words: Words) -> dict[str, Column]:
    """int64[n] by name: the distinct words; the entropies of words and of characters in thousandths of a bit; the bytes
    of an LZ4 block; the syllables of the words with a letter; and letters (str.isalpha) by script."""
    table = np.zeros((len(offsets) - 1, len(COLUMNS)), np.int64)
    slots = 1 << int(bits_for(int(np.diff(words.firsts).max(initial=0))))
    room = Room(
        np.zeros(slots, np.uint64),
        np.zeros(slots, np.int64),
        np.zeros(CODE_POINTS, np.int32),
        np.full(1 << SLOT_BITS, -1, np.int64),
    )
    _measure(data, offsets, words, table, room, scripts(), SECRET)
    return dict(zip(COLUMNS, np.ascontiguousarray(table.T), strict=True))


@compiled
def _measure(data: Any, offsets: Any, words: Any, table: Any, room: Any, scripts: Any, secret: Any) -> Any:
    for i in range(len(offsets) - 1):
        start, end, row = offsets[i], offsets[i + 1], table[i]
        first, last = words.firsts[i], words.firsts[i + 1]
        bits = bits_for(last - first)
        row[UNIQUE_WORDS], row[WORD_ENTROPY] = _count_words(
            words.hashes[first:last], room.keys[: 1 << bits], room.counts[: 1 << bits], bits, secret
        )
        _count_characters(data, start, end, row, room.characters, scripts)
        row[COMPRESSED_BYTES] = compressed_size(data, start, end, room.places)
        for j in range(first, last):
            if words.flags[j] & ALPHABETIC:
                row[SYLLABLES] += count_syllables(data[words.starts[j] : words.ends[j]])


@bare
def _count_words(hashes: Any, keys: Any, counts: Any, bits: Any, secret: Any) -> Any:
    """How many different ones, and their entropy. An open-addressing table, as in `duplicates`."""
    unique, weighted, mask = 0, np.int64(0), np.int64(len(keys) - 1)
    for i in range(len(hashes)):
        slot: Any = np.int64((hashes[i] ^ secret) * secret >> np.uint64(64 - bits))
        while counts[slot] and keys[slot] != hashes[i]:
            slot = slot + 1 & mask
        unique += counts[slot] == 0
        keys[slot] = hashes[i]
        counts[slot] += 1
    for i in range(len(keys)):
        if counts[i] > 1:
            weighted += counts[i] * log2(counts[i])
        counts[i] = 0
    return unique, entropy(weighted, len(hashes))


@bare
def _count_characters(data: Any, start: Any, end: Any, row: Any, counts: Any, scripts: Any) -> Any:
    """Write the entropy of the characters, and the letters of each script."""
    total, at = 0, start
    while at < end:
        code, at = decode(data, at, end)
        counts[code] += 1
        total += 1
    weighted = np.int64(0)
    for code in range(128):
        weighted += _take(counts, code, row, scripts)
    at = start
    while at < end:
        code, at = decode(data, at, end)
        if code >= 128 and counts[code]:
            weighted += _take(counts, code, row, scripts)
    row[CHARACTER_ENTROPY] = entropy(weighted, total)


@bare
def _take(counts: Any, code: Any, row: Any, scripts: Any) -> Any:
    """Add a character's occurrences to its script, and forget them; returns what they weigh in the entropy."""
    count = np.int64(counts[code])
    if not count:
        return np.int64(0)
    counts[code] = 0
    script = script_of(scripts, code)
    if script != NO_LETTER:
        row[FIRST_SCRIPT + script - 1] += count
    return count * log2(count)


@bare
def count_syllables(word: Any) -> Any:
    """Syllables of an English word: runs of a e i o u y, but for a last e on its own; at least one."""
    runs, is_vowel = 0, False
    for i in range(len(word)):
        runs += VOWELS[word[i]] and not is_vowel
        is_vowel = VOWELS[word[i]]
    is_mute = len(word) > 1 and word[-1] | SMALL == LETTER_E and not VOWELS[word[-2]]
    return max(1, runs - is_mute)
