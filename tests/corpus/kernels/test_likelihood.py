"""The look-ups of an n-gram model: every key is found where it is, and nowhere else."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.likelihood import BEGIN, Tables, keys_of, level, pair_key, surprise

NOTHING = level(np.empty(0, np.uint64), np.empty(0, np.int32), np.empty(0, np.int32))
some_keys = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), unique=True, max_size=40)


@given(some_keys, st.lists(st.integers(0, 20), max_size=10))
def test_each_word_costs_what_its_key_says(known: list[int], others: list[int]) -> None:
    keys = np.sort(np.array(known, np.uint64))
    costs = np.arange(1, len(keys) + 1, dtype=np.int32)
    words = level(keys, costs, np.zeros(len(keys), np.int32))
    tables = Tables(words, NOTHING, NOTHING, np.int64(1000))
    asked = np.array(known + others, np.uint64)
    table = dict(zip(keys.tolist(), costs.tolist(), strict=True))
    found = surprise(asked, np.arange(len(asked) + 1, dtype=np.int64), tables)
    assert found.tolist() == [table.get(key, 1000) for key in asked.tolist()]


def test_keys_begin_anew_with_each_document() -> None:
    hashes = np.array([5, 7, 5, 5], np.uint64)
    before, context, pair, triple = keys_of(hashes, np.array([0, 2, 2, 4], np.int64))
    start = pair_key(BEGIN, BEGIN)
    assert before.tolist() == [BEGIN, 5, BEGIN, 5]
    assert context.tolist() == [start, pair_key(BEGIN, np.uint64(5)), start, pair_key(BEGIN, np.uint64(5))]
    assert pair[0] == pair[2]
    assert triple[0] == triple[2]
    assert len(set(triple.tolist())) == 3
    assert pair_key(np.uint64(5), np.uint64(7)) != pair_key(np.uint64(7), np.uint64(5))


def test_backing_off_adds_up() -> None:
    """A triple; a pair after a known context; a word after a known word; a word alone; nothing."""
    a, b, c = (np.uint64(number) for number in (11, 12, 13))
    start, begin_a = pair_key(BEGIN, BEGIN), pair_key(BEGIN, a)

    def table(rows: dict[int, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        keys = sorted(rows)
        numbers = np.array([rows[key] for key in keys], np.int32)
        return np.array(keys, np.uint64), numbers[:, 0].copy(), numbers[:, 1].copy()

    words = level(*table({int(a): (100, 20), int(b): (200, 30)}))
    pairs = level(*table({int(start): (0, 5), int(begin_a): (40, 6), int(pair_key(a, b)): (50, 7)}))
    triples = level(*table({int(pair_key(start, a)): (3, 0)}))
    tables = Tables(words, pairs, triples, np.int64(1000))
    hashes = np.array([a, b, c, a], np.uint64)
    expected = [3, 6 + 50, 7 + 30 + 1000, 0 + 0 + 100]
    ends = [surprise(hashes, np.array([0, end], np.int64), tables)[0] for end in range(1, 5)]
    assert np.diff([0, *ends]).tolist() == expected
