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
WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: canonically composed, without case."""
    return WORD.findall(unicodedata.normalize("NFKC", text).casefold())


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
