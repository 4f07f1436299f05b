"""Sketches are the least hashes of the shingles, and tell how similar the sets are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels.minhash import signatures
from dagster_project.corpus.kernels.sketches import PADDING, sketch_jaccard, write_sketch
from dagster_project.corpus.kernels.texts import buffers
from tests.oracles import minhash, sketches

FEW = st.sets(st.integers(0, 30), max_size=12)
PAIRS = st.lists(st.tuples(FEW, FEW), min_size=1, max_size=20)


def padded(sets, k):
    """Sketches of sets as the kernel takes them."""
    rows = np.full((len(sets), k), PADDING)
    sizes = np.array([min(len(values), k) for values in sets], np.int32)
    for row, values, size in zip(rows, sets, sizes, strict=True):
        row[:size] = sketches.sketch(values, k)
    return rows, sizes


def similarities(left, right, k):
    return sketch_jaccard(*padded(left, k), *padded(right, k)).tolist()


def sketched(hashes, k):
    row, room = np.empty(k, np.uint32), np.empty(len(hashes) + 1, np.uint32)
    size = write_sketch(np.array(hashes, np.uint64), len(hashes), row, room)
    assert (row[size:] == PADDING).all()
    return row[:size].tolist()


@given(PAIRS, st.integers(1, 14))
def test_similarity_is_that_of_the_twin(pairs, k):
    left, right = map(list, zip(*pairs, strict=True))
    expected = [sketches.estimate(sketches.sketch(a, k), sketches.sketch(b, k), k) for a, b in pairs]
    assert similarities(left, right, k) == expected
    assert similarities(right, left, k) == expected


@given(PAIRS)
def test_whole_sketches_are_exact(pairs):
    left, right = map(list, zip(*pairs, strict=True))
    assert similarities(left, right, 13) == [sketches.jaccard(a, b) for a, b in pairs]


@pytest.mark.parametrize("similarity", [0.0, 0.2, 0.5, 0.8, 0.95, 1.0])
def test_estimates_are_unbiased(similarity):
    """The mean of 400 estimates lies within four standard errors of the truth."""
    generator, k, trials, size = np.random.default_rng(0), 64, 400, 1000
    shared = round(2 * size * similarity / (1 + similarity))
    values = [generator.choice(2**32, 2 * size, replace=False).tolist() for _ in range(trials)]
    left, right = [set(v[:size]) for v in values], [set(v[size - shared : 2 * size - shared]) for v in values]
    truth = [sketches.jaccard(a, b) for a, b in zip(left, right, strict=True)]
    assert np.allclose(truth, similarity, atol=0.001)
    error = np.sqrt(similarity * (1 - similarity) / k / trials)
    assert abs(np.mean(similarities(left, right, k)) - np.mean(truth)) <= 4 * error


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200), st.integers(1, 40), st.integers(1, 30))
def test_sketch_of_hashes(hashes, k, repeats):
    expected = sketches.sketch(sketches.short_hashes(hashes), k)
    assert sketched(hashes, k) == expected
    assert sketched(hashes * repeats, k) == expected


@pytest.mark.parametrize("distinct", [3, 31, 32, 33, 100, 5000])
def test_sketch_of_many_hashes_of_which_few_differ(distinct):
    generator = np.random.default_rng(distinct)
    hashes = generator.integers(0, 2**64, distinct, np.uint64).tolist() * (20_000 // distinct)
    assert sketched(hashes, 32) == sketches.sketch(sketches.short_hashes(hashes), 32)


@settings(max_examples=30)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=60), min_size=1, max_size=4))
def test_signatures_come_with_sketches(documents):
    signed = signatures(*buffers(pa.array([" ".join(words) for words in documents])), ngram=2, sketch=16)
    expected = [sketches.sketch(sketches.short_hashes(minhash.shingle_hashes(words, 2)), 16) for words in documents]
    assert signed.sketch_sizes.tolist() == [len(values) for values in expected]
    assert [row[:size].tolist() for row, size in zip(signed.sketch, signed.sketch_sizes, strict=True)] == expected


def test_no_sketch_unless_asked_for():
    signed = signatures(*buffers(pa.array(["a b c d e f"])))
    assert signed.sketch.shape == (1, 0)
    assert signed.sketch_sizes.tolist() == [0]


def test_pairs_must_match():
    one, two = np.zeros((1, 4), np.uint32), np.zeros((2, 4), np.uint32)
    with pytest.raises(ValueError, match=r"\(1, 4\) with \(2, 4\)"):
        sketch_jaccard(one, np.zeros(1, np.int32), two, np.zeros(2, np.int32))
    with pytest.raises(ValueError, match="2 pairs need as many sizes"):
        sketch_jaccard(two, np.zeros(1, np.int32), two, np.zeros(2, np.int32))
