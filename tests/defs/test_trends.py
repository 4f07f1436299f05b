"""The numbers of a version that are plotted over time, and the links of a partition."""

from __future__ import annotations

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.defs.metadata import metadata_of
from dagster_project.defs.versions import standing_in

PAGES = "http://127.0.0.1:3001"


def test_numbers_and_links_of_every_stage(library: Library) -> None:
    library.build(Partition("published", "tiny@dev"))
    standing = {
        stage: standing_in(library.store, Partition(stage, key))
        for stage, key in (
            *(("snapshots", "tiny@dev"), ("filtered", "tiny@dev+words")),
            *(("deduplicated", "tiny@dev"), ("published", "tiny@dev")),
        )
    }
    found = {stage: metadata_of(library.store, item, PAGES) for stage, item in standing.items()}
    # ten documents, one of them too short, two of the others alike
    assert (found["snapshots"]["documents"], found["snapshots"]["dead letter share"]) == (10, 0.0)
    assert (found["filtered"]["documents"], found["filtered"]["kept share"]) == (9, 0.9)
    assert (found["deduplicated"]["documents"], found["deduplicated"]["duplicate share"]) == (8, round(1 / 9, 6))
    assert found["published"]["documents"] == 8
    assert found["published"]["words"] == 80
    assert all(found[stage]["core seconds per GB"] > 0 for stage in ("snapshots", "filtered", "published"))
    assert next(iter(found["filtered"])) == "documents", "what matters stands first"
    for stage, item in standing.items():
        assert found[stage]["manifest"] == dg.MetadataValue.url(f"{PAGES}/manifests/{item.data_version[:16]}")
    assert found["published"]["provenance"] == dg.MetadataValue.url(f"{PAGES}/mixes/tiny@dev")
    assert str(metadata_of(library.store, standing["published"])["manifest"]).endswith(".json")
