"""The `perplexity` group: how surprising a document is to an n-gram model, and which third of its reference that is.

Perplexity is exp(-log_prob / scored_words); cc_net parts documents into head, middle and tail by it (Wenzek et al.
2020, arXiv:1911.00359).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.ngrams import per_word
from dagster_project.corpus.scorers.perplexity_models import load_perplexity

CODE_VERSION = "1"
BUCKETS = ("head", "middle", "tail")
FINER = 1000  # parts of a thousandth of a nat in which costs are summed
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("scored_words", pa.int64(), nullable=False),  # as the model has them; a KenLM counts ends of lines
        pa.field("log_prob", pa.int64(), nullable=False),  # thousandths of a nat, the sum over those words
        pa.field("perplexity_bucket", pa.string()),  # null without words, or where the model has no thresholds
    ]
)


def measure(block: Block, recipe: Mapping[str, Any], artifact: Artifact) -> tuple[pa.Table, dict[str, Any]]:
    """Words, log-probability and bucket of every document, and how many documents each bucket has."""
    if artifact.model is None:
        raise Refused("a scorer without a model file tells no perplexity: judge it by the rule score")
    model = load_perplexity(artifact.model, artifact.loading)
    words, costs = model.measure(block.texts, lambda: block.words)
    bucket = np.searchsorted(np.array(model.cuts, np.int64), per_word(costs, words), side="left")
    unknown = (words == 0) | (len(model.cuts) == 0)
    columns = [
        block.documents.column("doc_id"),
        pa.array(words),
        pa.array(-((costs + FINER // 2) // FINER)),
        pa.array(BUCKETS, pa.string()).take(pa.array(bucket, mask=unknown)),
    ]
    table = pa.table(columns, schema=SCHEMA)
    counts = {name: int(((bucket == number) & ~unknown).sum()) for number, name in enumerate(BUCKETS)}
    return table, {"scored_words": int(words.sum()), "buckets": {**counts, "unknown": int(unknown.sum())}}
