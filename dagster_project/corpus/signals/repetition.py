"""The `repetition` group: characters in repeated n-grams of words, as four published rule sets count them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.repetition import COLUMNS, repetition
from dagster_project.corpus.model.documents import ID

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [pa.field("doc_id", ID, nullable=False), *[pa.field(name, pa.int64(), nullable=False) for name in COLUMNS]]
)


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """One row per document, and how many characters of words there are and how many stand in repeated n-grams."""
    data, _ = block.texts
    counts = repetition(data, block.words)
    columns = [block.documents.column("doc_id"), *[pa.array(counts[name]) for name in COLUMNS]]
    sums = {
        name: int(counts[name].sum()) for name in ("word_characters", "duplicated_5_n_grams", "duplicated_10_n_grams")
    }
    return pa.table(columns, schema=SCHEMA), sums
