"""What clusters are about: of each its size, how close its documents are, and the words that tell it from others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.centroids import NONE, Centroids, move
from dagster_project.corpus.kernels.term_vectors import (
    FEATURES,
    Terms,
    features_of,
    plain,
    signs_of,
    weighted,
)
from dagster_project.corpus.kernels.words import ALPHABETIC, Words
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.scorers.clustering import Found, as_buffers, mean
from dagster_project.corpus.scorers.scorer import UNIT as MILLION

TOLD = 10  # words of a cluster
LONGEST = 40  # characters of a word that are told

Counts = dict[tuple[int, int], dict[str, int]]  # documents by cluster and feature, and by word


def told(found: Found, counts: Terms, batches: Iterable[Sequence[str]]) -> list[dict[str, Any]]:
    """One entry for each cluster; the batches are the texts of the sample. Inertia is the sum of 1 - cosine."""
    model, places = found.model, found.places
    telling = telling_features(model.centroids, weighted(counts, model.rare))
    words, start = Counts(), 0
    for batch in batches:
        count_words(words, batch, places.clusters[start : start + len(batch)], model.centroids, telling)
        start += len(batch)
    entries = []
    for cluster, features in enumerate(telling):
        closeness = places.closeness[places.clusters == cluster]
        entries.append(
            {
                "cluster": cluster,
                "documents": len(closeness),
                "closeness": mean(closeness),
                "inertia": round(float((MILLION - closeness).sum()) / MILLION, 6),
                "words": [_most(words[cluster, feature]) for feature in features if (cluster, feature) in words],
            }
        )
    return entries


def telling_features(centroids: Centroids, vectors: Terms) -> list[list[int]]:
    """Of each cluster the features by which its centroid exceeds the centroid of all documents most, in that order."""
    every = np.zeros((FEATURES, 1), np.int16)
    move(every, vectors, np.zeros(len(vectors.firsts) - 1, np.int32))
    ranked = []
    for own in centroids.T.astype(np.int32):
        more = (own - every[:, 0]) * np.sign(own)
        best = np.argsort(-more, kind="stable")[:TOLD]
        ranked.append(best[more[best] > 0].tolist())
    return ranked


def count_words(
    counts: Counts,
    texts: Sequence[str],
    clusters: NDArray[np.int32],
    centroids: Centroids,
    telling: Sequence[Sequence[int]],
) -> None:
    """Add the documents that have each word behind a feature that tells their cluster."""
    text, words = plain(*as_buffers(texts))
    documents, places = _telling_words(words, clusters, centroids, telling)
    keys = np.stack([documents, words.hashes[places].view(np.int64)], axis=1)
    _, firsts = np.unique(keys, axis=0, return_index=True)  # once per document
    features = features_of(words.hashes)
    for document, place in zip(documents[firsts].tolist(), places[firsts].tolist(), strict=True):
        word = bytes(text[words.starts[place] : words.ends[place]]).decode(errors="replace")
        found = counts.setdefault((int(clusters[document]), int(features[place])), {})
        found[word] = found.get(word, 0) + 1


def _telling_words(
    words: Words, clusters: NDArray[np.int32], centroids: Centroids, telling: Sequence[Sequence[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(documents, places) of the words behind the features that tell the cluster of their document."""
    is_telling = np.zeros((FEATURES, len(telling)), bool)
    for number, chosen in enumerate(telling):
        is_telling[chosen, number] = True
    documents = np.repeat(np.arange(len(clusters)), np.diff(words.firsts))
    own, features = clusters[documents], features_of(words.hashes)
    is_word = (words.flags & ALPHABETIC != 0) & (own != NONE) & is_telling[features, own]
    is_word &= np.sign(centroids[features, own]) == signs_of(words.hashes)
    places = np.flatnonzero(is_word)
    return documents[places], places


def _most(words: dict[str, int]) -> str:
    """The word that most documents have, as a person may read it."""
    return visible(min(words, key=lambda word: (-words[word], word)), LONGEST)
