"""The `counts` group: characters and words, every integer that rules on whole texts need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.counts import Column, Counts, count
from dagster_project.corpus.model.documents import ID

CODE_VERSION = "2"


def integers(names: tuple[str, ...]) -> pa.Schema:
    """One integer per document under each name, after its id."""
    columns = [pa.field(name, pa.int64(), nullable=False) for name in names]
    return pa.schema([pa.field("doc_id", ID, nullable=False), *columns])


def rows(block: Block, counted: Mapping[str, Column], schema: pa.Schema) -> pa.Table:
    """What was counted of the documents of a block."""
    columns = [pa.array(counted[name]) for name in schema.names[1:]]
    return pa.table([block.documents.column("doc_id"), *columns], schema=schema)


SCHEMA = integers(Counts._fields)
TOTALS = ("bytes", "characters", "lines", "words", "sentences")


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """The counts of every document, and their sums."""
    counted = count(*block.texts, block.words)
    totals = {name: int(counted[name].sum()) for name in TOTALS}
    return rows(block, counted, SCHEMA), {**totals, "words_histogram": _histogram(counted["words"])}


def _histogram(words: Column) -> dict[str, int]:
    """Documents by powers of two of their words: bin "6" is 64 to 127 words, bin "-1" is none."""
    bins = np.where(words > 0, np.floor(np.log2(np.maximum(words, 1))), -1).astype(int)
    names, counts = np.unique(bins, return_counts=True)
    return {str(name): int(number) for name, number in zip(names, counts, strict=True)}
