"""Duplicates reports say what is hostile and do nothing that it says; charts and matrix agree with their facts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.deduplication.duplicate_facts import duplicate_facts
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing.duplicates import DUPLICATES_REPORTS, bins, duplicates_report, matrix
from dagster_project.corpus.publishing.duplicates_wording import attention, happenings, licenses, summary
from tests.corpora import prose
from tests.corpus.deduplication.layered import Corpus
from tests.corpus.publishing.conftest import HOSTILE
from tests.corpus.publishing.pages import HIDDEN, Page, inert


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Families of two, of which everything that data decides is hostile."""
    texts = {
        f"{side}{n}": {
            "text": f"{word[:2000]}\n{prose(n, 240)}",
            "title": word[:5000],
            "license": word[:300] if side == "b" else "MIT",
            "url": f"https://example.org/{side}{n}/{word[:50]}",
        }
        for n, word in enumerate(HOSTILE)
        for side in "ab"
    }
    corpus = Corpus(tmp_path_factory.mktemp("hostile"), "near: {max_family: 1}", all=texts)
    return duplicate_facts(LocalEngine(1), corpus.store, "deduplicated/<b>all</b>\x1b[31m@dev", corpus.manifest, 20)


@pytest.fixture(scope="module")
def reports(facts: dict[str, Any]) -> dict[str, str]:
    return {name: duplicates_report(facts, name).decode() for name in DUPLICATES_REPORTS}


def test_the_page_is_inert_and_shows_every_leader(facts: dict[str, Any], reports: dict[str, str]) -> None:
    page = inert(reports["html"])
    assert len(facts["largest"]) == len(HOSTILE)
    assert [family["leader"] for family in facts["largest"] if family["leader"] not in page.shown] == []
    assert "<script>alert(1)</script>" in page.shown
    assert r"\x1b[31mred" in page.shown
    assert not re.search(HIDDEN, reports["html"])


def test_markdown_shows_markup_as_text(reports: dict[str, str]) -> None:
    assert not re.search(HIDDEN, reports["md"])
    assert "<script>" not in reports["md"]
    assert "&lt;script&gt;" in reports["md"]


def test_json_is_the_facts(facts: dict[str, Any], reports: dict[str, str]) -> None:
    assert json.loads(reports["json"]) == json.loads(json.dumps(facts))
    assert "<" not in reports["json"]


def test_an_unknown_format_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="'pdf' is not a format of duplicates reports: use one of html, json, md"):
        duplicates_report(facts, "pdf")


def made(**changes: Any) -> dict[str, Any]:
    """Facts of two sources, one of which copies from the other."""
    meeting = {"survivor_source": "old@1", "survivor_license": "MIT"}
    return {
        "asked": "deduplicated/both@1",
        "id": "f" * 64,
        "documents": 20,
        "alone": 9,
        "families": 4,
        "over_limit": 0,
        "max_family": 100,
        "status": {"rejected": 2, "suppressed": 6, "survivor": 12},
        "by_source": {"new@1": {"suppressed": 5, "survivor": 1}, "old@1": {"suppressed": 1, "survivor": 11}},
        "copies": {"exact": 2, "near": 4},
        "sizes": [{"from": 2, "families": 3, "documents": 7}, {"from": 8, "families": 1, "documents": 9}],
        "largest": [],
        "meetings": [
            {**meeting, "source": "new@1", "kind": "exact", "license": "MIT", "documents": 2},
            {**meeting, "source": "new@1", "kind": "near", "license": "CC-BY-4.0", "documents": 3},
            {**meeting, "source": "old@1", "kind": "near", "license": "MIT", "documents": 1},
        ],
        "edges": [],
        "chains": "split",
        "chained": 1,
        "distant": 2,
        "bridges": 1,
        "hot_buckets": 0,
        "largest_bucket": 5,
        "layers": [{"partition": "deduplicated/both@1", "id": "f" * 64, "documents": 20}],
        **changes,
    }


def test_the_summary_and_what_needs_a_person() -> None:
    assert [*map(str, summary(made()))] == [
        "Of 20 documents in 1 layer, 11 have copies, in 4 families; 9 stand alone.",
        "Of the 18 kept documents, 12 survive and 6 (33.3\u00a0%) are suppressed as copies of these.",
        "5 copies survive in another source than their own.",
    ]
    assert [*map(str, attention(made()))] == [
        "3 copies stand under another license than what survives.",
        "More than half of what is kept are copies: new@1 (83.3\u00a0%).",
    ]
    said = attention(made(over_limit=1, chains="report", hot_buckets=2))
    assert str(said[0]) == "1 family has more than 100 members."
    assert [str(item).partition(" ")[0] for item in said] == ["1", "3", "2", "2", "More"]
    assert str(happenings(made())[0]) == "Chains: 2 documents hardly like the leader left 1 family."


def test_sizes_have_no_gap_and_the_matrix_its_heat() -> None:
    assert [(row["name"], row["families"]) for row in bins(made()["sizes"])] == [
        ("2 to 3", 3),
        ("4 to 7", 0),
        ("8 to 15", 1),
    ]
    assert bins([]) == []
    new, old = matrix(made())
    assert [(cell["documents"], cell["heat"], cell["kinds"]) for cell in new["cells"]] == [
        (0, 0, ""),
        (5, 60, "3 near, 2 exact"),
    ]
    assert [cell["heat"] for cell in old["cells"]] == [0, 12]
    assert licenses(made()) == [("MIT", "CC-BY-4.0", 3), ("MIT", "MIT", 3)]


def test_a_corpus_without_copies_has_a_page(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, all={"a": prose(1)})
    found = duplicate_facts(LocalEngine(1), corpus.store, corpus.name, corpus.manifest, 5)
    assert "No document has a copy." in Page(duplicates_report(found, "html").decode()).shown
    assert all(duplicates_report(found, name) for name in DUPLICATES_REPORTS)
