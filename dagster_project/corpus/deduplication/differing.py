"""The difference of two texts, word by word: what both have, what only the first has, and what stands there instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

WORDS = 8_000  # of either text that are compared, and spaces between them
CHARACTERS = 40_000
CONTEXT = 120  # characters that are shown on either side of a difference
IDEOGRAPHS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"  # each is a word here
FREQUENT_COUNT = 1 << 18  # pairs of parts up to which frequent ones count
LINE = re.compile(r"[^\n]*\n|[^\n]+")
WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\s{IDEOGRAPHS}]+|\s+")


class Piece(NamedTuple):
    """A stretch that both texts have; or what stands in the first, with what stands in the second `instead`; or as many
    characters as were left out of a long stretch that both have."""

    text: str
    is_kept: bool = True
    instead: str = ""
    left_out: int = 0


class Difference(NamedTuple):
    """From the first text to the second."""

    pieces: list[Piece]
    is_cut: bool  # whether either text is longer than what was compared


def difference(first: str, second: str) -> Difference:
    """What differs, at most WORDS words and CHARACTERS characters into either text."""
    left, right = _beginning(first), _beginning(second)
    pieces = _shortened([*_joined(_pieces(left, right))])
    return Difference(list(pieces), (left, right) != (first, second))


def _beginning(text: str) -> str:
    return "".join(WORD.findall(text[:CHARACTERS])[:WORDS])


def _pieces(left: str, right: str) -> Iterator[Piece]:
    """Line by line, and where lines differ word by word."""
    for gone, instead in _aligned(LINE.findall(left), LINE.findall(right)):
        for one, other in _aligned(WORD.findall(gone), WORD.findall(instead)) if gone != instead else [(gone, instead)]:
            yield Piece(one) if one == other else Piece(one, False, other)


def _aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Stretches of either side that belong together. What is common at either end is set apart first: it is most of
    what copies have, and costs nothing. Of many parts, frequent ones are no anchors, so that time stays bounded."""
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    ends = len(left) - end, len(right) - end
    middle = left[start : ends[0]], right[start : ends[1]]
    yield "".join(left[:start]), "".join(right[:start])
    matcher = SequenceMatcher(None, *middle, autojunk=len(middle[0]) * len(middle[1]) > FREQUENT_COUNT)
    for _, i, j, k, m in matcher.get_opcodes():
        yield "".join(middle[0][i:j]), "".join(middle[1][k:m])
    yield "".join(left[ends[0] :]), "".join(right[ends[1] :])


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbors of one kind as one piece."""
    for is_kept, run in groupby(filter(lambda piece: piece.text or piece.instead, pieces), lambda piece: piece.is_kept):
        found = [*run]
        yield Piece("".join(piece.text for piece in found), is_kept, "".join(piece.instead for piece in found))


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many words the beginnings share."""
    shorter = min(len(left), len(right))
    return next((at for at in range(shorter) if left[at] != right[at]), shorter)


def _shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Of a long stretch that both have only what lies beside a difference."""
    for number, piece in enumerate(pieces):
        head = CONTEXT if number > 0 else 0
        tail = len(piece.text) - (CONTEXT if number + 1 < len(pieces) else 0)
        if not piece.is_kept or tail - head <= CONTEXT:
            yield piece
            continue
        shown = (Piece(piece.text[:head]), Piece("", left_out=tail - head), Piece(piece.text[tail:]))
        yield from (part for part in shown if part.text or part.left_out)
