"""Minima are those of Python's integers, where the remainder is by the prime and where it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.permutations import EMPTY, PRIME, STEP, lower, lower_32
from dagster_project.corpus.kernels.pointers import pointer
from tests.oracles.minhash import permuted_minimum

P = int(PRIME)
# products around multiples of the prime, of 2^61 and of 2^64, where the remainder wraps
EDGES = st.builds(
    lambda multiple, offset: (multiple + offset) % 2**64,
    st.sampled_from([*(n * P for n in range(9)), *(n << 61 for n in range(8)), 0]),
    st.integers(-9, 9),
)
VALUES = st.one_of(EDGES, st.integers(0, 2**64 - 1))


@compiled
def lowered(minima, hashes, size, a, b, is_short):
    sums = np.empty(len(a), np.uint64)
    if is_short:
        lower_32(pointer(minima), pointer(hashes), 0, size, pointer(a), pointer(b), len(a))
    else:
        lower(pointer(minima), pointer(sums), pointer(hashes), 0, size, pointer(a), pointer(b), len(a))
    return minima


def minima(hashes, a, b, before=EMPTY, is_short=False):
    padded = np.array([*hashes, *[hashes[-1]] * STEP], np.uint64)
    rows = np.full(len(a), before)
    return lowered(rows, padded, len(hashes), np.array(a, np.uint64), np.array(b, np.uint64), is_short).tolist()


@given(st.lists(VALUES, min_size=1, max_size=30), st.lists(EDGES, min_size=1, max_size=12))
def test_edges_of_the_remainder(hashes, addends):
    """A multiplier of one lets the hashes be the products, but for the addend."""
    a = [1] * len(addends)
    assert minima(hashes, a, addends) == [permuted_minimum(hashes, 1, b) for b in addends]
    assert minima(hashes, a, addends, is_short=True) == [permuted_minimum(hashes, 1, b, 2**32) for b in addends]


@pytest.mark.parametrize("product", [*(n * P + k for n in range(9) for k in range(-1, 9) if 0 <= n * P + k < 2**64)])
def test_every_single_edge(product):
    assert minima([product], [1], [0]) == [product % P]
    assert minima([product, 5 * P // 2], [1], [0]) == [min(product % P, P // 2)]


@given(st.lists(VALUES, min_size=1, max_size=20), st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=9))
def test_any_coefficients(hashes, coefficients):
    a, b = map(list, zip(*coefficients, strict=True))
    assert minima(hashes, a, b) == [permuted_minimum(hashes, m, s) for m, s in coefficients]


def test_minima_are_only_lowered():
    assert minima([7], [1, 1], [0, 0], np.uint64(3)) == [3, 3]
    assert minima([7], [1, 1], [0, 0], np.uint64(8)) == [7, 7]
