"""Facts add up, name everything, and are the same each time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dagster_project.corpus.model.partitions import STAGES as STAGES_OF_A_FLOW
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing import rows
from dagster_project.corpus.publishing.facts import gather_facts
from dagster_project.corpus.publishing.funnel import STAGES
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.publishing.conftest import MIX


@pytest.fixture(scope="module")
def facts(hostile_store: MemoryStore) -> dict[str, Any]:
    return gather_facts(hostile_store, MIX)


def test_every_record_is_accounted_for(facts: dict[str, Any]) -> None:
    funnel = facts["funnel"]
    assert funnel["unaccounted"] == 0
    assert [stage["stage"] for stage in funnel["stages"]] == list(STAGES)
    for step in funnel["steps"]:
        assert step["before"] - sum(loss["documents"] for loss in step["losses"]) == step["after"]


def test_the_reasons_are_named(facts: dict[str, Any]) -> None:
    losses = {loss["reason"]: loss["documents"] for step in facts["funnel"]["steps"] for loss in step["losses"]}
    assert losses["by the rule content_words"] == 1
    assert losses["as exact copies"] == 1
    assert losses["kept out by the license policy"] == 1
    assert losses["counted once more for each further component"] < 0
    assert sum(source["records"] - source["documents"] for source in facts["sources"]) == 1


def test_composition_adds_up(facts: dict[str, Any]) -> None:
    members, words = facts["mix"]["members"], facts["mix"]["words"]
    assert members == 40
    assert facts["mix"]["documents"] == facts["funnel"]["stages"][3]["documents"] - facts["gate"]["documents"]
    for parts in facts["composition"].values():
        assert sum(part["documents"] for part in parts) == members
        assert sum(part["words"] for part in parts) == words
        assert sum(part["share"] for part in parts) == pytest.approx(1, abs=1e-4)
    assert sum(facts["languages"].values()) == members
    assert sum(facts["words_histogram"]["mix"].values()) == members


def test_evidence_stands_behind_every_license(facts: dict[str, Any]) -> None:
    for row in facts["licenses"]:
        assert sum(row["evidence"].values()) == row["documents"]
    kinds = {row["license"]: row["evidence"] for row in facts["licenses"]}
    assert kinds["NOASSERTION"].keys() == {"none"}
    assert facts["together"]["share_alike"] == ["CC-BY-SA-4.0"]
    assert facts["together"]["commercial_use"] == "unknown"


def test_the_gate_and_the_findings(facts: dict[str, Any]) -> None:
    excluded = facts["gate"]["excluded"]
    assert [(row["component"], row["license"], row["documents"]) for row in excluded] == [("all", "ISC", 1)]
    assert {finding["source"] for finding in facts["findings"]} >= {"hostile@dev"}
    assert all(0 < len(finding["examples"]) <= 10 for finding in facts["findings"])


def test_missing_facts_are_marked(facts: dict[str, Any]) -> None:
    plain = next(source for source in facts["sources"] if source["source"] == "plain@dev")
    assert plain["publisher"] == plain["title"] == "missing"
    assert {"source": "plain@dev", "field": "publisher"} in facts["missing"]


def test_versions_and_files_are_complete(facts: dict[str, Any]) -> None:
    stages = {version["stage"] for version in facts["versions"]}
    assert stages == set(STAGES_OF_A_FLOW) - {"artifacts", "statistics", "passages", "weights"}
    assert {file["format"] for file in facts["exports"]} == {"parquet", "jsonl"}


def test_the_same_versions_give_the_same_facts(hostile_store: MemoryStore, facts: dict[str, Any]) -> None:
    again = gather_facts(hostile_store, Partition("published", MIX.key), facts["mix"]["published_id"][:12])
    assert json.dumps(again) == json.dumps(facts)
    assert json.dumps(gather_facts(hostile_store, MIX, facts["mix"]["id"][:12])) == json.dumps(facts)


def test_blocks_do_not_change_facts(
    hostile_store: MemoryStore, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK_MEMBERS", 7)
    assert json.dumps(gather_facts(hostile_store, MIX)) == json.dumps(facts)


def test_no_place_of_this_machine(hostile_store: MemoryStore, facts: dict[str, Any]) -> None:
    assert "location" not in json.dumps(facts)
    assert "/tmp" not in json.dumps(facts)
