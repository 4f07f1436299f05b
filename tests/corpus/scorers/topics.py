"""Texts about three things, of which nobody says which is about which."""

from __future__ import annotations

import random

TOPICS = {
    "sea": "harbor sailor anchor tide captain vessel reef lighthouse current mast".split(),
    "kitchen": "oven flour butter recipe simmer garlic pastry whisk saucepan dough".split(),
    "court": "judge verdict witness statute appeal plaintiff counsel jury testimony bailiff".split(),
}
BOTH = "the a of and to in is it with for".split()


def texts(topic: str, count: int, seed: int, words: int = 30) -> list[str]:
    chosen = random.Random(f"{topic} {seed}")
    return [" ".join(chosen.choice(TOPICS[topic] + BOTH) for _ in range(words)) for _ in range(count)]


def labeled(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """(topic, text), so many of each, in an order that means nothing."""
    found = [(topic, text) for topic in TOPICS for text in texts(topic, count, seed)]
    random.Random(seed).shuffle(found)
    return found
