"""Phrases in texts against ahocorasick_rs, which finds strings of bytes: how fast, and how alike the counts.

The peer gets texts in lower case with single spaces, and its time ends with its matches, before anybody asks whether
they are whole words. What is compared is counted of them afterwards: whole words, of a phrase none that overlap.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.audits.phrases import PhraseList, mentions_by_block, tree_of
from tests.benchmarks.minhash import documents_within, megabytes
from tests.benchmarks.texts import read

PHRASES = 100_000
RUNS, LONG = 3, 6
WORD = re.compile(r"[\w-]+")
SPACED = re.compile("[a-z0-9_\u00c0-\u024f\u0370-\u052f]")


def run(path: str | None, limit_mb: float) -> dict[str, Any]:
    """100,000 phrases of one to four words that the texts have, in the first `limit_mb`."""
    import ahocorasick_rs

    texts = read(path)
    texts = texts[: documents_within(texts, limit_mb * 1e6)]
    phrases = phrases_of(texts)
    table = pa.table({"doc_id": pa.nulls(len(texts)), "text": pa.array(texts, pa.large_string())})
    listed = PhraseList(phrases, tuple((phrase,) for phrase in phrases))
    start = perf_counter()
    tree_of(listed)
    building = perf_counter() - start
    list(mentions_by_block(table.slice(0, 1), listed))
    pairs, found, theirs = [], Counter[tuple[int, int]](), list[Any]()
    start = perf_counter()
    automaton = ahocorasick_rs.AhoCorasick(phrases)
    their_building = perf_counter() - start
    plain = [" ".join(text.lower().split()) for text in texts]
    for _ in range(RUNS):
        start = perf_counter()
        blocks = list(mentions_by_block(table, listed))
        seconds = perf_counter() - start
        start = perf_counter()
        theirs = [automaton.find_matches_as_indexes(text, overlapping=True) for text in plain]
        pairs.append((seconds, perf_counter() - start))
    for block in blocks:
        keys, counts = np.unique(np.column_stack([block.rows, block.phrases]), axis=0, return_counts=True)
        found.update(dict(zip(map(tuple, keys.tolist()), counts.tolist(), strict=True)))
    seconds, their_seconds = (median(times) for times in zip(*pairs, strict=True))
    size, peer = megabytes(texts), whole_words(plain, theirs)
    agreeing = sum(peer[key] == count for key, count in found.items())
    return {
        "documents": len(texts),
        "megabytes": round(size, 2),
        "phrases": len(phrases),
        "mentions": found.total(),
        "tree_seconds": round(building, 3),
        "ahocorasick_rs_tree_seconds": round(their_building, 3),
        "seconds_per_mb": round(seconds / size, 5),
        "ahocorasick_rs_seconds_per_mb": round(their_seconds / size, 5),
        "mb_per_second": round(size / seconds, 1),
        "time_ratio": round(their_seconds / seconds, 2),
        "agreement": round(agreeing / max(1, len(found.keys() | peer.keys())), 5),
    }


def phrases_of(texts: list[str]) -> tuple[str, ...]:
    """Runs of words of the texts, in lower case, some of them often and most of them rare."""
    drawn, found = random.Random(0), dict[str, None]()
    for _ in range(50 * PHRASES):
        if len(found) >= PHRASES:
            break
        text = drawn.choice(texts)
        at = drawn.randrange(max(1, len(text)))
        words = WORD.findall(text[at : at + 200].lower())[1 : 1 + drawn.choice((1, 2, 2, 3, 3, 4))]
        if len(words) > 1 or len("".join(words)) >= LONG:  # names, and not what stands in every word
            found[" ".join(words)] = None
    return tuple(found)


def whole_words(texts: list[str], matches: list[Any]) -> Counter[tuple[int, int]]:
    """The matches of whole words, (text, phrase) → how many that do not overlap."""
    counted = Counter[tuple[int, int]]()
    for row, (text, found) in enumerate(zip(texts, matches, strict=True)):
        ends: dict[int, int] = {}
        for phrase, start, end in sorted(found, key=lambda match: match[1]):
            is_word = not goes_on(text, start) and not goes_on(text, end)
            if is_word and start >= ends.get(phrase, 0):
                ends[phrase] = end
                counted[row, phrase] += 1
    return counted


def goes_on(text: str, at: int) -> bool:
    """Whether a word goes on across a place."""
    return 0 < at < len(text) and bool(SPACED.match(text[at - 1]) and SPACED.match(text[at]))
