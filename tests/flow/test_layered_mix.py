"""A mix of a corpus on a base: survivors of every layer, each of which is told from its source to its shard."""

from __future__ import annotations

import json
from pathlib import Path

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.reports import REPORTS, render
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library
from tests.corpus.deduplication.test_layers import LAYERED, NEW, recipes, rows_of, write

MIX = Partition("published", "both@dev")


def published(folder: Path) -> Library:
    place = recipes(folder, both=LAYERED)
    write(
        place / "mixes/both.yaml",
        "name: both\nseed: 1\nbudget: {documents: 12}\ncomponents: [{name: all, corpus: both, max_epochs: 1}]\n",
    )
    found = library(MemoryStore(), place)
    found.build(MIX)
    return found


def test_survivors_of_every_layer_are_in_the_mix_once(tmp_path: Path) -> None:
    found = published(tmp_path)
    rows = [rows_of(found, "deduplicated", *names).values() for names in (("old", "old"), ("both", "new"))]
    survivors = sorted(row["doc_id"] for layer in rows for row in layer if row["status"] == "survivor")
    mixed = found.build(Partition("mixed", "both@dev")).manifest
    members = [row["doc_id"] for file in mixed.files for row in read_shard(found.store, file).to_pylist()]
    assert sorted(members) == survivors
    facts = json.loads(render(found.store, MIX, "json"))
    assert facts["funnel"]["components"][0]["looked_at"] == len(survivors)
    assert [member["survivors"]["documents"] for member in facts["funnel"]["members"]] == [7 + 3, 2]


def test_every_format_and_both_ways(tmp_path: Path) -> None:
    found = published(tmp_path)
    assert all(render(found.store, MIX, name) for name in REPORTS)
    after = rows_of(found, "deduplicated", "both", "new")
    traced = trace(found.store, Partition("mixed", "both@dev"), after["b9"]["survivor"])
    (family,) = traced["families"]
    assert {member["doc_id"] for member in family["members"]} == {
        after[name]["doc_id"].hex() for name in ("b9", "b9-too")
    }
    assert sorted(member["status"] for member in family["members"]) == ["suppressed", "survivor"]
    assert len(NEW) == len(after)


def test_an_earlier_document_tells_the_copies_that_a_later_layer_brought(tmp_path: Path) -> None:
    found = published(tmp_path)
    before, after = rows_of(found, "deduplicated", "old", "old"), rows_of(found, "deduplicated", "both", "new")
    for name, copies in (("a0", {"b0"}), ("short", {"b-short"})):  # neither had any when its layer was built
        (family,) = trace(found.store, Partition("mixed", "both@dev"), before[name]["doc_id"])["families"]
        expected = {before[name]["doc_id"].hex(), *(after[copy]["doc_id"].hex() for copy in copies)}
        assert {member["doc_id"] for member in family["members"]} == expected
