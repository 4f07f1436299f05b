"""The provenance page: flows that add up, an index that finds every entry, charts that hold nothing but shapes."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.questions import Question
from dagster_project.corpus.lineage.trace import documents_in, trace
from dagster_project.corpus.model.urls import canonical_url
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.publishing.provenance import index as indexes
from dagster_project.corpus.publishing.provenance.figures import figures_of, flow_rows, year_rows
from dagster_project.corpus.publishing.provenance.flows import (
    DOCUMENTS,
    KEPT,
    MIXED,
    MOST,
    OTHERS,
    PHASES,
    READ,
    SURVIVORS,
    UNITS,
    Flow,
    flow_of,
)
from dagster_project.corpus.publishing.provenance.index import search_index
from dagster_project.corpus.publishing.provenance.page import page
from dagster_project.corpus.publishing.provenance.pictures import NARROW, fitted
from dagster_project.corpus.publishing.reports import render
from dagster_project.corpus.publishing.subject import Subject, find_subject
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpus.publishing.conftest import HOSTILE, MIX

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def subject(hostile_store: MemoryStore) -> Subject:
    return find_subject(hostile_store, MIX)


@pytest.fixture(scope="module")
def facts(hostile_store: MemoryStore) -> Facts:
    return gather_facts(hostile_store, MIX)


def at(flow: Flow, column: int, *kinds: str) -> int:
    """All that stands in a column."""
    return sum(flow.amount(node) for node in flow.nodes if node.column == column and node.kind in kinds)


@pytest.mark.parametrize("unit", UNITS)
def test_what_comes_in_goes_out(facts: Facts, unit: str) -> None:
    flow = flow_of(facts, unit)
    assert flow.law() == []
    funnel = facts["funnel"]["members"]
    for column, name in ((DOCUMENTS, "documents"), (KEPT, "kept"), (SURVIVORS, "survivors")):
        assert at(flow, column, "source") == sum(member[name][unit] for member in funnel)
    assert at(flow, MIXED, "component") == at(flow, PHASES, "phase") > 0
    entries = {row["name"]: row[unit] for row in facts["composition"]["phase"]}
    assert {node.name: flow.amount(node) for node in flow.nodes if node.kind == "phase"} == entries


def test_records_and_losses_are_those_of_the_funnel(facts: Facts) -> None:
    flow = flow_of(facts, "documents")
    assert at(flow, READ, "source") == facts["funnel"]["stages"][0]["documents"]
    lost = Counter({node.name: flow.amount(node) for node in flow.nodes if node.kind in ("loss", "gain")})
    said = {loss["reason"]: loss["documents"] for step in facts["funnel"]["steps"] for loss in step["losses"]}
    assert lost["by the license policy"] == said["kept out by the license policy"]
    assert lost["counted for each further component"] == -said["counted once more for each further component"]
    assert lost["repeated in epochs"] == facts["mix"]["repeats"]


def test_a_number_that_is_wrong_is_noticed(facts: Facts) -> None:
    wrong = copy.deepcopy(facts)
    wrong["funnel"]["members"][0]["duplicates"] = {}
    assert flow_of(wrong, "documents").law() == []  # said to be cut, since nothing else says what became of them
    wrong["funnel"]["components"][0]["beyond_budget"] += 1
    assert [node.name for node in flow_of(wrong, "documents").law()] == ["all"]


def test_what_is_replayed_comes_in_too(facts: Facts) -> None:
    again = copy.deepcopy(facts)
    recipe, row = again["mix"]["recipe"]["components"][0], again["funnel"]["components"][0]
    recipe |= {"corpus": None, "replay": "old@1"}
    left = [*row["turned_away"].values(), row["excluded_by_license"], row["excluded_by_contamination"]]
    row |= {"looked_at": 0, "looked_at_words": 0, "replayed": sum(left) + row["eligible"]["documents"]}
    for unit, amount in (("documents", row["replayed"]), ("words", row["eligible"]["words"])):
        flow = flow_of(again, unit)
        assert flow.law() == []
        assert [flow.amount(node) for node in flow.nodes if node.name == "replayed"] == [amount]


def test_uses_add_up(facts: Facts) -> None:
    mix = facts["mix"]
    assert sum(row["documents"] for row in facts["flows"]) == facts["repetition"]["members"] == mix["members"]
    assert sum(row["words"] for row in facts["flows"]) == mix["words"]
    assert sum(row["documents"] - row["first"] for row in facts["flows"]) == mix["repeats"]
    assert sum(facts["repetition"]["copies"].values()) == mix["documents"]
    for age in facts["ages"].values():
        assert sum(age["years"].values()) == sum(age["confidence"].values()) == mix["members"]
    assert facts["domains"]["documents"] == sum(row["documents"] for row in facts["domains"]["listed"])


def test_more_sources_than_can_be_told_apart_are_one(facts: Facts) -> None:
    many = copy.deepcopy(facts)
    (first, *_) = many["funnel"]["members"]
    many["funnel"]["members"] += [{**first, "source": f"s{number}@1"} for number in range(20)]
    flow = flow_of(many, "documents")
    names = [node.name for node in flow.nodes if node.column == DOCUMENTS and node.kind == "source"]
    assert len(names) == MOST
    assert names[-1] == OTHERS
    assert (
        at(flow, DOCUMENTS, "source")
        == at(flow_of(facts, "documents"), DOCUMENTS, "source") + 20 * first["documents"]["documents"]
    )


def test_the_table_says_what_the_bands_say(facts: Facts) -> None:
    rows = flow_rows(facts)
    for unit in UNITS:
        assert sum(row[unit] or 0 for row in rows) == sum(flow_of(facts, unit).links.values())


def test_charts_are_shapes_and_text_alone(facts: Facts) -> None:
    loud = copy.deepcopy(facts)
    for row, word in zip(loud["composition"]["license"], HOSTILE, strict=False):
        row["name"] = word
    loud["ages"]["published"]["years"] = {"1911": 3, "2020": 4, "unknown": 1}
    figures = figures_of(loud)
    assert set(figures) >= {"flow_documents", "flow_words", "source", "license", "funnel", "lengths", "published"}
    for picture in figures.values():
        assert set(re.findall(r"<(\w+)", picture)) <= {"svg", "g", "path", "text", "title"}
        assert set(re.findall(r" ([\w:-]+)=", re.sub(r">[^<]*<", "><", picture))) <= {
            *("d", "x", "y", "viewBox", "transform", "style", "class", "aria-hidden", "focusable")
        }
        assert "url(" not in picture
        assert not re.search("[\x00-\x08\x1b\u202e]", picture)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in figures["license"]
    assert "$\\alpha$" in figures["license"]  # as it is written, and not as mathematics
    assert figures_of(loud) == figures


def test_years_have_no_gap_and_early_ones_are_one() -> None:
    rows = year_rows({"1911": 3, "2020": 4, "2022": 1, "unknown": 9})
    assert [row["name"] for row in rows] == ["<1983", *map(str, range(1983, 2023))]
    assert [row["documents"] for row in rows if row["documents"]] == [3, 4, 1]
    assert sum(row["mix"] for row in rows) == pytest.approx(100)
    assert year_rows({"unknown": 4}) == []


def test_text_is_cut_to_its_room() -> None:
    assert fitted("short", NARROW) == "short"
    assert fitted("W" * 500, 100).endswith("…")
    assert len(fitted("日本語" * 100, 100)) < len(fitted("abc" * 100, 100)) < 20


def test_the_index_finds_every_entry_where_it_is(subject: Subject) -> None:
    found = search_index(subject)
    assert found is not None
    entries = np.frombuffer(base64.b64decode(found["entries"]), indexes.ENTRY)
    assert len(entries) == subject.mixed.rows == sum(found["shards"])
    keys = {name: np.frombuffer(base64.b64decode(found[name]), indexes.KEYED) for name in ("urls", "texts")}
    assert all((np.diff(table["key"].astype(np.uint64)) >= 0).all() for table in keys.values())
    place = 0
    for file in subject.published.files if subject.published else ():
        for row in read_shard(subject.store, file).to_pylist():
            entry = entries[place]
            assert bytes(entry["doc_id"]) == row["doc_id"]
            assert found["licenses"][entry["license"]] == row["license"]
            assert found["sources"][entry["source"]] == row["source"]
            assert place in places(keys["texts"], row["text"])
            if row["url"]:
                assert place in places(keys["urls"], canonical_url(row["url"]))
            place += 1
    assert place == len(entries)


def places(table: np.ndarray, text: str) -> list[int]:
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return table["place"][table["key"] == key].tolist()


def test_the_index_says_what_trace_says(subject: Subject) -> None:
    found = search_index(subject)
    assert found is not None
    asked = Question(url="https://example.org/x")
    (doc_id,) = documents_in(overview(subject.store), subject.mixed.id, asked).documents
    told = trace(subject.store, MIX, doc_id)["members"]
    keys = np.frombuffer(base64.b64decode(found["urls"]), indexes.KEYED)
    ends = np.cumsum(found["shards"])
    mine = []
    for place in places(keys, "https://example.org/x"):
        shard = int(np.searchsorted(ends, place, side="right"))
        mine.append((shard, place - int(ends[shard - 1] if shard else 0)))
    assert sorted(mine) == sorted((item["shard"], item["row"]) for item in told)


def test_too_many_entries_are_left_to_the_store(hostile_store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MOST_ENTRIES", 3)
    text = render(hostile_store, MIX, "html").decode()
    assert "florilegium trace mixed/hostile@dev#" in text
    assert "<script" not in text
    assert "script-src &#39;none&#39;" in text or "script-src 'none'" in text


def test_only_the_script_of_the_page_may_run(hostile_store: MemoryStore) -> None:
    text = render(hostile_store, MIX, "html").decode()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "unsafe-inline'; script" in text  # of styles alone


def test_every_version_is_linked_from_what_was_built_of_it(facts: Facts) -> None:
    offline, served = page(facts).decode(), page(facts, served=True).decode()
    for row in facts["versions"]:
        assert f'id="v-{row["id"][:16]}"' in offline
        assert f'href="/manifests/{row["id"]}"' in served
        assert all(f'href="#v-{identifier[:16]}"' in offline for identifier in row["inputs"])
    assert 'action="/search"' not in offline
