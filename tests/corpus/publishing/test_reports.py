"""Reports say what is hostile and do nothing that it says; the same bytes each time."""

from __future__ import annotations

import json
import re

import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.publishing import works
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.publishing.markdown import page_in_markdown, table
from dagster_project.corpus.publishing.provenance.page import page
from dagster_project.corpus.publishing.reports import REPORTS, render
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.publishing.conftest import HOSTILE, MIX, built, hostile_rows
from tests.corpus.publishing.pages import DRAWN, HIDDEN, Page, inert


@pytest.fixture(scope="module")
def reports(hostile_store: MemoryStore) -> dict[str, str]:
    return {name: render(hostile_store, MIX, name).decode() for name in REPORTS}


@pytest.mark.parametrize("name", list(REPORTS))
def test_byte_identical_twice(hostile_store: MemoryStore, reports: dict[str, str], name: str) -> None:
    assert render(hostile_store, MIX, name).decode() == reports[name]


@pytest.mark.parametrize("name", list(REPORTS))
def test_no_hidden_character_and_no_flood(reports: dict[str, str], name: str) -> None:
    assert not re.search(HIDDEN, reports[name])
    assert "T" * 5000 not in reports[name]


def test_the_page_nests_and_loads_nothing(reports: dict[str, str]) -> None:
    found = inert(reports["html"], DRAWN)
    assert [attributes for tag, attributes in found.tags if tag == "script"] == [
        {"type": "application/json", "id": "index"},
        {},
    ]
    assert "url(" not in reports["html"]
    assert "@import" not in reports["html"]


def test_the_page_shows_what_it_escapes(reports: dict[str, str]) -> None:
    shown = Page(reports["html"]).shown
    assert "<script>alert(1)</script> \\u202e {{7*7}}" in shown
    assert '"><img src=x onerror=alert(1)> $\\alpha$' in shown
    assert "javascript:alert(1)" in shown


def test_manifests_are_not_trusted_either(hostile_store: MemoryStore) -> None:
    facts = gather_facts(hostile_store, MIX)
    facts["sources"][0] |= dict(zip(("title", "publisher", "homepage", "notes"), HOSTILE[4:8], strict=True))
    facts["gate"]["excluded"][0]["license"] = HOSTILE[1]
    facts["composition"]["license_class"][0]["name"] = HOSTILE[1]
    facts["funnel"]["members"][0]["rules"][0]["rule"] = HOSTILE[0]
    for text in (page(facts).decode(), page_in_markdown(facts).decode()):
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "T" * 5000 not in text


def test_anchors_lead_somewhere(reports: dict[str, str]) -> None:
    page = Page(reports["html"])
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{name}" for name in ids} >= {a["href"] for _, a in page.tags if (a.get("href") or "").startswith("#")}
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= set(ids)


def test_tables_have_captions_and_scopes(reports: dict[str, str]) -> None:
    tags = [tag for tag, _ in Page(reports["html"]).tags]
    assert tags.count("table") == tags.count("caption") > 10
    assert all("scope" in attributes for tag, attributes in Page(reports["html"]).tags if tag == "th")


def test_json_is_harmless_text(hostile_store: MemoryStore, reports: dict[str, str]) -> None:
    assert reports["json"].isascii()
    assert "<" not in reports["json"]
    assert json.loads(reports["json"]) == json.loads(json.dumps(gather_facts(hostile_store, MIX)))


def test_markdown_holds_no_markup_from_data(reports: dict[str, str]) -> None:
    assert "<" not in reports["md"]
    assert not re.search(r"\{\{|(?<!\\)[$\[*](?!\*)", reports["md"].replace("**For a person to look at**", ""))
    assert list(table(("a", "b"), [("x|y", 1)]))[-1] == r"| x\|y | 1 |"


def test_attribution_lists_each_work_once(reports: dict[str, str]) -> None:
    lines = reports["attribution"].splitlines()
    works_listed = [line for line in lines if line.startswith("  - ")]
    assert len(works_listed) == len(set(works_listed))
    assert sum("MIT work, https://example.org/x" in line for line in works_listed) == 1
    known, _, unknown = reports["attribution"].partition("Works whose license nobody knows")
    assert "CC-BY-SA-4.0" in known
    assert "Creative Commons" in known
    assert "<script>alert(1)</script>" in unknown
    assert "<script>alert(1)</script>," not in known


def test_attribution_is_the_same_from_runs_on_disk(
    hostile_store: MemoryStore, reports: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works, "RUN_WORKS", 3)
    assert render(hostile_store, MIX, "attribution").decode() == reports["attribution"]


def test_the_order_of_the_input_changes_no_report(
    tmp_path_factory: pytest.TempPathFactory, reports: dict[str, str]
) -> None:
    other = built(tmp_path_factory.mktemp("reversed"), hostile_rows()[::-1])
    for name in ("attribution", "md"):
        mine, theirs = (_without_files(text) for text in (reports[name], render(other, MIX, name).decode()))
        assert mine == theirs


def _without_files(text: str) -> str:
    """Files are byte facts: the same rows may lie in others."""
    return text.partition("## Files")[0]


def test_an_unknown_format_is_refused(hostile_store: MemoryStore) -> None:
    with pytest.raises(Refused, match="attribution"):
        render(hostile_store, MIX, "pdf")
