"""What the word splitter knows of characters and of words: packaged tables made by `word_source.py`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.word_hashes import hash_word

SPACE, LETTER, UPPERCASE, LOWERCASE, TITLECASE, DECIMAL = (1 << bit for bit in range(6))
NO_PUNCTUATION, PUNCTUATION_MARK, SENTENCE_MARK = 1 << 6, 1 << 7, 1 << 8
PREFIX, SUFFIX, INFIX, CURRENCY = 1 << 9, 1 << 10, 1 << 11, 1 << 12  # what spaCy cuts off; CURRENCY only after a digit
ALPHA, ALPHA_LOWER, ALPHA_UPPER, QUOTE, BEFORE_PERIOD = 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17  # spaCy's classes
WORD, HOST = 1 << 18, 1 << 19  # \w, and what a label of a host name may begin with
EXTENDS, CONNECTED, NUMBER = 1 << 20, 1 << 21, 1 << 22  # marks and format; letters, numbers and connectors; numbers
GROUP_SHIFT, GROUP = 23, 7
UNSPACED = GROUP << GROUP_SHIFT  # belongs to a script without spaces
PAGE, PAGE_SHIFT, PAGE_MASK = 128, 7, 127

SLOTS, SLOT_SHIFT = 4096, np.uint64(52)
HINT_SHIFT = np.uint64(50)
MAY_BE_CASE, MAY_BEGIN_PATTERN = np.uint8(1), np.uint8(2)
LONGEST_CASE, LONGEST_UNIT, LONGEST_PATTERN = 29, 12, 11  # bytes, bytes, tokens
CASE, UNIT, SECOND_CUT_SHIFT, CUT = 1 << 24, 1 << 25, 8, 0xFF
NODE, WHOLE, CHANGES = 0xFFFF, 1 << 16, 1 << 17
GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Slots = NDArray[np.uint64]


class WordTables(NamedTuple):
    """Properties of characters as a two-stage table, and three hash tables of words."""

    pages: NDArray[np.uint16]
    properties: NDArray[np.uint32]
    cases: Slots  # hash of a word -> CASE with the bytes before its second and third token, UNIT
    patterns: Slots  # node and hash of a token -> next node, WHOLE if a special case ends there, CHANGES if it differs
    hints: NDArray[np.uint8]  # 2^14 of them, by the high bits of a hash: what a look-up may find


@cache
def word_tables() -> WordTables:
    """The tables, read once per process."""
    stored = _stored()
    words, tokens, patterns, units = (_texts(stored, name) for name in ("words", "tokens", "patterns", "units"))
    hints = np.zeros(1 << 14, np.uint8)
    cases = _case_table(words, tokens, units, hints)
    return WordTables(
        stored["pages"], stored["properties"], cases, _pattern_table(tokens, patterns, hints), hints
    )


def word_versions() -> tuple[str, str]:
    """The Unicode version of the tables, and the spaCy version of the rules."""
    unicode, spacy = _stored()["versions"].tolist()
    return unicode, spacy


@cache
def _stored() -> dict[str, Any]:
    with files(__package__).joinpath("words.npz").open("rb") as file, np.load(file) as stored:
        return dict(stored)


def _texts(stored: dict[str, Any], name: str) -> list[bytes]:
    offsets, data = stored[f"{name}_offsets"].tolist(), stored[name].tobytes()
    return [data[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]


def _hash(text: bytes) -> Any:
    return np.uint64(hash_word(np.frombuffer(text, np.uint8), 0, len(text)))


def _case_table(words: list[bytes], tokens: list[bytes], units: list[bytes], hints: NDArray[np.uint8]) -> Slots:
    found = dict.fromkeys(units, UNIT)
    for word, joined in zip(words, tokens, strict=True):
        sizes = [len(token) for token in joined.split(b" ")]
        cuts = [*np.cumsum(sizes)[:-1].tolist(), 0, 0]
        found[word] = found.get(word, 0) | CASE | cuts[0] | cuts[1] << SECOND_CUT_SHIFT
    slots = np.zeros(2 * SLOTS, np.uint64)
    for word, value in found.items():
        _put(slots, _hash(word), value)
        hints[int(_hash(word) >> HINT_SHIFT)] |= MAY_BE_CASE if value & CASE else 0
    return slots


def _pattern_table(tokens: list[bytes], patterns: list[bytes], hints: NDArray[np.uint8]) -> Slots:
    """A trie of the token sequences: each edge is a slot; node 0 is the root."""
    edges: dict[tuple[int, bytes], list[int]] = {}
    for case, pattern in zip(tokens, patterns, strict=True):
        node, edge = 0, [0, 0]
        for token in pattern.split():
            edge = edges.setdefault((node, token), [len(edges) + 1, 0])
            node = edge[0]
        edge[1] |= WHOLE | CHANGES * (case != pattern)
        if pattern and case != pattern:
            hints[int(_hash(pattern.split()[0]) >> HINT_SHIFT)] |= MAY_BEGIN_PATTERN
    slots = np.zeros(2 * SLOTS, np.uint64)
    for (node, token), (following, flags) in edges.items():
        _put(slots, edge_key(np.uint64(node), _hash(token)), following | flags)
    return slots


def _put(slots: Slots, key: Any, value: int) -> None:
    at = int(key >> SLOT_SHIFT)
    while slots[2 * at + 1]:
        at = (at + 1) % SLOTS
    slots[2 * at], slots[2 * at + 1] = key, value


@compiled
def edge_key(node: Any, word_hash: Any) -> Any:
    """The key of the edge from a node by a token."""
    return (word_hash ^ node) * GOLDEN


@compiled
def look_up(slots: Any, key: Any) -> Any:
    """The value of a key, 0 if there is none. Sixty-four equal bits are taken for equality."""
    at = np.int64(key >> SLOT_SHIFT)
    while slots[2 * at + 1]:
        if slots[2 * at] == key:
            return np.int64(slots[2 * at + 1])
        at = (at + 1) % SLOTS
    return np.int64(0)


@compiled
def case_of(data: Any, start: Any, end: Any, tables: Any) -> Any:
    """CASE and the cuts of a word that is a special case, else 0."""
    if end - start > LONGEST_CASE:
        return np.int64(0)
    key = hash_word(data, start, end)
    if not tables.hints[np.int64(key >> HINT_SHIFT)] & MAY_BE_CASE:
        return np.int64(0)
    value = look_up(tables.cases, key)
    return value if value & CASE else np.int64(0)


@compiled
def word_bits(tables: Any, code: Any) -> Any:
    """The property bits of a code point."""
    return np.int64(tables.properties[np.int64(tables.pages[code >> PAGE_SHIFT]) * PAGE + (code & PAGE_MASK)])
