"""The facts of a duplicates report: layers together, counted as their rows say, and the same however work is cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.deduplication.duplicate_facts import duplicate_facts
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import IntegrityError
from tests.corpora import prose
from tests.corpus.deduplication.layered import Corpus

COPY = "\nAnd one more sentence to be found."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A family of five over two layers, one of two in the first and one of two that the second made of one alone."""
    return Corpus(
        tmp_path_factory.mktemp("facts"),
        old={**{f"a{n}": prose(n, 240) for n in range(4)}, "a0-too": prose(0, 240), "a1-near": prose(1, 240) + COPY},
        new={
            **{f"b{n}": {"text": prose(0, 240), "license": "CC-BY-4.0"} for n in range(3)},
            "b3": prose(3, 240).upper(),
            "poor": "nothing",
        },
    )


def facts_of(corpus: Corpus, most: int = 10) -> dict[str, Any]:
    return duplicate_facts(LocalEngine(1), corpus.store, corpus.name, corpus.manifest, most)


def test_layers_are_counted_together(corpus: Corpus) -> None:
    found = facts_of(corpus)
    assert (found["documents"], found["families"], found["alone"]) == (11, 3, 2)
    assert found["status"] == {"rejected": 1, "suppressed": 6, "survivor": 4}
    assert found["by_source"]["new@dev"] == {"rejected": 1, "suppressed": 4}
    assert found["sizes"] == [{"from": 2, "families": 2, "documents": 4}, {"from": 4, "families": 1, "documents": 5}]
    assert found["copies"] == {"exact": 4, "near": 1, "normalized": 1}
    assert [layer["partition"] for layer in found["layers"]] == ["deduplicated/old@dev", "deduplicated/new@dev"]


def test_the_largest_families_begin_as_their_leaders_do(corpus: Corpus) -> None:
    first, *others = facts_of(corpus)["largest"]
    assert (first["size"], first["kinds"], first["sources"]) == (5, {"exact": 4}, {"new@dev": 3, "old@dev": 2})
    assert first["first_line"] == prose(0, 240).splitlines()[0]
    assert corpus.names[bytes.fromhex(first["leader"])] == first["locator"]
    assert {family["locator"] for family in others if family["sources"] == {"new@dev": 1, "old@dev": 1}} == {"a3"}
    assert [family["size"] for family in facts_of(corpus, most=2)["largest"]] == [5, 2]


def test_who_copies_from_whom_and_under_which_licenses(corpus: Corpus) -> None:
    found = facts_of(corpus)
    meeting = {
        (row["source"], row["survivor_source"], row["kind"], row["license"]): row["documents"]
        for row in found["meetings"]
    }
    assert meeting == {
        ("new@dev", "old@dev", "exact", "CC-BY-4.0"): 3,
        ("new@dev", "old@dev", "normalized", "MIT"): 1,
        ("old@dev", "old@dev", "exact", "MIT"): 1,
        ("old@dev", "old@dev", "near", "MIT"): 1,
    }
    assert {row["survivor_license"] for row in found["meetings"]} == {"MIT"}
    edges = {(row["one"], row["other"]): row["kinds"] for row in found["edges"]}
    assert edges["new", "old"] == {"exact": 3, "normalized": 1, "url": 0, "near": 0}


def test_a_corpus_without_copies_has_facts(tmp_path: Path) -> None:
    found = facts_of(Corpus(tmp_path, all={"a": prose(1)}))
    assert (found["documents"], found["alone"], found["families"]) == (1, 1, 0)
    assert found["sizes"] == found["largest"] == found["meetings"] == found["edges"] == []


def test_versions_that_count_others_than_their_rows_are_refused(corpus: Corpus) -> None:
    profile = {**corpus.manifest.profile, "status": {"survivor": 1, "suppressed": 1}}
    with pytest.raises(IntegrityError, match="counts others than its rows"):
        duplicate_facts(LocalEngine(1), corpus.store, corpus.name, replace(corpus.manifest, profile=profile), 1)
