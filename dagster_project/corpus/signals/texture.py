"""The `texture` group: distinct words, entropies, compressed size, syllables and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.kernels.texture import COLUMNS, measure_texture
from dagster_project.corpus.signals.counting import integers, rows

CODE_VERSION = "1"
SCHEMA = integers(COLUMNS)
TOTALS = tuple(name for name in COLUMNS if name.endswith("_letters"))


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, int]]:
    """The texture of every document, and the letters of each script that occurs."""
    measured = measure_texture(*block.texts, block.words)
    letters = {name: int(measured[name].sum()) for name in TOTALS}
    return rows(block, measured, SCHEMA), {name: count for name, count in letters.items() if count}
