"""The `lines` group: how lines begin, end and repeat, and paragraphs repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.lines import Lines, count_lines
from dagster_project.corpus.signals.counting import integers, rows

CODE_VERSION = "1"
SCHEMA = integers(Lines._fields)
TOTALS = ("newlines", "nonblank_lines", "paragraphs", "duplicate_segments", "duplicate_paragraphs")


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, int]]:
    """The counts of every document's lines, and sums."""
    counted = count_lines(*block.texts)
    return rows(block, counted, SCHEMA), {name: int(counted[name].sum()) for name in TOTALS}
