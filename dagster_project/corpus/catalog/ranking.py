"""BM25: how well short texts answer a few words.

The weighting is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
section 3.4, with k1 = 1.2 and b = 0.75. The inverse document frequency has one added under its logarithm, so that a
word that most texts hold still counts a little instead of against them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

K1, B = 1.2, 0.75
UNSPACED = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")  # Han, kana


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: canonically composed, without case, marks with their letters.

    Han and kana stand without spaces between words: there every two neighbors are a word.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    spaced = "".join(character if _is_within_word(character) else " " for character in plain)
    pieces = (piece for run in spaced.split() for piece in UNSPACED.split(run) if piece)
    return [word for piece in pieces for word in (_pairs(piece) if UNSPACED.fullmatch(piece) else [piece])]


def _is_within_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")


def _pairs(piece: str) -> list[str]:
    return [piece[start : start + 2] for start in range(max(len(piece) - 1, 1))]


def scores(texts: Sequence[Sequence[str]], query: Sequence[str]) -> list[float]:
    """The BM25 score of each text (its words) for a query; 0 for one that holds none of its words."""
    counts = [Counter(text) for text in texts]
    mean = sum(map(len, texts)) / (len(texts) or 1) or 1.0
    weights = {word: weight(sum(word in count for count in counts), len(texts)) for word in sorted(set(query))}
    return [
        math.fsum(weights[word] * saturated(count[word], len(text) / mean) for word in weights)
        for text, count in zip(texts, counts, strict=True)
    ]


def weight(holding: int, texts: int) -> float:
    """The inverse document frequency of a word that `holding` of all texts hold; always above 0."""
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))


def saturated(occurrences: int, length: float) -> float:
    """What occurrences in a text count, whose length is given as a multiple of the mean."""
    return occurrences * (K1 + 1) / (occurrences + K1 * (1 - B + B * length))
