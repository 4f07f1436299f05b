"""Differences: laws that hold of any two texts, what is shown of long ones, and hostile input in bounded time."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.deduplication import differing
from dagster_project.corpus.deduplication.differing import CONTEXT, Piece, difference

TEXTS = st.text(st.sampled_from("ab \n.日本"), max_size=60)


@given(TEXTS, TEXTS)
def test_the_pieces_give_both_texts(first: str, second: str) -> None:
    pieces, is_cut = difference(first, second)
    assert "".join(piece.text for piece in pieces) == first
    assert "".join(piece.text if piece.is_kept else piece.instead for piece in pieces) == second
    assert not is_cut
    assert all(piece.is_kept for piece in pieces) == (first == second)


def test_words_are_what_differs() -> None:
    found = difference("The old garden is open.", "The new garden is open now.").pieces
    assert [piece for piece in found if not piece.is_kept] == [
        Piece("old", False, "new"),
        Piece("open.", False, "open now."),
    ]
    assert difference("日本語の文", "日本人の文").pieces == [Piece("日本"), Piece("語", False, "人"), Piece("の文")]


def test_of_a_long_stretch_that_both_have_only_the_ends_are_shown() -> None:
    same = "".join(f"w{number:03} " for number in range(500))
    pieces = difference(f"one {same}two {same}", f"eins {same}zwei {same}").pieces
    assert [(piece.is_kept, len(piece.text), piece.left_out) for piece in pieces] == [
        (False, 3, 0),
        (True, CONTEXT, 0),
        (True, 0, 2501 - 2 * CONTEXT),
        (True, CONTEXT, 0),
        (False, 3, 0),
        (True, CONTEXT, 0),
        (True, 0, 2501 - CONTEXT),
    ]


def test_long_texts_are_cut_and_said_to_be() -> None:
    pieces, is_cut = difference("x " * differing.WORDS + "y", "x " * differing.WORDS + "z")
    assert (all(piece.is_kept for piece in pieces), is_cut) == (True, True)
    assert difference("x" * (differing.CHARACTERS + 1), "y").is_cut


def test_hostile_texts_take_no_time() -> None:
    many = differing.WORDS
    pairs = (
        ("a b " * many, "b a " * many),
        (" ".join(map(str, range(many))), " ".join(map(str, reversed(range(many))))),
        ("\n" * many, " " * many),
        ("a " * many, "a b " * many),
    )
    start = time.thread_time()
    for one, other in pairs:
        difference(one, other)
    assert time.thread_time() - start < 20
