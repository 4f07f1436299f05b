"""Components are those of the flood, whatever the order of edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.components import components
from tests.oracles import components as oracle

GRAPHS = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
)


def labels(n, edges):
    left, right = np.array(edges, np.int64).reshape(-1, 2).T
    return components(n, left.copy(), right.copy()).tolist()


@given(GRAPHS, st.randoms())
def test_twin_and_order(graph, random):
    n, edges = graph
    shuffled = [random.choice([(i, j), (j, i)]) for i, j in random.sample(edges, len(edges))]
    assert labels(n, edges) == labels(n, shuffled) == oracle.components(n, edges)


def test_a_long_chain():
    n = 200_000
    assert components(n, np.arange(n - 1), np.arange(1, n)).max() == 0
    assert components(n, np.arange(1, n)[::-1], np.arange(n - 1)[::-1]).max() == 0


@pytest.mark.parametrize("edge", [(0, 3), (-1, 0)])
def test_ids_outside_are_refused(edge):
    with pytest.raises(ValueError, match="outside 0…2"):
        labels(3, [edge])
