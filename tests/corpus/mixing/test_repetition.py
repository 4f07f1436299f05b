"""Repeats counted against a slow count: of documents whatever their family is called, and of families."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.members import MEMBER
from dagster_project.corpus.mixing.repetition import Repetition

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 1)), max_size=60)


@given(ROWS)
def test_repeats_are_counted_by_document_and_by_family(rows: list[tuple[int, int, int]]) -> None:
    members = np.zeros(len(rows), MEMBER)
    members["doc_id"] = [document.to_bytes(16, "big") for document, _, _ in rows]
    members["family"] = [family + 100 for _, family, _ in rows]
    members["words"] = [10 + document for document, _, _ in rows]
    members["shard"] = [document % 2 for document, _, _ in rows]
    repetition = Repetition(np.array([0, 1]), ["even", "odd"])
    for part in np.array_split(members, 3):
        repetition.add(part)
    found = repetition.counted()
    repetition.close()
    copies, families = Counter(document for document, _, _ in rows), defaultdict(set)
    for document, family, _ in rows:
        families[family].add(document)
    assert found["members"] == len(rows)
    assert found["documents"] == len(copies)
    assert found["exact"] == len(rows) - len(copies)
    assert found["exact_words"] == sum((count - 1) * (10 + document) for document, count in copies.items())
    assert found["near"] == sum(len(documents) - 1 for documents in families.values())
    assert found["most_copies"] == max(copies.values(), default=0)
    assert found["copies"]["1"] == sum(count == 1 for count in copies.values())
    assert found["copies"]["2-9"] == sum(2 <= count <= 9 for count in copies.values())
    assert sum(item["members"] for item in found["by_source"].values()) == len(rows)
