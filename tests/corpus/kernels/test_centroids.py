"""Spherical k-means in whole numbers: nearest, distances and means are the oracle's, ties go to the lower number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.centroids import NONE, Centroids, distances, move, nearest
from dagster_project.corpus.kernels.term_vectors import FEATURES, UNIT, Terms
from tests.oracles import clusters as oracle

Vector = dict[int, int]
some_vectors = st.lists(
    st.dictionaries(st.integers(0, 6), st.integers(-5000, 5000).filter(bool), max_size=5), max_size=8
)


def terms(vectors: list[Vector]) -> Terms:
    features = np.array([feature for vector in vectors for feature in vector], np.uint16)
    values = np.array([value for vector in vectors for value in vector.values()], np.int16)
    return Terms(features, values, np.cumsum([0, *map(len, vectors)]).astype(np.int64))


def centroids(vectors: list[Vector]) -> Centroids:
    made = np.zeros((FEATURES, len(vectors)), np.int16)
    for number, vector in enumerate(vectors):
        for feature, value in vector.items():
            made[feature, number] = value
    return made


def columns(found: Centroids) -> list[Vector]:
    return [{int(feature): int(own[feature]) for feature in np.flatnonzero(own)} for own in found.T]


@given(some_vectors, some_vectors.filter(bool))
def test_the_nearest_is_the_one_of_the_oracle(documents: list[Vector], some: list[Vector]) -> None:
    clusters, products = nearest(terms(documents), centroids(some))
    assert list(zip(clusters.tolist(), products.tolist(), strict=True)) == oracle.nearest(documents, some)


@given(some_vectors.filter(bool))
def test_distances_are_those_of_the_oracle(documents: list[Vector]) -> None:
    assert distances(terms(documents), 0).tolist() == [oracle.distance(documents[0], other) for other in documents]


@given(some_vectors, st.lists(st.integers(-1, 2), min_size=8, max_size=8))
def test_centroids_move_as_those_of_the_oracle(documents: list[Vector], clusters: list[int]) -> None:
    before = [{0: UNIT}, {1: UNIT}, {2: -UNIT}]
    found = centroids(before)
    move(found, terms(documents), np.array(clusters := clusters[: len(documents)], np.int32))
    assert columns(found) == oracle.moved(documents, clusters, before)


def test_equal_centroids_leave_a_document_to_the_first() -> None:
    clusters, _ = nearest(terms([{1: UNIT}, {2: UNIT}]), centroids([{2: UNIT}, {1: UNIT}, {1: UNIT}]))
    assert clusters.tolist() == [1, 0]


def test_what_is_like_no_centroid_is_in_no_cluster() -> None:
    clusters, products = nearest(terms([{5: UNIT}, {1: -UNIT}, {}]), centroids([{1: UNIT}]))
    assert (clusters.tolist(), products.tolist()) == ([NONE] * 3, [0] * 3)


def test_the_longest_sums_fit() -> None:
    """Every feature in a document and in a centroid: as large as a product of two vectors can become."""
    value = round(UNIT / FEATURES**0.5)
    vector = dict.fromkeys(range(FEATURES), value)
    clusters, products = nearest(terms([vector] * 2), centroids([vector]))
    assert (clusters.tolist(), products.tolist()) == ([0, 0], [FEATURES * value**2] * 2)
    found = centroids([{}])
    move(found, terms([{7: UNIT}] * 70_000), np.zeros(70_000, np.int32))
    assert columns(found) == [{7: UNIT}]
