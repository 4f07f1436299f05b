"""Interpolated Kneser-Ney of word trigrams, in dictionaries, straight from Chen and Goodman (1999)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

BEGIN = "<begin>"


def discount(counts: Sequence[int]) -> float:
    once, twice = list(counts).count(1), list(counts).count(2)
    return once / (once + 2 * twice) if once and twice else 0.75


class KneserNey:
    """The chance of a word after two others."""

    def __init__(self, texts: Sequence[Sequence[str]]):
        self.triples: Counter[tuple[str, str, str]] = Counter()
        for words in texts:
            padded = [BEGIN, BEGIN, *words]
            self.triples.update(zip(padded, padded[1:], padded[2:], strict=False))
        before_pair, before_word = defaultdict(set), defaultdict(set)
        for first, second, third in self.triples:
            before_pair[second, third].add(first)
        for second, third in before_pair:
            before_word[third].add(second)
        self.pairs = {pair: len(found) for pair, found in before_pair.items()}
        self.words = {word: len(found) for word, found in before_word.items()}
        self.discounts = [discount(list(table.values())) for table in (self.words, self.pairs, self.triples)]

    def word(self, word: str) -> float:
        total, spread = sum(self.words.values()), self.discounts[0] * len(self.words)
        mine = max(self.words.get(word, 0) - self.discounts[0], 0)
        return mine / total + spread / total / (len(self.words) + 1)

    def pair(self, second: str, word: str) -> float:
        after = {pair: count for pair, count in self.pairs.items() if pair[0] == second}
        if not after:
            return self.word(word)
        total = sum(after.values())
        mine = max(after.get((second, word), 0) - self.discounts[1], 0)
        return mine / total + self.discounts[1] * len(after) / total * self.word(word)

    def triple(self, first: str, second: str, word: str) -> float:
        after = {triple: count for triple, count in self.triples.items() if triple[:2] == (first, second)}
        if not after:
            return self.pair(second, word)
        total = sum(after.values())
        mine = max(after.get((first, second, word), 0) - self.discounts[2], 0)
        return mine / total + self.discounts[2] * len(after) / total * self.pair(second, word)

    def cost(self, words: Sequence[str]) -> float:
        """Nats."""
        padded = [BEGIN, BEGIN, *words]
        return -sum(math.log(self.triple(*found)) for found in zip(padded, padded[1:], padded[2:], strict=False))
