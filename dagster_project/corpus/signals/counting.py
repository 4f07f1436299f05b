"""The `counts` group: every integer that the Gopher quality rules need, from one pass over the UTF-8 bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.kernels.counts import Counts, count
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.documents import ID

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [pa.field("doc_id", ID, nullable=False), *[pa.field(name, pa.int64(), nullable=False) for name in Counts._fields]]
)


def measure(documents: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """The counts of every document, and their sums."""
    counts = count(*buffers(documents.column("text")))
    table = pa.table([documents.column("doc_id"), *[pa.array(counts[name]) for name in Counts._fields]], schema=SCHEMA)
    totals = {name: int(counts[name].sum()) for name in ("bytes", "characters", "lines", "words")}
    return table, {**totals, "words_histogram": _histogram(counts["words"])}


def _histogram(words: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, int]:
    """Documents by powers of two of their words: bin "6" is 64 to 127 words, bin "-1" is none."""
    bins = np.where(words > 0, np.floor(np.log2(np.maximum(words, 1))), -1).astype(int)
    names, counts = np.unique(bins, return_counts=True)
    return {str(name): int(number) for name, number in zip(names, counts, strict=True)}
