"""The `clusters` group: which cluster of an artifact a document is nearest to, and how near that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.clusters import NONE, load_clusters, places

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("cluster", pa.int32()),  # null without a word that any cluster has
        pa.field("closeness", pa.int64()),  # cosine with its centroid in millionths; null without a cluster
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], artifact: Artifact) -> tuple[pa.Table, dict[str, Any]]:
    """The cluster of every document, and how many documents each cluster has."""
    if artifact.model is None:
        raise Refused("an artifact without a model file has no clusters: name one of kind clusters")
    model = load_clusters(artifact.model, artifact.loading)
    found = places(model, block.texts)
    unknown = found.clusters == NONE
    columns = [pa.array(found.clusters, mask=unknown), pa.array(found.closeness, mask=unknown)]
    table = pa.table([block.documents.column("doc_id"), *columns], schema=SCHEMA)
    sizes = np.bincount(found.clusters[~unknown], minlength=model.centroids.shape[1]).tolist()
    by_cluster = {f"{cluster:03d}": size for cluster, size in enumerate(sizes)}
    return table, {"clusters": {**by_cluster, "unknown": int(unknown.sum())}}
