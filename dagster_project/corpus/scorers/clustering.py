"""Finding clusters: spherical k-means (Dhillon, Modha 2001) from seeds drawn as k-means++ draws them (Arthur,
Vassilvitskii 2007), in whole numbers, so that the same texts have the same clusters whatever their order and machine.

Memory holds 4 bytes for each different word of each text of the sample, whose size is bounded twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.centroids import NONE, Centroids, distances, move, nearest
from dagster_project.corpus.kernels.term_vectors import FEATURES, Terms, plain, rareness, terms_of, weighted
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers
from dagster_project.corpus.model.artifact_recipes import ClusteringRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.clusters import Clusters, Places, placed, places
from dagster_project.corpus.scorers.scorer import UNIT as MILLION

MOST_TERMS = 1 << 26  # different words of all texts of a sample, each text's counted: 256 MB


class Found(NamedTuple):
    """Clusters, the largest first; where the texts of the sample belong; how often the centroids moved, and how many
    documents changed their cluster the last time."""

    model: Clusters
    places: Places
    iterations: int
    unsettled: int


def sampled(batches: Iterable[Sequence[str]]) -> Terms:
    """The words of the first texts, up to MOST_TERMS; always of one."""
    parts, room = [], MOST_TERMS
    for batch in batches:
        parts.append(terms_of(plain(*as_buffers(batch))[1]))
        room -= len(parts[-1].features)
        if room <= 0:
            break
    sizes = [np.diff(part.firsts) for part in parts]
    firsts = np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes]))
    kept = max(1, int(np.searchsorted(firsts, MOST_TERMS, side="right")) - 1)
    firsts = firsts[: kept + 1]
    features, values = (np.concatenate([part[which] for part in parts])[: firsts[-1]] for which in (0, 1))
    return Terms(features, values, firsts)


def find_clusters(counts: Terms, recipe: ClusteringRecipe, seed: int, name: str) -> Found:
    """The clusters of documents with these words."""
    documents = int((np.diff(counts.firsts) > 0).sum())
    rare = rareness(np.bincount(counts.features, minlength=FEATURES), documents)
    vectors = weighted(counts, rare)
    centroids = seeds(vectors, recipe.clusters, seed, name)
    iterations, unsettled = settle(vectors, centroids, recipe.iterations)
    clusters, _ = nearest(vectors, centroids)
    sizes = np.bincount(clusters[clusters != NONE], minlength=recipe.clusters)
    centroids = np.ascontiguousarray(centroids[:, np.argsort(-sizes, kind="stable")])
    return Found(Clusters(rare, centroids), placed(vectors, centroids), iterations, unsettled)


def seeds(vectors: Terms, count: int, seed: int, name: str) -> Centroids:
    """Documents as first centroids, each drawn in proportion to the square of its distance from those before it."""
    centroids = np.zeros((FEATURES, count), np.int16)
    weights = (np.diff(vectors.firsts) > 0).astype(np.int64)
    for number in range(count):
        until = np.cumsum(weights)
        if not len(until) or not until[-1]:
            raise Refused(
                f"artifact {name} is to have {count} clusters, and its texts to learn from have {number} different "
                "sets of words: ask for fewer clusters, or name more texts"
            )
        chosen = int(np.searchsorted(until, _drawn(seed, number) % int(until[-1]), side="right"))
        row = slice(vectors.firsts[chosen], vectors.firsts[chosen + 1])
        centroids[vectors.features[row], number] = vectors.values[row]
        far = distances(vectors, chosen)
        weights = np.minimum(weights, far) if number else np.where(weights, far, 0)
    return centroids


def settle(vectors: Terms, centroids: Centroids, iterations: int) -> tuple[int, int]:
    """Move the centroids until no document changes its cluster, or so often. How often they moved, and how many
    documents had changed before the last time."""
    before, changed = np.full(len(vectors.firsts) - 1, NONE - 1, np.int32), 0
    for number in range(iterations):
        clusters, _ = nearest(vectors, centroids)
        if not (now := int((clusters != before).sum())):
            return number, 0
        changed, before = now, clusters
        move(centroids, vectors, clusters)
    return iterations, changed


def measured(model: Clusters, batches: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Of texts that nothing was learned from: how many, how many are in no cluster, and how close the others are."""
    found = [places(model, as_buffers(batch)) for batch in batches]
    clusters = np.concatenate([np.empty(0, np.int32), *(item.clusters for item in found)])
    closeness = np.concatenate([np.empty(0, np.int64), *(item.closeness for item in found)])
    return {
        "documents": len(clusters),
        "unknown": int((clusters == NONE).sum()),
        "closeness": mean(closeness[clusters != NONE]),
    }


def mean(closeness: NDArray[np.int64]) -> float | None:
    """As a fraction of 1; of nothing, nothing."""
    return round(int(closeness.sum()) / len(closeness) / MILLION, 6) if len(closeness) else None


def as_buffers(texts: Sequence[str]) -> tuple[Bytes, Offsets]:
    return buffers(pa.array(texts, pa.large_string()))


def _drawn(seed: int, number: int) -> int:
    """128 bits that the seed and the number of the draw decide."""
    return int.from_bytes(hashlib.sha256(f"florilegium clusters {seed} {number}".encode()).digest()[:16], "big")
