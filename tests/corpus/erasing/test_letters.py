"""Which documents dead letters say are in which raw objects."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dagster_project.corpus.erasing.letters import detail_of, left_out_documents
from dagster_project.corpus.model.documents import DEAD_LETTERS, SAME, UNKNOWN_PARENT

GONE = b"g" * 16


@pytest.mark.parametrize(
    ("reason", "detail", "is_told"),
    [
        (SAME, detail_of(GONE, {}), True),
        (UNKNOWN_PARENT, detail_of(GONE, {"parents": "none"}), True),
        ("not JSON", detail_of(GONE, {}), False),  # what a reader says may quote the input
        (SAME, '{"a":1,' + detail_of(GONE, {})[1:], False),
        (SAME, None, False),
    ],
)
def test_only_letters_of_documents_tell_of_any(reason: str, detail: str | None, is_told: bool) -> None:
    row = {"raw_object": "r", "raw_position": 0, "reason": reason, "detail": detail, "excerpt": None}
    told = left_out_documents(pa.Table.from_pylist([row], DEAD_LETTERS)).to_pylist()
    assert told == ([{"doc_id": GONE, "raw_object": "r"}] if is_told else [])
