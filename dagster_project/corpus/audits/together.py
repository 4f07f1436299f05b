"""Which terms of two lists stand together in documents of a mix, against what a table says of the world.

What co-occurs decides what a model associates, diseases with groups of people for example, whatever is true of them
(Chen et al. 2024, Cross-Care, arXiv:2405.05506). Counts are of distinct documents, and of members, copies and all; with
a window terms are together only where so few words lie between two mentions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.audits.holdings import Numbers, Progress, Shard, held_shards, shards_of, watched
from dagster_project.corpus.audits.phrases import Mentions, PhraseList, mentions_by_block
from dagster_project.corpus.audits.texts import held_texts
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

MOST_CELLS = 4_000_000
HALF = 0.5  # added to each of the four counts of odds, so that they are finite (Haldane 1956)
Matrix = NDArray[np.int64]


@dataclass(frozen=True)
class Together:
    """Counts of documents and of members: with each term, int64[2, terms] and [2, others], with both, int64[2, terms,
    others], and all, int64[2]."""

    terms: tuple[str, ...]
    others: tuple[str, ...]
    window: int | None  # words
    of_terms: Matrix
    of_others: Matrix
    both: Matrix
    total: Numbers


class TogetherTask(NamedTuple):
    """One documents shard."""

    store: Store
    shard: Shard
    terms: PhraseList
    others: PhraseList
    window: int | None


class Pairs(NamedTuple):
    """Of one shard: rows (term or pair, documents, members) of all terms of both lists, of pairs, and the total."""

    terms: Matrix
    pairs: Matrix
    total: Numbers


def together_of(
    store: Store,
    engine: Engine,
    mixed: Manifest,
    lists: tuple[PhraseList, PhraseList],
    window: int | None,
    progress: Progress,
) -> Together:
    """Count in everything that a version of a mix holds."""
    terms, others = lists
    width, height = len(others.names), len(terms.names)
    if width * height > MOST_CELLS:
        raise Refused(f"{height:,} terms with {width:,} are more than {MOST_CELLS:,} pairs: shorten one of the lists")
    singles, both = np.zeros((2, height + width), np.int64), np.zeros((2, height * width), np.int64)
    total = np.zeros(2, np.int64)
    tasks = (TogetherTask(store, shard, terms, others, window) for shard in held_shards(store, mixed))
    for found in watched(engine.map(pairs_of, tasks), len(shards_of(store, mixed)), progress):
        for rows, sums in ((found.terms, singles), (found.pairs, both)):
            sums[:, rows[:, 0]] += rows[:, 1:].T
        total += found.total
    of_terms, of_others = singles[:, :height], singles[:, height:]
    return Together(terms.names, others.names, window, of_terms, of_others, both.reshape(2, height, width), total)


def pairs_of(task: TogetherTask) -> Pairs:
    """The terms of one shard, and their pairs."""
    documents = read_shard(task.store, task.shard.file, ["doc_id", "text"])
    phrases, size, width = task.terms + task.others, len(task.terms.names), len(task.others.names)
    singles, pairs, members = list[Matrix](), list[Matrix](), 0
    for held in task.shard.held:
        members += int(held.members.sum())
        for part in mentions_by_block(held_texts(task.store, documents, held), phrases):
            for kept, keys in ((singles, part.phrases), (pairs, None)):
                places = (
                    np.column_stack([part.rows, keys]) if keys is not None else _met(part, size, width, task.window)
                )
                places = np.unique(places, axis=0)
                kept.append(np.column_stack([held.rows[places[:, 0]], places[:, 1], held.members[places[:, 0]]]))
    distinct = len(np.unique(np.concatenate([held.rows for held in task.shard.held])))
    return Pairs(_counted(singles), _counted(pairs), np.array([distinct, members]))


def _met(found: Mentions, size: int, width: int, window: int | None) -> Matrix:
    """Rows (text, pair) of mentions of terms (phrases below `size`) and of others that are together; each once or
    more."""
    is_term = found.phrases < size
    one, other = (Mentions(*(column[chosen] for column in found)) for chosen in (is_term, ~is_term))
    one, other = (_distinct(side) if window is None else side for side in (one, other))
    first, last = _range(one, other, window)
    sizes = last - first
    left = np.repeat(np.arange(len(one.rows)), sizes)
    right = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(first, sizes)
    if window is not None:
        between = np.maximum(one.firsts[left] - other.lasts[right], other.firsts[right] - one.lasts[left])
        left, right = left[between <= window], right[between <= window]
    return np.column_stack([one.rows[left], one.phrases[left] * width + other.phrases[right] - size])


def _distinct(found: Mentions) -> Mentions:
    """The first of the mentions of each phrase in each text."""
    _, places = np.unique(np.column_stack([found.rows, found.phrases]), axis=0, return_index=True)
    places = np.sort(places)
    return Mentions(*(column[places] for column in found))


def _range(one: Mentions, other: Mentions, window: int | None) -> tuple[Numbers, Numbers]:
    """Between which of the others, which are in the order of where they begin, those lie that may be near each."""
    if window is None:
        return np.searchsorted(other.rows, one.rows), np.searchsorted(other.rows, one.rows, side="right")
    longest = int((other.lasts - other.firsts).max(initial=0))
    step = int(max(one.lasts.max(initial=0), other.lasts.max(initial=0))) + window + longest + 2
    begins = other.rows * (2 * step) + other.firsts
    base = one.rows * (2 * step)
    low, high = np.maximum(one.firsts - window - longest, 0), one.lasts + window
    return np.searchsorted(begins, base + low), np.searchsorted(begins, base + high, side="right")


def _counted(parts: list[Matrix]) -> Matrix:
    """Rows (document, key, members) as rows (key, documents, members)."""
    rows = np.concatenate([np.empty((0, 3), np.int64), *parts])
    keys, place = np.unique(rows[:, 1], return_inverse=True)
    members = np.zeros(len(keys), np.int64)
    np.add.at(members, place, rows[:, 2])
    distinct = np.unique(rows[:, :2], axis=0)
    documents = np.bincount(np.searchsorted(keys, distinct[:, 1]), minlength=len(keys))
    return np.column_stack([keys, documents, members])


def cells(found: Together) -> Iterator[dict[str, Any]]:
    """Every pair with its documents and members, pointwise mutual information in bits (None where they never meet) and
    odds ratio, both of documents."""
    for i, term in enumerate(found.terms):
        for j, other in enumerate(found.others):
            documents, members = (int(found.both[amount, i, j]) for amount in (0, 1))
            yield {
                "term": term,
                "with": other,
                "documents": documents,
                "members": members,
                "pmi": pmi(found, i, j),
                "odds_ratio": _odds(found, i, j),
            }


def pmi(found: Together, i: int, j: int) -> float | None:
    """Pointwise mutual information of a pair, in bits; None where they never meet."""
    both, one, other = (int(n) for n in (found.both[0, i, j], found.of_terms[0, i], found.of_others[0, j]))
    return round(math.log2(both * int(found.total[0]) / (one * other)), 4) if both else None


def _odds(found: Together, i: int, j: int) -> float:
    both, one, other = (int(n) for n in (found.both[0, i, j], found.of_terms[0, i], found.of_others[0, j]))
    neither = int(found.total[0]) - one - other + both
    return round((both + HALF) * (neither + HALF) / ((one - both + HALF) * (other - both + HALF)), 4)
