"""Words as benchmarks are searched for: in lower case, without punctuation.

GPT-3 and the janitor of lm-evaluation-harness lower a to z, delete ASCII punctuation and split at whitespace. The same,
for every script:
- Letters are folded as `unicode.py` folds them: lower case, canonical decomposition, nonspacing and enclosing marks
  dropped (so é is e, and composed and decomposed text are one); besides, a final sigma is a sigma.
- Deleted is whatever is neither letter, number, spacing mark nor whitespace: punctuation, symbols, emoji, controls,
  format characters (soft hyphens, joiners, byte order marks) and bytes that are no UTF-8. "Don't" is dont, "well-known"
  is wellknown. A character that the tables do not know yet, or for private use, is kept.
- Whitespace, as `str.isspace` has it, ends a word. In scripts without spaces each letter, number and spacing mark is a
  word: ideographs, hiragana, katakana, Thai, Lao, Khmer, Myanmar and the Tai scripts. Hangul has spaces, and words.

Known limits: compatibility characters (ligatures, fullwidth letters) are not what they stand for; ß is not ss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import load64, store64
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.normalization import GROWTH, copy, write_jamo
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.kernels.unicode import decode, fold_number, property_bits
from dagster_project.corpus.kernels.vectors import ONE, WIDTH, below, zeros_above, zeros_below
from dagster_project.corpus.kernels.word_hashes import hash_word
from dagster_project.corpus.kernels.word_windows import after, no_window, window

BASE = np.uint64(0x9FB21C651E98DF25)  # odd, so that each of its powers can be undone
SPACE, ASCII, WORD = 32, 128, 8
LOWERED = np.uint64(0x2020202020202020)  # letters in lower case; digits have these bits already
SLACK = 16  # bytes that are written after the last word, and mean nothing
SIGMA, FINAL_SIGMA = (np.uint8(0xCF), np.uint8(0x83)), 0x3C2
DELETED = sum(
    1 << number for number, name in enumerate(u.CATEGORIES) if name[0] in "PS" or name in ("Mn", "Me", "Cc", "Cf", "Cs")
)
MARKS = sum(1 << u.CATEGORIES.index(name) for name in ("Mn", "Me"))


class PlainWords(NamedTuple):
    """The plain words of some documents, one after the other."""

    text: Bytes  # normalized: every word, and a space after it
    words: Offsets  # int64[words + 1]: where in the text each begins
    firsts: Offsets  # int64[documents + 1]: the first word of each document


class Folds(NamedTuple):
    """What a character is and folds to: part of the tables of `unicode.py`, as pointers."""

    pages: Any
    properties: Any
    fold_pages: Any
    fold_index: Any
    fold_offsets: Any
    fold_bytes: Any


class Room(NamedTuple):
    """Where `write_words` writes; see `room`."""

    text: Bytes
    words: Offsets  # where in `text` each word begins; one more than there are words
    starts: Offsets  # where in the raw data the first character of each stands
    ends: Offsets  # and where the last one ends
    sums: NDArray[np.uint64]  # of the words before each, as `window_hash` takes them; one more than there are words


def plain_words(data: Bytes, offsets: Offsets) -> PlainWords:
    """Every plain word of every document."""
    made: tuple[Bytes, Offsets, Offsets] = _plain_words(data, offsets, longest(offsets), u.tables())
    return PlainWords(*made)


def longest(offsets: Offsets) -> int:
    """The size of the longest document."""
    return int(np.diff(offsets).max(initial=0))


def sums_of(text: Bytes, words: Offsets) -> NDArray[np.uint64]:
    """The sums of all words of a normalized text together: uint64[words + 1]."""
    sums: NDArray[np.uint64] = _sums(text, words)
    return sums


def window_hashes(sums: NDArray[np.uint64], starts: NDArray[Any], sizes: Any) -> NDArray[np.uint64]:
    """The hashes of the windows of `sizes` words (one number, or one each) from `starts` on: uint64."""
    starts = np.asarray(starts, np.int64)
    hashes: NDArray[np.uint64] = sums[starts + sizes] - sums[starts] * powers(sizes)
    return hashes


def powers(sizes: Any) -> NDArray[np.uint64]:
    """BASE to the power of each size, modulo 2^64."""
    left = np.atleast_1d(np.asarray(sizes)).astype(np.uint64)
    result, factor = np.ones_like(left), np.full(1, BASE)
    while left.any():
        result = np.where(left & ONE, result * factor, result)
        left, factor = left >> ONE, factor * factor
    return result


def traits(text: Bytes, words: Offsets) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each word of a normalized text: has it a letter, and is it a character of a script without spaces?"""
    found: NDArray[np.uint8] = _traits(text, words, u.characters())
    return found & 1 != 0, found & 2 != 0


@compiled
def room(size: Any) -> Any:
    """Room for the words of one text of at most `size` bytes; pages that are not written cost no memory."""
    words = size // 2 + 2
    return Room(
        np.empty(GROWTH * size + SLACK, np.uint8),
        np.empty(words, np.int64),
        np.empty(words, np.int64),
        np.empty(words, np.int64),
        np.empty(words, np.uint64),
    )


@compiled
def write_words(data: Any, start: Any, end: Any, tables: Any, room: Any) -> Any:
    """Write the words of the document data[start:end] and their hashes' sums to the room; returns how many there are.

    The sum of a word is the sum before it times BASE, plus the hash of its normalized bytes, modulo 2^64, so that the
    difference of two sums is the polynomial hash of the words between them (Karp and Rabin 1987).
    """
    room.words[0], room.sums[0] = 0, np.uint64(0)
    places = Room(pointer(room.text), pointer(room.words), pointer(room.starts), pointer(room.ends), pointer(room.sums))
    folds = Folds(
        pointer(tables.pages),
        pointer(tables.properties),
        pointer(tables.fold_pages),
        pointer(tables.fold_index),
        pointer(tables.fold_offsets),
        pointer(tables.fold_bytes),
    )
    return _write(pointer(data), len(data), start, end, folds, places)


@inlined
def window_hash(sums: Any, first: Any, size: Any, power: Any) -> Any:
    """The hash of the `size` words from `first` on; `power` is BASE to the power of `size`."""
    return sums[first + size] - sums[first] * power


@bare
def _write(data: Any, limit: Any, start: Any, end: Any, tables: Any, room: Any) -> Any:
    count, out, at, view = 0, 0, start, no_window()
    while at < end:
        if not view.stops:
            view = window(data, limit, at, end)
        if view.stops & ONE:
            gap = zeros_below(~view.stops)
            at, view = at + gap, after(view, gap)
            continue
        size = zeros_below(view.stops)
        if size < WIDTH and not ~view.marks & below(size):
            kept = (view.small | view.capital | view.digits) & below(size)
            if kept:
                room.starts[count], room.ends[count] = at + zeros_below(kept), at + WIDTH - zeros_above(kept)
                count, out = _close(room, count, _copy(data, limit, at, kept, room.text, out))
            at, view = at + size, after(view, size)
        else:
            at, count, out = _write_piece(data, at, end, tables, room, count, out)
            view = no_window()
    return count


@inlined
def _copy(data: Any, limit: Any, at: Any, kept: Any, text: Any, out: Any) -> Any:
    """Write the letters and digits at these positions in lower case; most often they are neighbors."""
    while kept:
        first = zeros_below(kept)
        size = zeros_below(~(kept >> np.uint64(first)))
        source, target = np.uint64(at + first), np.uint64(out)
        if at + first + size + WORD <= limit:
            for i in range(0, size, WORD):
                store64(text, target + np.uint64(i), load64(data, source + np.uint64(i)) | LOWERED)
        else:
            for i in range(size):
                text[out + i] = data[at + first + i] | np.uint8(SPACE)
        out += size
        kept &= ~(below(size) << np.uint64(first))
    return out


@inlined
def _close(room: Any, count: Any, out: Any) -> Any:
    """End the word whose last byte was written before `out`."""
    begin = room.words[count]
    room.sums[count + 1] = room.sums[count] * BASE + hash_word(room.text, begin, out)
    room.text[out] = SPACE
    room.words[count + 1] = out + 1
    return count + 1, out + 1


@bare
def _write_piece(data: Any, at: Any, end: Any, tables: Any, room: Any, count: Any, out: Any) -> Any:
    """Write what stands before the next whitespace, character by character; returns where to go on, count and out."""
    while at < end:
        code, following = decode(data, at, end)
        bits = property_bits(tables, code)
        if bits & u.SPACE:
            at = following
            break
        if not DELETED >> (bits & u.CATEGORY) & 1:
            is_word = bits >> u.GROUP_SHIFT & u.GROUP != 0
            if is_word and out > room.words[count]:
                count, out = _close(room, count, out)
            if out == room.words[count]:
                room.starts[count] = at
            out, room.ends[count] = _fold(data, at, following, code, tables, room.text, out), following
            if is_word:
                count, out = _close(room, count, out)
        elif MARKS >> (bits & u.CATEGORY) & 1:
            last = count - (out == room.words[count])
            if last >= 0 and room.ends[last] == at:
                room.ends[last] = following  # a span never parts a mark from its base
        at = following
    if out > room.words[count]:
        count, out = _close(room, count, out)
    return at, count, out


@bare
def _fold(data: Any, at: Any, following: Any, code: Any, tables: Any, text: Any, out: Any) -> Any:
    """Write one folded character; returns where it ends."""
    if code < ASCII:
        text[out] = data[at] | np.uint8(SPACE)
        return out + 1
    number = fold_number(tables, code)
    if number:
        return copy(tables.fold_bytes, tables.fold_offsets[number], tables.fold_offsets[number + 1], text, out)
    if u.HANGUL_FIRST <= code <= u.HANGUL_LAST:
        return write_jamo(code - u.HANGUL_FIRST, text, out)
    if code == FINAL_SIGMA:
        text[out], text[out + 1] = SIGMA
        return out + 2
    return copy(data, at, following, text, out)


@compiled
def _plain_words(data: Any, offsets: Any, longest: Any, tables: Any) -> Any:
    size = len(data)
    text, words = np.empty(GROWTH * size + SLACK, np.uint8), np.zeros(size // 2 + len(offsets) + 1, np.int64)
    firsts, kept, count, out = np.zeros(len(offsets), np.int64), room(longest), 0, 0
    for i in range(len(offsets) - 1):
        found = write_words(data, offsets[i], offsets[i + 1], tables, kept)
        copy(kept.text, 0, kept.words[found], text, out)
        for j in range(found):
            words[count + j] = out + kept.words[j]
        count, out = count + found, out + kept.words[found]
        words[count], firsts[i + 1] = out, count
    return text[:out].copy(), words[: count + 1].copy(), firsts


@compiled
def _sums(text: Any, words: Any) -> Any:
    sums = np.zeros(len(words), np.uint64)
    for i in range(len(words) - 1):
        sums[i + 1] = sums[i] * BASE + hash_word(text, words[i], words[i + 1] - 1)
    return sums


@compiled
def _traits(text: Any, words: Any, tables: Any) -> Any:
    found = np.zeros(len(words) - 1, np.uint8)
    for i in range(len(found)):
        at = words[i]
        while at < words[i + 1] - 1:
            code, at = decode(text, at, words[i + 1])
            bits = property_bits(tables, code)
            found[i] |= (
                np.uint8(bits & u.CATEGORY <= u.LAST_LETTER) | np.uint8(bits >> u.GROUP_SHIFT & u.GROUP != 0) << 1
            )
    return found
