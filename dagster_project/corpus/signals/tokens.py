"""The `tokens` group: how many tokens a document has by the tokenizer of an artifact, special ones apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.tokenizers import load_tokenizer

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),  # without the separator that an export may put after them
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], artifact: Artifact) -> tuple[pa.Table, dict[str, Any]]:
    """The tokens of every document, and of all together."""
    if artifact.model is None:
        raise Refused("an artifact without a model file has no tokens: name one of kind tokenizer")
    tokenizer = load_tokenizer(artifact.model, artifact.loading)
    counts = tokenizer.count(block.documents.column("text"))
    table = pa.table([block.documents.column("doc_id"), pa.array(counts)], schema=SCHEMA)
    return table, {"tokens": int(counts.sum())}
