"""Sets of positions give the tokens that the rules give character by character."""

from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.texts import sealed
from dagster_project.corpus.kernels.vectors import below
from dagster_project.corpus.kernels.word_addresses import is_address, is_ascii_address
from dagster_project.corpus.kernels.word_ascii import write_ascii
from dagster_project.corpus.kernels.word_measures import measure
from dagster_project.corpus.kernels.word_pieces import cut_piece, piece_end
from dagster_project.corpus.kernels.word_tables import word_tables
from dagster_project.corpus.kernels.word_windows import window, within
from dagster_project.corpus.kernels.words import word_room, words_of

PARTS = ["a", "b.c", "don't", "U.S.", "St.", "'s", "km", "kg", "5", "12", "US$", "C$", "...", "--", "-", ".", ",", ":)"]
PARTS += [
    "://",
    "www",
    ".com",
    "@",
    "/",
    "=",
    "(",
    ")",
    '"',
    "_",
    "+",
    "*",
    "A",
    "Bc",
    "?",
    "%",
    "$",
    "127.0.0.1",
    "e.g.",
]
PIECES = st.one_of(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map("".join),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=63),
).map(lambda piece: piece[:63])


@compiled
def _by_rules(data: Any, tables: Any, room: Any) -> Any:
    _, bits = piece_end(data, 0, len(data), tables)
    count = cut_piece(data, 0, len(data), bits, tables, room.starts, room.ends, 0)
    for i in range(count):
        room.characters[i], room.hashes[i], room.flags[i] = measure(data, room.starts[i], room.ends[i], tables)
    return count


@compiled
def _by_positions(data: Any, tables: Any, room: Any) -> Any:
    size = len(data)
    view = within(window(pointer(data), size, 0, size), size)
    return write_ascii(data, 0, size, view, tables, room, 0)[0]


def _words(kernel: Any, piece: str) -> list[list[int]]:
    """What a kernel writes of a piece: starts, ends, characters, hashes, flags."""
    data = np.frombuffer(piece.encode(), np.uint8)
    room = word_room(len(data))
    count = kernel(data, word_tables(), room)
    return [column[:count].tolist() for column in room]


def by_windows(piece: bytes, before: bytes = b"", following: bytes = b"") -> list[tuple[int, int]]:
    data = sealed(np.frombuffer(before + piece + following, np.uint8))
    words = words_of(data, np.array([len(before), len(before) + len(piece)]))
    return list(zip((words.starts - len(before)).tolist(), (words.ends - len(before)).tolist(), strict=True))


@given(PIECES)
@example("foo(bar.baz[0]),")
@example("http://a.b.com/x?y=1)")
@example("1+-2--a.B,c:d")
def test_words_are_those_of_the_rules(piece: str):
    assert _words(_by_positions, piece) == _words(_by_rules, piece)


@compiled
def _is_address(data: Any, tables: Any) -> Any:
    """As sets of positions have it, and as the expression has it."""
    size = len(data)
    view = within(window(pointer(data), size, 0, size), size)
    odd = ~(view.small | view.capital | view.digits) & below(size)
    return is_ascii_address(data, 0, 0, size, odd, view, tables), is_address(data, 0, size, tables)


@given(st.text("ab.Z1-_/:@?", min_size=1, max_size=12).filter(lambda text: "." in text))
@example("a.b/c")
@example("a.bc/d")
@example("a..bc")
@example("a-.bc?d")
@example("-a.bc")
@example("a.bC")
@example("1.2.3.4/a")
def test_addresses_are_those_of_the_expression(piece: str):
    found, expected = _is_address(np.frombuffer(piece.encode(), np.uint8), word_tables())
    assert found == expected


@given(PIECES, st.sampled_from([b"", b"x ", b"(" * 70]), st.sampled_from([b" y", b"z" * 70, "é".encode() * 40]))
def test_what_stands_beside_a_document_changes_nothing(piece: str, before: bytes, following: bytes):
    assert by_windows(piece.encode(), before, following) == by_windows(piece.encode())
