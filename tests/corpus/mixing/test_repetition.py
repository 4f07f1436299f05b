"""Repeats counted against a slow count: of documents whatever their family is called, of variants, and of families."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.mixing.members import MEMBER
from dagster_project.corpus.mixing.repetition import Repetition

ROWS = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 3), st.integers(0, 1)), max_size=60)
PARENTS = st.lists(st.integers(0, 3), min_size=9, max_size=9)  # of each document; 0 is natural text


@given(ROWS, PARENTS)
def test_repeats_are_counted_by_document_by_parent_and_by_family(
    rows: list[tuple[int, int, int]], parents: list[int]
) -> None:
    members = np.zeros(len(rows), MEMBER)
    members["doc_id"] = [document.to_bytes(16, "little") for document, _, _ in rows]
    members["family"] = [family + 100 for _, family, _ in rows]
    members["parent"] = [parents[document] or document for document, _, _ in rows]
    members["words"] = [10 + document for document, _, _ in rows]
    members["shard"] = [document % 2 for document, _, _ in rows]
    repetition = Repetition(np.array([0, 1]), ["even", "odd"])
    for part in np.array_split(members, 3):
        repetition.add(part)
    found = repetition.counted()
    repetition.close()
    copies = Counter(document for document, _, _ in rows)
    variants = repeated_variants(set(copies), parents)
    near = repeated_near({(document, family) for document, family, _ in rows}, parents)
    assert found["members"] == len(rows)
    assert found["documents"] == len(copies)
    assert found["exact"] == len(rows) - len(copies)
    assert found["exact_words"] == sum((count - 1) * (10 + document) for document, count in copies.items())
    assert (found["variant"], found["variant_words"]) == (len(variants), sum(10 + document for document in variants))
    assert (found["near"], found["near_words"]) == (len(near), sum(10 + document for document in near))
    assert found["most_copies"] == max(copies.values(), default=0)
    assert found["copies"]["1"] == sum(count == 1 for count in copies.values())
    assert found["copies"]["2-9"] == sum(2 <= count <= 9 for count in copies.values())
    assert sum(item["members"] for item in found["by_source"].values()) == len(rows)
    for kind in ("exact", "variant", "near"):
        assert sum(item[kind] for item in found["by_source"].values()) == found[kind]


def repeated_variants(documents: set[int], parents: list[int]) -> list[int]:
    """All but the first of the documents of each parent, which may be one of them."""
    by_parent: dict[int, list[int]] = defaultdict(list)
    for document in sorted(documents):
        by_parent[parents[document] or document].append(document)
    return [document for group in by_parent.values() for document in group[1:]]


def repeated_near(placed: set[tuple[int, int]], parents: list[int]) -> list[int]:
    """Of each family one document of each parent, natural documents each for themselves; all but the first of these."""
    found = []
    for family in {family for _, family in placed}:
        firsts: dict[int, int] = {}
        for document in sorted(document for document, of in placed if of == family):
            firsts.setdefault(parents[document] or document, document)
        found += [firsts[parent] for parent in sorted(firsts)[1:]]
    return found


def test_near_copies_of_one_parent_are_variants_and_no_near_repeats() -> None:
    members = np.zeros(4, MEMBER)
    members["doc_id"] = [number.to_bytes(16, "little") for number in (1, 2, 3, 4)]
    members["family"], members["parent"], members["words"] = 9, [70, 70, 70, 4], [1, 10, 100, 1000]
    repetition = Repetition(np.array([0]), ["one"])
    repetition.add(members)
    found = repetition.counted()
    repetition.close()
    assert (found["exact"], found["variant"], found["near"]) == (0, 2, 1)
    assert (found["variant_words"], found["near_words"]) == (110, 1)
    assert found["by_source"]["one"] == {"documents": 4, "members": 4, "exact": 0, "variant": 2, "near": 1}
