"""A counted model of word trigrams: interpolated Kneser-Ney with one discount per length (Chen, Goodman 1999).

Words are those of `kernels/words.py`, by the hash of their bytes; case counts. A document is one sequence, with two
marks before its first word and none after its last. The model is a file of plain arrays, the same bytes for the same
texts. Counting takes some 100 bytes of memory for each distinct trigram, and 24 stay in the model.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.likelihood import Hashes, Level, Tables, keys_of, level, surprise
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.model.errors import Refused

FORMAT = 1
BATCH_BYTES = 4 << 20  # of text counted together
MERGED_AFTER = 1 << 22  # trigrams that wait to be merged with those counted before
MOST_TRIGRAMS = 40_000_000  # distinct: 4 GB while counting
UNIT = 1_000_000  # costs are millionths of a nat
DISCOUNT = 0.75  # where too little was counted to tell
TRIGRAM = np.dtype(
    [("key", "<u8"), ("context", "<u8"), ("pair", "<u8"), ("before", "<u8"), ("word", "<u8"), ("count", "<i8")]
)
LEVELS = ("words", "pairs", "triples")
COLUMNS = ("keys", "costs", "backoffs")

Trigrams = NDArray[np.void]
Numbers = NDArray[np.float64]


class NgramModel(NamedTuple):
    """The tables, and the two costs of a word, in millionths of a nat, up to which a document is head, and middle."""

    tables: Tables
    cuts: tuple[int, int]


class Counts(NamedTuple):
    """Distinct keys, ascending; for each a number of things, and where the first of them is."""

    keys: Hashes
    numbers: NDArray[np.int64]
    places: NDArray[np.int64]


def count_trigrams(texts: Iterable[str]) -> Trigrams:
    """Every distinct trigram of some texts with its count, in the order of keys."""
    merged, waiting, size = np.empty(0, TRIGRAM), [], 0
    for batch in batches(texts):
        waiting.append(_counted(_trigrams(batch)))
        size += len(waiting[-1])
        if size > MERGED_AFTER:
            merged, waiting, size = _counted(np.concatenate([merged, *waiting])), [], 0
            _refuse_too_many(merged)
    merged = _counted(np.concatenate([merged, *waiting]))
    _refuse_too_many(merged)
    return merged


def estimate(trigrams: Trigrams) -> Tables:
    """The probabilities of all three lengths, and what is left to the next shorter one after each context."""
    if not len(trigrams):
        raise Refused("there are no words to count: name more texts")
    pairs = _grouped(trigrams["pair"])  # how many different words stood before each pair
    pair_context, pair_word = trigrams["before"][pairs.places], trigrams["word"][pairs.places]
    words = _grouped(pair_word)
    discounts = [_discount(counts) for counts in (words.numbers, pairs.numbers, trigrams["count"])]
    known, total = len(words.keys), int(words.numbers.sum())
    spread = discounts[0] * known / total / (known + 1)  # what each word gets besides, and an unknown one alone
    word_chance = (words.numbers - discounts[0]) / total + spread
    word_rest = _rest(pair_context, pairs.numbers, discounts[1])
    shorter = word_chance[np.searchsorted(words.keys, pair_word)]
    pair_chance = _chance(pair_context, pairs.numbers, discounts[1], word_rest, shorter)
    pair_rest = _rest(trigrams["context"], trigrams["count"], discounts[2])
    shorter = pair_chance[np.searchsorted(pairs.keys, trigrams["pair"])]
    chance = _chance(trigrams["context"], trigrams["count"], discounts[2], pair_rest, shorter)
    return Tables(
        words=_level(words.keys, word_chance, word_rest),
        pairs=_level(pairs.keys, pair_chance, pair_rest),
        triples=_level(trigrams["key"], chance, (np.empty(0, np.uint64), np.empty(0))),
        unknown=np.int64(round(-np.log(spread) * UNIT)),
    )


def cuts_of(tables: Tables, texts: Iterable[str]) -> tuple[int, int]:
    """The costs per word that part texts in three equal parts, as cc_net has it (Wenzek et al. 2020)."""
    costs: list[int] = []
    for batch in batches(texts):
        words = words_of(*buffers(pa.array(batch, pa.large_string())))
        costs += per_word(surprise(words.hashes, words.firsts, tables), np.diff(words.firsts)).tolist()
    known = np.sort([cost for cost in costs if cost >= 0])
    if len(known) < 3:
        raise Refused(f"{len(known)} texts with words were held out, and 3 are needed to set the buckets: name more")
    return int(known[(len(known) - 1) // 3]), int(known[2 * (len(known) - 1) // 3])


def per_word(costs: NDArray[np.int64], words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Millionths of a nat per word, rounded down; -1 of a text without words."""
    return np.where(words > 0, costs // np.maximum(words, 1), -1)


def save(model: NgramModel) -> bytes:
    """The model as a file; the same model has the same bytes."""
    arrays = {"format": np.array(FORMAT), "unknown": np.array(model.tables.unknown), "cuts": np.array(model.cuts)}
    for name in LEVELS:
        table: Level = getattr(model.tables, name)
        arrays |= {f"{name}_keys": table.keys, f"{name}_costs": table.costs, f"{name}_backoffs": table.backoffs}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def load(path: Path, name: str) -> NgramModel:
    """The model of a file; nothing in it is ever run."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if int(arrays["format"]) != FORMAT:
            raise Refused(f"{name} has format {int(arrays['format'])}, and this release reads {FORMAT}: count it again")
        words, pairs, triples = (level(*(arrays[f"{part}_{name}"] for name in COLUMNS)) for part in LEVELS)
        low, high = arrays["cuts"].tolist()
        return NgramModel(Tables(words, pairs, triples, np.int64(arrays["unknown"])), (low, high))
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
        raise Refused(f"{name} cannot be loaded as an n-gram model ({error}): count it here, or name another") from None


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in batches of about BATCH_BYTES."""
    batch, size = [], 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _trigrams(texts: list[str]) -> Trigrams:
    words = words_of(*buffers(pa.array(texts, pa.large_string())))
    before, context, pair, key = keys_of(words.hashes, words.firsts)
    found = np.empty(len(key), TRIGRAM)
    found["key"], found["context"], found["pair"] = key, context, pair
    found["before"], found["word"], found["count"] = before, words.hashes, 1
    return found


def _counted(trigrams: Trigrams) -> Trigrams:
    """Those of one key as one, with the sum of their counts."""
    if not len(trigrams):
        return trigrams
    found = trigrams[np.argsort(trigrams["key"], kind="stable")]
    starts = np.flatnonzero(np.diff(found["key"], prepend=found["key"][0] + np.uint64(1)))
    merged = found[starts]
    merged["count"] = np.add.reduceat(found["count"], starts)
    return merged


def _refuse_too_many(trigrams: Trigrams) -> None:
    if len(trigrams) > MOST_TRIGRAMS:
        raise Refused(f"the texts have more than {MOST_TRIGRAMS:,} distinct trigrams: take fewer `documents` of them")


def _grouped(keys: Hashes) -> Counts:
    distinct, places, numbers = np.unique(keys, return_index=True, return_counts=True)
    return Counts(distinct, numbers, places)


def _discount(counts: NDArray[np.int64]) -> float:
    """n1 / (n1 + 2 n2) (Ney, Essen, Kneser 1994)."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return once / (once + 2 * twice) if once and twice else DISCOUNT


def _rest(contexts: Hashes, counts: NDArray[np.int64], discount: float) -> tuple[Hashes, Numbers]:
    """(contexts, ascending; the share of each that its discounts leave to the shorter length)."""
    found, places, kinds = np.unique(contexts, return_inverse=True, return_counts=True)
    return found, discount * kinds / np.bincount(places, counts)


def _chance(
    contexts: Hashes, counts: NDArray[np.int64], discount: float, rest: tuple[Hashes, Numbers], shorter: Numbers
) -> Numbers:
    places = np.searchsorted(rest[0], contexts)
    totals = np.bincount(places, counts)
    chance: Numbers = (counts - discount) / totals[places] + rest[1][places] * shorter
    return chance


def _level(keys: Hashes, chances: Numbers, rest: tuple[Hashes, Numbers]) -> Level:
    """Keys with costs; contexts that are no n-gram themselves, those of the beginning, come in among them."""
    added = np.setdiff1d(rest[0], keys)
    every = np.union1d(keys, added)
    costs, backoffs = np.zeros(len(every), np.int32), np.zeros(len(every), np.int32)
    costs[np.searchsorted(every, keys)] = np.rint(-np.log(chances) * UNIT)
    backoffs[np.searchsorted(every, rest[0])] = np.rint(-np.log(rest[1]) * UNIT)
    return level(every, costs, backoffs)
