"""The link from the stages of mixes to the provenance pages, when something serves them."""

from __future__ import annotations

import dagster as dg

from dagster_project.definitions import STAGES, linked


def test_stages_of_mixes_are_linked_and_no_other() -> None:
    found = {stage.key.to_user_string(): linked(stage, "http://127.0.0.1:3001") for stage in STAGES}
    links = {
        name: stage.get_asset_spec(dg.AssetKey(name)).metadata["provenance pages"]
        for name, stage in found.items()
        if "provenance pages" in stage.get_asset_spec(dg.AssetKey(name)).metadata
    }
    assert links == dict.fromkeys(("mixed", "published"), dg.MetadataValue.url("http://127.0.0.1:3001"))
    assert [linked(stage, None) for stage in STAGES] == STAGES
