"""Spherical k-means on vectors in whole numbers (Dhillon, Modha 2001): nearest centroids, and centroids of clusters.

A centroid is a column of int16[FEATURES, k], so that a feature of a document meets all centroids in one row. No sum
exceeds its type: vectors have the length UNIT, so all partial sums of a product of two are at most UNIT² = 2^28, but
for what rounding adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.term_vectors import FEATURES, UNIT, Terms

NONE = -1  # the cluster of a document that is like no centroid
FINER = 8  # bits that the mean of a cluster has beyond those of its vectors

Centroids = NDArray[np.int16]


def nearest(vectors: Terms, centroids: Centroids) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Of each document the centroid with the greatest product, of equal ones the first, and that product;
    int32[n] each. NONE and 0 where no product is above 0.
    """
    found: tuple[NDArray[np.int32], NDArray[np.int32]] = _nearest(*vectors, centroids)
    return found


def distances(vectors: Terms, document: int) -> NDArray[np.int64]:
    """The squared distances of all documents from this one, in units of 1 / UNIT²; 0 of equal vectors alone."""
    found: NDArray[np.int64] = _distances(*vectors, document, FEATURES)
    return found


def move(centroids: Centroids, vectors: Terms, clusters: NDArray[np.int32]) -> None:
    """Put every centroid in the direction of the mean of its documents; without any, it stays."""
    order = np.argsort(clusters, kind="stable")
    bounds = np.searchsorted(clusters[order], np.arange(centroids.shape[1] + 1))
    _move(*vectors, order, bounds, centroids)


@compiled
def _nearest(features: Any, values: Any, firsts: Any, centroids: Any) -> Any:
    documents, count = len(firsts) - 1, centroids.shape[1]
    clusters, best = np.empty(documents, np.int32), np.zeros(documents, np.int32)
    sums = np.empty(count, np.int32)
    for i in range(documents):
        sums[:] = 0
        for at in range(firsts[i], firsts[i + 1]):
            value, row = np.int32(values[at]), centroids[features[at]]
            for j in range(count):
                sums[j] += value * row[j]
        clusters[i] = NONE
        for j in range(count):
            if sums[j] > best[i]:
                clusters[i], best[i] = j, sums[j]
    return clusters, best


@compiled
def _distances(features: Any, values: Any, firsts: Any, document: Any, size: Any) -> Any:
    one, found, length = np.zeros(size, np.int64), np.zeros(len(firsts) - 1, np.int64), np.int64(0)
    for at in range(firsts[document], firsts[document + 1]):
        one[features[at]] = values[at]
        length += one[features[at]] * one[features[at]]
    for i in range(len(found)):
        found[i] = length
        for at in range(firsts[i], firsts[i + 1]):
            value = np.int64(values[at])
            found[i] += value * (value - 2 * one[features[at]])
    return found


@compiled
def _move(features: Any, values: Any, firsts: Any, order: Any, bounds: Any, centroids: Any) -> Any:
    sums = np.empty(len(centroids), np.int64)
    for cluster in range(len(bounds) - 1):
        documents = bounds[cluster + 1] - bounds[cluster]
        sums[:] = 0
        for place in range(bounds[cluster], bounds[cluster + 1]):
            for at in range(firsts[order[place]], firsts[order[place] + 1]):
                sums[features[at]] += values[at]
        total = np.int64(0)
        for feature in range(len(sums)):
            sums[feature] = (sums[feature] << FINER) // max(1, documents)
            total += sums[feature] * sums[feature]
        length = np.int64(np.sqrt(np.float64(total)))
        if length:
            for feature in range(len(sums)):
                centroids[feature, cluster] = (2 * sums[feature] * UNIT + length) // (2 * length)
