"""Cuts: the longest beginning of a text that has so many words or tokens."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.mixing.cuts import beginning, word_counts
from dagster_project.corpus.mixing.members import MEMBER
from dagster_project.corpus.mixing.pools import Pool

TEXTS = st.lists(st.sampled_from(["word", "don't", "U.S.", "(a)", "東京", "end.", "1+2", "\n", "naïve"]), max_size=30)


def counts(texts: list[str]) -> np.ndarray:
    return word_counts(pa.array(texts))


@settings(deadline=None)
@given(TEXTS, st.integers(0, 40))
def test_a_beginning_has_as_many_words_as_are_kept(pieces: list[str], keep: int) -> None:
    text = " ".join(pieces)
    kept = text[: beginning(text, keep, counts)]
    of_all = [int(counts([text[:end]])[0]) for end in range(len(text) + 1)]
    best = max(number for number in of_all if number <= keep)
    assert int(counts([kept])[0]) == best
    longest = max(end for end, number in enumerate(of_all) if number == best)
    assert kept == text[:longest].rstrip()


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.data())
def test_pools_give_exactly_what_is_asked_and_small_mixes_are_beginnings_of_large_ones(words, data) -> None:
    total = sum(words)
    target = data.draw(st.integers(1, total))
    taken = []
    for amount in (target, total):
        members = np.zeros(len(words), MEMBER)
        members["words"], members["rate"] = words, 1 << 16
        members["key"] = np.arange(len(words), dtype=np.uint64) << np.uint64(40)
        members["row"] = np.arange(len(words))
        pool = Pool(0, "", 1, 1 << 20)
        pool.add(members)
        pool.settle()
        found = np.concatenate([np.empty(0, MEMBER), *pool.take_up_to(amount, "words", exact=True)])
        assert int(np.where(found["keep"] > 0, found["keep"], found["words"]).sum()) == amount
        assert (found["keep"][:-1] == 0).all()
        assert (found["keep"] < found["words"]).all()
        taken.append(found["row"].tolist())
    assert taken[0] == taken[1][: len(taken[0])]
