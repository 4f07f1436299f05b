"""What a word is, for every rule that counts words.

In scripts with spaces a word is a token of spaCy's English tokenizer (3.8, MIT license), as datatrove 0.10.1 counts
them: whitespace stripped, empty ones dropped, punctuation marks are words. In this order:
1. A piece between two whitespaces that is one of spaCy's special cases is split as the case says: do n't, U.S., :-).
2. Prefixes and suffixes are cut from both ends, one at a time, until a special case or nothing more is found: brackets,
   quotes, punctuation, currencies and symbols; 's; units and currencies after a digit; a period after what may end a
   sentence.
3. What is left is one word if it is a URL, else it is cut at infixes: symbols, ellipses, and marks between two letters
   or digits (well-known, and/or, end.Begin, 1+2).
4. Special cases that were cut in step 2 or 3 are put together again.
A token that holds a character of a script without spaces is split once more, as `word_scripts.py` says: each ideograph
is a word, and so is each run of hiragana, of katakana, and of Thai, Lao, Khmer or Myanmar letters. Marks stay with
their base. Whitespace belongs to no word.

Known differences from datatrove: a text with "IS_ALPHA" or another name of spaCy's attributes breaks spaCy, and
datatrove deletes it; broken UTF-8 is read as U+FFFD; characters younger than the Unicode version of the tables are
unassigned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import EACH, bytes_before, load64, mask_before
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode
from dagster_project.corpus.kernels.word_hashes import absorb, scattered
from dagster_project.corpus.kernels.word_measures import (
    AFTER_BREAK,
    ALPHABETIC,
    CAPITALIZED,
    CONTENT,
    LETTERS_ALL_UPPER,
    NUMERIC,
    PUNCTUATION,
    SENTENCE_END,
    mark_measures,
    measure,
)
from dagster_project.corpus.kernels.word_merging import first_candidate, merge
from dagster_project.corpus.kernels.word_pieces import cut_piece, piece_end
from dagster_project.corpus.kernels.word_tables import WordTables, case_of, is_hinted, word_bits, word_tables

__all__ = [
    "AFTER_BREAK",
    "ALPHABETIC",
    "CAPITALIZED",
    "CONTENT",
    "LETTERS_ALL_UPPER",
    "NUMERIC",
    "PUNCTUATION",
    "SENTENCE_END",
    "WordTables",
    "Words",
    "split",
    "word_room",
    "word_tables",
    "words_of",
]
HIGH = EACH * np.uint64(0x80)
EIGHT = np.uint64(8)
SMALL = EACH * np.uint64(0x20)  # the bit that small letters have
LETTERS = np.uint8(CONTENT | ALPHABETIC)
UPPER_LETTERS = np.uint8(CONTENT | ALPHABETIC | LETTERS_ALL_UPPER)
NO_PLAIN, LETTERS_ONLY, LETTERS_AND_MARK = 0, 1, 2
SPACE, PERIOD = 32, 46


class Words(NamedTuple):
    """The words of some documents, one after the other."""

    starts: Offsets  # int64[words]: where in the data each begins
    ends: Offsets  # int64[words]
    firsts: Offsets  # int64[documents + 1]: the first word of each document
    characters: NDArray[np.int32]  # int32[words]: code points
    hashes: NDArray[np.uint64]  # uint64[words]: of the bytes alone
    flags: NDArray[np.uint8]  # uint8[words]: CONTENT, ALPHABETIC, ... of `word_measures.py`


class WordRoom(NamedTuple):
    """Where `split` writes; the arrays of Words, with room for as many words as the texts have bytes."""

    starts: Offsets
    ends: Offsets
    characters: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    flags: NDArray[np.uint8]


def words_of(data: Bytes, offsets: Offsets) -> Words:
    """Every word of every document."""
    room, firsts = _split_all(data, offsets, word_tables())
    starts, ends, characters, hashes, flags = (array[: firsts[-1]] for array in room)
    return Words(starts, ends, firsts, characters, hashes, flags)


@compiled
def word_room(size: Any) -> Any:
    """Room for the words of texts of `size` bytes together. Untouched pages cost no memory."""
    return WordRoom(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int32),
        np.empty(size, np.uint64),
        np.empty(size, np.uint8),
    )


@compiled
def _split_all(data: Any, offsets: Any, tables: Any) -> Any:
    room, firsts, count = word_room(offsets[-1] - offsets[0]), np.zeros_like(offsets), 0
    for i in range(len(offsets) - 1):
        count = split(data, offsets[i], offsets[i + 1], tables, room, count)
        firsts[i + 1] = count
    return room, firsts


@compiled
def split(data: Any, start: Any, end: Any, tables: Any, room: Any, count: Any) -> Any:
    """Write the words of the document data[start:end] to the room from `count` on; returns the count with them.

    Any other kernel may call it, with word_tables() handed in, for a text of its own; the room must have place for
    end - start words more.
    """
    places = WordRoom(
        pointer(room.starts), pointer(room.ends), pointer(room.characters), pointer(room.hashes), pointer(room.flags)
    )
    return _split(pointer(data), len(data), start, end, pointer(tables), places, count)


@compiled
def _split(data: Any, limit: Any, start: Any, end: Any, tables: Any, room: Any, count: Any) -> Any:
    """The same over pointers; `limit` is the size of the array that the document lies in."""
    first, candidate, before = count, -1, start
    at = skip_space(data, start, end, tables)
    while at < end:
        begin = count
        kind, stop, letters, whole, is_lower = _scan(data, at, end, limit)
        if kind:
            count = _write_plain(data, at, stop, kind, letters, whole, is_lower, tables, room, count)
        if count == begin:
            stop, bits = piece_end(data, at, end, tables)
            count = cut_piece(data, at, stop, bits, tables, room.starts, room.ends, count)
            found = _measure(data, begin, count, tables, room)
            candidate = found if candidate < 0 else candidate
        if at - before > 1 or (at > before and (begin == first or data[before] != SPACE)):
            room.flags[begin] |= np.uint8(AFTER_BREAK)
        before = stop
        at = skip_space(data, stop, end, tables)
    return merge(data, first, candidate, count, tables, room) if candidate >= 0 else count


@compiled
def _measure(data: Any, begin: Any, count: Any, tables: Any, room: Any) -> Any:
    """Measure the words of one piece; returns the first that may have to be merged with those after it, or -1."""
    hints = np.uint64(0)
    for i in range(begin, count):
        room.characters[i], room.hashes[i], room.flags[i] = measure(data, room.starts[i], room.ends[i], tables)
        hints |= is_hinted(tables, w.PATTERN_HINTS_AT, room.hashes[i])
    if hints and count - begin > 1:
        return first_candidate(begin, count, tables, room.starts, room.ends, room.hashes)
    return -1


@compiled
def _write_plain(
    data: Any,
    at: Any,
    stop: Any,
    kind: Any,
    letters: Any,
    whole: Any,
    is_lower: Any,
    tables: Any,
    room: Any,
    count: Any,
) -> Any:
    """Write a piece of ASCII letters, perhaps with one mark after them; nothing if it needs the rules."""
    last = stop - (kind == LETTERS_AND_MARK)
    if last < stop and not _is_suffix(data, at, last, whole, tables):
        return count
    key = scattered(letters, np.uint64(last - at))
    if is_hinted(tables, w.CASE_HINTS_AT, key) and last > at and case_of(data, at, last, tables):
        return count
    if last > at:
        room.starts[count], room.ends[count], room.characters[count], room.hashes[count] = at, last, last - at, key
        flags = LETTERS if is_lower else UPPER_LETTERS
        room.flags[count] = flags if data[at] & 32 else flags | np.uint8(CAPITALIZED)
        count += 1
    if last < stop:
        room.starts[count], room.ends[count], room.characters[count] = last, stop, 1
        room.hashes[count], room.flags[count] = mark_measures(tables, data[last])
        count += 1
    return count


@compiled
def _is_suffix(data: Any, at: Any, last: Any, whole: Any, tables: Any) -> Any:
    """Do the rules cut this mark, and nothing more, from the ASCII letters data[at:last]? A mark alone is a word."""
    if last == at:
        return True
    mark = np.int64(data[last])
    if is_hinted(tables, w.CASE_HINTS_AT, scattered(whole, np.uint64(last + 1 - at))):
        return False
    if mark == PERIOD:
        return data[last - 1] & 32 != 0 or (last - at > 1 and data[last - 2] & 32 == 0)
    return word_bits(tables, mark) & w.SUFFIX != 0


@compiled
def _scan(data: Any, at: Any, end: Any, limit: Any) -> Any:
    """Eight bytes at a time up to the next whitespace: are there only ASCII letters, and one ASCII mark after them?

    Returns the kind, the end, the hash states of the letters and of the whole, and is any letter a small one.
    """
    start, left, size, stops = np.uint64(at), np.uint64(end - at), np.uint64(0), np.uint64(0)
    state, lower, eight, odd = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    while stops == 0:
        if start + size + EIGHT > np.uint64(limit):
            return NO_PLAIN, at, state, state, False
        eight = load64(data, start + size)
        low = eight & ~HIGH
        stops = (~(low + EACH * np.uint64(0x80 - 0x21)) | eight) & HIGH
        if left - size < EIGHT:
            stops |= np.uint64(0x80) << EIGHT * (left - size)
        folded = low | SMALL
        letters = (folded + EACH * np.uint64(0x80 - 0x61)) & ~(folded + EACH * np.uint64(0x80 - 0x7B)) & HIGH
        odd = HIGH & ~letters
        if stops == 0:
            if odd:
                return NO_PLAIN, at, state, state, False
            state, lower, size = absorb(state, eight), lower | eight & SMALL, size + EIGHT
    inside = mask_before(stops)
    odd &= inside
    size += bytes_before(stops)
    stop = np.int64(start + size)
    if stop < end and not _is_space(data[stop]):
        return NO_PLAIN, at, state, state, False
    whole = absorb(state, eight & inside) if inside else state
    if not odd:
        return LETTERS_ONLY, stop, whole, whole, (lower | eight & inside & SMALL) != 0
    inside >>= EIGHT
    if odd & inside:
        return NO_PLAIN, at, state, state, False
    state = absorb(state, eight & inside) if inside else state
    return LETTERS_AND_MARK, stop, state, whole, (lower | eight & inside & SMALL) != 0


@compiled
def skip_space(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Past the whitespace that begins at `at`."""
    while at < end:
        if data[at] < 128:
            if not _is_space(data[at]):
                break
            at += 1
        else:
            code, after = decode(data, at, end)
            if not word_bits(tables, code) & w.SPACE:
                break
            at = after
    return at


@compiled
def _is_space(byte: Any) -> Any:
    """str.isspace of an ASCII byte."""
    return byte == SPACE or 9 <= byte <= 13 or 28 <= byte <= 31
