"""The `scores` group: what one artifact says of each document, in millionths.

The artifact is a scorer trained here or a model of the user; whichever it is stands in the lineage as an input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.formats import load_scorer
from dagster_project.corpus.scorers.scorer import UNIT, millionths

CODE_VERSION = "1"
BINS = 20  # of the profile, each 1 / BINS of the scores from 0 to 1
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("score", pa.int64(), nullable=False),  # millionths
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], artifact: Artifact) -> tuple[pa.Table, dict[str, Any]]:
    """The score of every document, and how many documents there are in each twentieth of the scores from 0 to 1."""
    scorer = load_scorer(artifact.model, artifact.loading)
    name = artifact.model.name if artifact.model else artifact.loading.factory
    scores = millionths(scorer, block.documents.column("text").to_pylist(), name)
    bins, counts = np.unique(np.clip(scores * BINS // UNIT, 0, BINS - 1), return_counts=True)
    table = pa.table([block.documents.column("doc_id"), pa.array(scores)], schema=SCHEMA)
    return table, {"histogram": {f"{bin:02d}": int(count) for bin, count in zip(bins, counts, strict=True)}}
