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

Known differences from datatrove: text with an ideograph, kana or a letter of South-East Asia, where spaCy keeps whole
runs; spaCy fails on some texts with "IS_ALPHA", and datatrove deletes that string from them. Bytes that are no UTF-8
are read as U+FFFD; characters younger than the Unicode version of the tables are unassigned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import word_tables as w
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode
from dagster_project.corpus.kernels.vectors import ONE, WIDTH, below, zeros_below
from dagster_project.corpus.kernels.word_ascii import write_ascii
from dagster_project.corpus.kernels.word_measures import (
    AFTER_BREAK,
    ALPHABETIC,
    CAPITALIZED,
    CONTENT,
    LETTERS_ALL_UPPER,
    NUMERIC,
    PUNCTUATION,
    SENTENCE_END,
    measure,
)
from dagster_project.corpus.kernels.word_merging import mark_candidates, merge
from dagster_project.corpus.kernels.word_pieces import cut_piece, piece_end
from dagster_project.corpus.kernels.word_tables import WordTables, is_hinted, word_bits, word_tables
from dagster_project.corpus.kernels.word_windows import after, no_window, window, within

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
SPACE = 32


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
    room, firsts = word_room(int(offsets[-1] - offsets[0])), np.zeros_like(offsets)
    _split_all(data, offsets, word_tables(), room, firsts)
    count = firsts[-1]
    starts, ends, characters = room.starts[:count], room.ends[:count], room.characters[:count]
    return Words(starts, ends, firsts, characters, room.hashes[:count], room.flags[:count])


def word_room(size: int) -> WordRoom:
    """Room for the words of texts of `size` bytes together. Untouched pages cost no memory."""
    return WordRoom(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.int32),
        np.empty(size, np.uint64),
        np.empty(size, np.uint8),
    )


@compiled
def _split_all(data: Any, offsets: Any, tables: Any, room: Any, firsts: Any) -> Any:
    count = 0
    for i in range(len(offsets) - 1):
        count = split(data, offsets[i], offsets[i + 1], tables, room, count)
        firsts[i + 1] = count


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
    first, candidate, before, at, view = count, -1, start, start, no_window()
    while at < end:
        if not view.stops:
            view = window(data, limit, at, end)
        if view.stops & ONE:
            gap = zeros_below(~view.stops)
            at, view = at + gap, after(view, gap)
            continue
        begin, stop = count, at + zeros_below(view.stops)
        if stop - at < WIDTH and not ~view.marks & below(stop - at):
            size = stop - at
            count, is_hopeful = write_ascii(data, at, size, within(view, size), tables, room, count)
            found = mark_candidates(begin, count, tables, room) if is_hopeful else -1
        else:
            stop = skip_space(data, at, end, tables)
            if stop > at:
                at, view = stop, no_window()
                continue
            stop, bits = piece_end(data, at, end, tables)
            count = cut_piece(data, at, stop, bits, tables, room.starts, room.ends, count)
            found = _measure(data, begin, count, tables, room)
        candidate = found if candidate < 0 else candidate
        if at - before > 1 or (at > before and (begin == first or data[before] != SPACE)):
            room.flags[begin] |= np.uint8(AFTER_BREAK)
        view, before, at = after(view, stop - at), stop, stop
    return merge(data, first, candidate, count, tables, room) if candidate >= 0 else count


@compiled
def _measure(data: Any, begin: Any, count: Any, tables: Any, room: Any) -> Any:
    """Measure the words of one piece; returns the first that may have to be merged with those after it, or -1."""
    hints = np.uint64(0)
    for i in range(begin, count):
        room.characters[i], room.hashes[i], room.flags[i] = measure(data, room.starts[i], room.ends[i], tables)
        hints |= is_hinted(tables, w.PATTERN_HINTS_AT, room.hashes[i])
    if hints and count - begin > 1:
        return mark_candidates(begin, count, tables, room)
    return -1


@compiled
def skip_space(data: Any, at: Any, end: Any, tables: Any) -> Any:
    """Past the whitespace that begins at `at`."""
    while at < end:
        code, following = decode(data, at, end)
        if not word_bits(tables, code) & w.SPACE:
            break
        at = following
    return at
