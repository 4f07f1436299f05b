"""The link from the stages of mixes to the provenance pages, when something serves them."""

from __future__ import annotations

import dagster as dg
import pytest

from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.definitions import STAGES, linked
from dagster_project.defs.checks import results_of


def test_stages_of_mixes_are_linked_and_no_other() -> None:
    found = {stage.key.to_user_string(): linked(stage, "http://127.0.0.1:3001") for stage in STAGES}
    links = {
        name: stage.get_asset_spec(dg.AssetKey(name)).metadata["provenance pages"]
        for name, stage in found.items()
        if "provenance pages" in stage.get_asset_spec(dg.AssetKey(name)).metadata
    }
    assert links == dict.fromkeys(("mixed", "published"), dg.MetadataValue.url("http://127.0.0.1:3001"))
    assert [linked(stage, None) for stage in STAGES] == STAGES


def test_every_stage_and_its_checks_are_linked_to_their_data_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in STAGES:
        name = stage.key.to_user_string()
        found = linked(stage, "http://127.0.0.1:3001").get_asset_spec(dg.AssetKey(name)).metadata
        assert found["data docs"] == dg.MetadataValue.url("http://127.0.0.1:3001/checks")
    outcome = Outcome("there_are_members", True, "error", "The mix has a member.", {"rows": 3})
    (without,) = results_of("mixed", "a@1", [outcome])
    assert "data docs" not in without.metadata
    monkeypatch.setenv("FLORILEGIUM_PAGES", "http://127.0.0.1:3001")
    (result,) = results_of("mixed", "a@1", [outcome])
    assert result.metadata["data docs"] == dg.MetadataValue.url("http://127.0.0.1:3001/checks/mixed/a@1")
