"""Clusters of documents as a model: what features weigh, and a centroid for each cluster. A file of plain arrays."""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels.centroids import NONE, Centroids, nearest
from dagster_project.corpus.kernels.term_vectors import FEATURES, UNIT, Terms, Weights, plain, terms_of, weighted
from dagster_project.corpus.kernels.texts import Bytes, Offsets
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.files import Model
from dagster_project.corpus.scorers.scorer import UNIT as MILLION
from dagster_project.corpus.scorers.scorer import Loading

FORMAT = "clusters"
VERSION = 1  # of the file

__all__ = ["FORMAT", "NONE", "Clusters", "Places", "load_clusters", "places", "save"]


class Clusters(NamedTuple):
    """int32[FEATURES], and int16[FEATURES, k]."""

    rare: Weights
    centroids: Centroids


class Places(NamedTuple):
    """Of each document its cluster, or NONE without a word that any cluster has; and its cosine with that centroid in
    millionths."""

    clusters: NDArray[np.int32]
    closeness: NDArray[np.int64]


def places(model: Clusters, texts: tuple[Bytes, Offsets]) -> Places:
    """Where some texts belong."""
    return placed(weighted(terms_of(plain(*texts)[1]), model.rare), model.centroids)


def placed(vectors: Terms, centroids: Centroids) -> Places:
    """The same of vectors."""
    clusters, products = nearest(vectors, centroids)
    return Places(clusters, np.minimum(products.astype(np.int64) * MILLION // UNIT**2, MILLION))


def save(model: Clusters) -> bytes:
    """The model as a file; the same model has the same bytes."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, version=np.array(VERSION), rare=model.rare, centroids=model.centroids)
    return file.getvalue()


def load(path: Path, name: str) -> Clusters:
    """The model of a file; nothing in it is ever run."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if int(arrays["version"]) != VERSION:
            raise Refused(
                f"{name} has format {int(arrays['version'])}, and this release reads {VERSION}: make it again"
            )
        rare, centroids = arrays["rare"].astype(np.int32), np.ascontiguousarray(arrays["centroids"], np.int16)
        if rare.shape != (FEATURES,) or centroids.shape[:1] != (FEATURES,) or centroids.ndim != 2:
            raise ValueError(f"arrays of the shapes {rare.shape} and {centroids.shape}")
        return Clusters(rare, centroids)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
        raise Refused(f"{name} cannot be loaded as clusters ({error}): make them here, or name another") from None


@lru_cache(maxsize=2)
def load_clusters(model: Model, loading: Loading) -> Clusters:
    """The model in the memory of this process."""
    if loading.format != FORMAT:
        raise Refused(f"a model of format {loading.format} has no clusters: name an artifact of kind clusters")
    with model.opened() as path:
        return load(path, model.name)
