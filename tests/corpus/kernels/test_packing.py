"""Packing agrees with its slow twin, loses no token, overfills no sequence and cuts nothing that fits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.packing import best_fit, bucketed, chunked
from tests.oracles import packing as slow

SIZES = st.integers(1, 40)
LENGTHS = st.lists(st.integers(0, 60), max_size=40)
MIXED = st.tuples(st.integers(1, 12), st.lists(st.integers(0, 12), max_size=60))  # many of the same length
PACKINGS = {"chunked": chunked, "best_fit": best_fit}


def pieces(packed):
    return list(zip(*(column.tolist() for column in packed[:4]), strict=True))


def array(lengths):
    return np.array(lengths, np.int64)


def check_laws(packed, lengths, size):
    """Every token once but for those dropped at ends; no sequence over its size; numbers without gaps."""
    ends = dict.fromkeys(range(len(lengths)), 0)
    for document, start, length in sorted(piece[1:] for piece in pieces(packed)):
        assert start == ends[document]
        assert length > 0
        ends[document] += length
    assert packed.dropped == sum(lengths) - sum(ends.values())
    assert (np.bincount(packed.sequence, packed.length) <= size).all()
    assert sorted(set(packed.sequence.tolist())) == list(range(len(set(packed.sequence.tolist()))))
    assert pieces(packed) == sorted(pieces(packed))
    assert all(column.dtype == np.int64 for column in packed[:4])


def test_chunks():
    assert pieces(chunked(array([3, 0, 7, 2]), 5)) == [(0, 0, 0, 3), (0, 2, 0, 2), (1, 2, 2, 5), (2, 3, 0, 2)]


def test_best_fit():
    # 7 opens one sequence; 6 another; 4 fits into the second alone; 3 into the first; 12 is 10 + 2, which none holds
    packed = best_fit(array([3, 4, 7, 12, 6]), 10)
    assert pieces(packed) == [(0, 0, 0, 3), (0, 2, 0, 7), (1, 1, 0, 4), (1, 4, 0, 6), (2, 3, 0, 10), (3, 3, 10, 2)]


def test_best_fit_takes_the_least_room_and_of_equals_the_oldest():
    packed = best_fit(array([5, 5, 7, 2, 2, 1]), 8)
    # 7 leaves 1, the fives leave 3 each: the twos go to the first and then the second, the one to the seven
    assert pieces(packed) == [(0, 0, 0, 5), (0, 3, 0, 2), (1, 1, 0, 5), (1, 4, 0, 2), (2, 2, 0, 7), (2, 5, 0, 1)]


def test_buckets():
    packed = bucketed(array([21, 3, 4]), 8, 4)
    assert pieces(packed) == [(0, 0, 0, 8), (1, 0, 8, 8), (2, 0, 16, 4), (3, 2, 0, 4)]
    assert packed.dropped == 1 + 3


@given(LENGTHS, SIZES)
def test_chunked_twin(lengths, size):
    packed = chunked(array(lengths), size)
    assert pieces(packed) == slow.chunked(lengths, size)
    check_laws(packed, lengths, size)
    assert len(set(packed.sequence.tolist())) == -(-sum(lengths) // size)


@given(st.tuples(SIZES, LENGTHS) | MIXED)
def test_best_fit_twin(drawn):
    size, lengths = drawn
    packed = best_fit(array(lengths), size)
    assert pieces(packed) == slow.best_fit(lengths, size)
    check_laws(packed, lengths, size)


@given(st.tuples(SIZES, LENGTHS) | MIXED)
def test_best_fit_cuts_nothing_that_fits_and_wastes_little(drawn):
    size, lengths = drawn
    packed = best_fit(array(lengths), size)
    sequences = len(set(packed.sequence.tolist()))
    least = -(-sum(lengths) // size)
    assert least <= sequences <= 1.7 * least + 1
    counts = np.bincount(packed.document, minlength=len(lengths))
    assert counts.tolist() == [-(-length // size) for length in lengths]


@given(LENGTHS, st.integers(0, 6), st.integers(0, 6))
def test_bucketed_twin(lengths, one, other):
    least, size = sorted((1 << one, 1 << other))
    packed = bucketed(array(lengths), size, least)
    assert pieces(packed) == slow.bucketed(lengths, size, least)
    check_laws(packed, lengths, size)
    assert packed.dropped == sum(length % least for length in lengths)


@pytest.mark.parametrize("name", PACKINGS)
@given(lengths=LENGTHS, size=SIZES)
def test_sequences_follow_the_mix(name, lengths, size):
    packed = PACKINGS[name](array(lengths), size)
    firsts = [(document, start) for number, document, start, _ in pieces(packed) if is_first(packed, number, document)]
    assert firsts == sorted(firsts)


def is_first(packed, number, document):
    return packed.document[packed.sequence == number].min() == document


def test_nothing():
    for packed in (chunked(array([]), 4), best_fit(array([0, 0]), 4), bucketed(array([]), 4, 2)):
        assert pieces(packed) == []
        assert packed.dropped == 0


def test_a_tight_packing_of_many():
    lengths = np.minimum(np.random.default_rng(1).lognormal(6, 1, 20_000).astype(np.int64), 8192)
    packed = best_fit(lengths, 8192)
    assert packed.sequence[-1] + 1 == -(-lengths.sum() // 8192)  # not one sequence more than its tokens need


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        chunked(array([1]), 0)
    with pytest.raises(ValueError, match="from 0 on"):
        best_fit(array([-1]), 8)
    for size, least in ((12, 4), (8, 3), (4, 8), (8, 0)):
        with pytest.raises(ValueError, match="powers of two"):
            bucketed(array([1]), size, least)
