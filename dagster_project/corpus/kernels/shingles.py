"""What shingles are made of: the words of normalized text as datatrove's English tokenizer has them, or its characters.

Words end at spaces, and some come apart (`shingle_cuts.py`). They are found sixty-four bytes at a time, then the few
that may come apart are looked at, then the text is copied with a space at each cut.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.kernels.bare import bare
from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.inlined import inlined
from dagster_project.corpus.kernels.normalization import SLACK
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.shingle_cuts import cut, is_hinted, pointed
from dagster_project.corpus.kernels.vectors import (
    NONE,
    ONE,
    WIDTH,
    below,
    byte_is,
    bytes_between,
    first,
    ones,
    zeros_below,
)

SPACE, LETTER_A, LETTER_Z = (np.uint8(ord(c)) for c in " az")
FIRST_FOLLOWING, LAST_FOLLOWING = 0x80, 0xBF  # bytes of a code point but its first


class Room(NamedTuple):
    """Where `split` writes, as arrays or as pointers; sized by `room` and used again for each text."""

    joined: Any  # uint8: the words, one space after each
    words: Any  # int32: where each begins in `joined`, and where the next one would
    pieces: Any  # int32: the same in the text, before any word is cut
    odd: Any  # uint8: 1 for pieces of more than letters from a to z; all zero between calls
    chosen: Any  # int32: the pieces that may be cut
    cuts: Any  # uint8: 1 where the text is cut; all zero between calls
    edits: Any  # int32, by twos: a piece, and where it is cut; where it begins if it is empty and goes


@compiled
def room(size: Any) -> Any:
    """Room for any text of `size` bytes: at worst every byte is a word and gets a space."""
    return Room(
        np.empty(2 * size + SLACK, np.uint8),
        np.empty(size + 2, np.int32),
        np.empty(size + 2, np.int32),
        np.zeros(size + 2, np.uint8),
        np.empty(size + 2, np.int32),
        np.zeros(size + 2, np.uint8),
        np.empty(2 * size + 2, np.int32),
    )


@compiled
def split(text: Any, end: Any, room: Any, tables: Any) -> Any:
    """Write the words of text[:end], which is normalized, to `room`; returns how many there are.

    `tables` are cut_tables(). SLACK bytes of `text` after `end` are read and may be anything, but the first of them is
    made a space.
    """
    if end == 0:
        return 0
    return _split(pointer(text), end, _pointed(room), pointed(tables))


@inlined
def _pointed(room: Any) -> Any:
    """The same room as pointers."""
    return Room(
        pointer(room.joined),
        pointer(room.words),
        pointer(room.pieces),
        pointer(room.odd),
        pointer(room.chosen),
        pointer(room.cuts),
        pointer(room.edits),
    )


@bare
def _split(text: Any, end: Any, room: Any, tables: Any) -> Any:
    text[end] = SPACE
    pieces = _find_pieces(text, end, room)
    edits = _find_edits(text, _choose(text, pieces, room, tables), room, tables)
    return _write_words(text, pieces, edits, room)


@bare
def _find_pieces(text: Any, end: Any, room: Any) -> Any:
    """Write where pieces begin, and mark the odd ones; returns how many there are."""
    count, begins, room.pieces[0] = 0, ONE, 0
    for at in range(0, end + 1, WIDTH):
        inside = first(end + 1 - at)
        spaces = inside & byte_is(text, at, SPACE)
        odd = inside & ~(spaces | bytes_between(text, at, LETTER_A, LETTER_Z))
        # a single one is never cut
        _mark_odd(odd & ~((spaces << ONE | begins) & spaces >> ONE), spaces, count, room.odd)
        begins = spaces >> np.uint64(WIDTH - 1)
        while spaces:
            count += 1
            room.pieces[count] = at + zeros_below(spaces) + 1
            spaces &= spaces - ONE
    return count


@inlined
def _mark_odd(odd: Any, spaces: Any, count: Any, marks: Any) -> Any:
    """Mark each piece with an odd byte; `count` is the piece that the window begins in."""
    while odd:
        before = below(zeros_below(odd))
        marks[count + ones(spaces & before)] = 1
        following = spaces & ~before
        odd &= ~(following ^ (following - ONE)) if following else NONE


@bare
def _choose(text: Any, pieces: Any, room: Any, tables: Any) -> Any:
    """Write the pieces that may be edited: odd, empty, or hinted at; returns how many there are."""
    chosen = 0
    for piece in range(pieces):
        start = room.pieces[piece]
        size = room.pieces[piece + 1] - start - 1
        room.chosen[chosen] = piece
        hint = is_hinted(text, start, size, tables.hints) & ONE
        chosen += (hint | np.uint64(room.odd[piece]) | np.uint64(size == 0)) != NONE
    return chosen


@bare
def _find_edits(text: Any, chosen: Any, room: Any, tables: Any) -> Any:
    """Write where the chosen pieces are edited; returns how often."""
    edits = 0
    for i in range(chosen):
        piece = room.chosen[i]
        start, stop = room.pieces[piece], room.pieces[piece + 1] - 1
        is_odd, room.odd[piece] = room.odd[piece], 0
        if start == stop:
            edits = _edit(piece, start, edits, room)
        elif cut(text, start, stop, is_odd, room.cuts, tables):
            for at in range(start, stop + 1):
                if room.cuts[at] and start < at < stop:
                    edits = _edit(piece, at, edits, room)
                room.cuts[at] = 0
    return edits


@inlined
def _edit(piece: Any, at: Any, edits: Any, room: Any) -> Any:
    room.edits[2 * edits], room.edits[2 * edits + 1] = piece, at
    return edits + 1


@bare
def _write_words(text: Any, pieces: Any, edits: Any, room: Any) -> Any:
    """Write the words and where they begin; returns how many there are."""
    source, shift, piece, count = 0, 0, 0, 0
    for i in range(edits):
        last, at = room.edits[2 * i], room.edits[2 * i + 1]
        count = _shift_pieces(piece, last + 1, shift, count, room)
        _copy(text, source, at, room.joined, source + shift)
        if at == room.pieces[last]:
            source, shift, count = at + 1, shift - 1, count - 1
        else:
            room.joined[at + shift] = SPACE
            source, shift = at, shift + 1
            room.words[count], count = at + shift, count + 1
        piece = last + 1
    _copy(text, source, room.pieces[pieces], room.joined, source + shift)
    return _shift_pieces(piece, pieces + 1, shift, count, room) - 1


@inlined
def _shift_pieces(start: Any, end: Any, shift: Any, count: Any, room: Any) -> Any:
    for piece in range(start, end):
        room.words[count + piece - start] = room.pieces[piece] + shift
    return count + max(end - start, 0)


@inlined
def _copy(source: Any, start: Any, end: Any, target: Any, out: Any) -> Any:
    for at in range(start, end):
        target[out + at - start] = source[at]


@compiled
def split_characters(text: Any, end: Any, room: Any) -> Any:
    """Write where the code points of text[:end] begin, and where the last one ends, to the room's words; their number.

    The characters stay in `text`, of which SLACK bytes after `end` are read, and may be anything.
    """
    return _find_characters(pointer(text), end, pointer(room.words))


@bare
def _find_characters(text: Any, end: Any, places: Any) -> Any:
    count = 0
    for at in range(0, end, WIDTH):
        begins = first(end - at) & ~bytes_between(text, at, FIRST_FOLLOWING, LAST_FOLLOWING)
        while begins:
            places[count] = at + zeros_below(begins)
            begins &= begins - ONE
            count += 1
    places[count] = end
    return count
