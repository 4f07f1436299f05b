"""Blocks of a few texts, for tests of signal groups."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.signals.privacy import findings


def block_of(texts: Sequence[str]) -> Block:
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(texts))], pa.binary(16))
    return Block(pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string())}))


def found_in(text: str) -> list[tuple[str, str]]:
    """Pattern and value of every finding."""
    found, _ = findings(*block_of([text]).texts)
    data = text.encode()
    return [(item.pattern.name, data[item.start : item.end].decode()) for _, item in found]
