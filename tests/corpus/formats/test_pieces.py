"""Pieces of rows: joined, cut out again, and never cut from beyond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.formats.pieces import cut, fixed, hexadecimal, id_array, ids_from, joined, padding, piece

ROWS = st.lists(st.tuples(st.binary(max_size=9), st.lists(st.integers(0, 65_535), max_size=4)), max_size=7)


@given(ROWS)
def test_pieces_of_each_row_are_joined_and_cut_out_again(rows: list[tuple[bytes, list[int]]]) -> None:
    first = piece(np.frombuffer(b"".join(a for a, _ in rows), np.uint8), np.cumsum([0, *(len(a) for a, _ in rows)]))
    numbers = np.array([number for _, b in rows for number in b], "<u2")
    second = piece(numbers, np.cumsum([0, *(len(b) for _, b in rows)]))
    third = fixed(np.full((len(rows), 2), ord("!"), np.uint8))
    sizes = np.array([len(a) for a, _ in rows], np.int64)
    data, offsets = joined([first, padding(sizes, 4), second, third])
    expected = [a + bytes(-len(a) % 4) + np.array(b, "<u2").tobytes() + b"!!" for a, b in rows]
    assert data.tobytes() == b"".join(expected)
    assert np.diff(offsets).tolist() == [*map(len, expected)]
    assert cut(data, offsets[:-1], offsets[:-1] + sizes).to_pylist() == [a for a, _ in rows]


@pytest.mark.parametrize("bounds", [[(-1, 1)], [(0, 4)], [(2, 1)], [(0, 2), (1, 3)], [(2, 3), (0, 1)]])
def test_pieces_out_of_order_or_beyond_are_refused(bounds: list[tuple[int, int]]) -> None:
    starts, ends = np.array(bounds).T
    with pytest.raises(ValueError, match="overlap or lie outside"):
        cut(np.frombuffer(b"abc", np.uint8), starts, ends)


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5))
def test_ids_are_spelled_and_read(ids: list[bytes]) -> None:
    rows = np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
    assert hexadecimal(rows).tobytes() == b"".join(ids).hex().encode()
    assert ids_from(hexadecimal(rows)).equals(id_array(rows))
    assert id_array(rows).to_pylist() == ids


@pytest.mark.parametrize("digits", [b"g" * 32, b"\xff" * 32])
def test_what_spells_no_id_is_refused(digits: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        ids_from(np.frombuffer(digits, np.uint8).reshape(1, 32))
