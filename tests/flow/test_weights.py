"""Weights are the same versions in any files and with any workers, pass their audit, and are told by the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library
from tests.corpus.deduplication.test_layers import write
from tests.flow.selections import write_selections

WEIGHTS = Partition("weights", "soft@dev")
RECIPES = {
    "artifacts/said.yaml": "name: said\nkind: ngram\nheld_out: 0.4\npositives: [{partition: snapshots/notes@dev}]\n",
    "corpora/soft.yaml": "name: soft\nmembers: [{source: notes, policy: edited}]\nsoft: {model: said, segments: 5}\n",
}


def built(store: Store, folder: Path, files: int, workers: int) -> Library:
    place = write_selections(folder, files)
    for name, text in RECIPES.items():
        write(place / name, text)
    found = library(store, place, workers=workers, auditor=GreatExpectationsAuditor())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        found.build(WEIGHTS)
    found.engine.close()
    return found


@pytest.mark.embedded
def test_any_files_and_workers_on_a_real_store(tmp_path: Path, s3_store: S3Store) -> None:
    whole, parts = built(MemoryStore(), tmp_path / "one", 1, 1), built(s3_store, tmp_path / "three", 3, 2)
    one, three = (found.build(WEIGHTS) for found in (whole, parts))
    assert (len(one.manifest.files), len(three.manifest.files)) == (1, 3)
    assert one.manifest.id == three.manifest.id
    assert one.manifest.facts["segments"] == three.manifest.facts["segments"]
    assert [outcome.check for outcome in three.outcomes if not outcome.passed] == []
    assert not three.fresh


def test_the_text_that_is_exported_is_measured(tmp_path: Path) -> None:
    found = built(MemoryStore(), tmp_path, 1, 1)
    manifest = found.build(WEIGHTS).manifest
    measured = [item.partition for item in manifest.inputs if item.stage == "signals"]
    assert [name.rpartition("edited-")[0] for name in measured] == [
        "signals/notes@dev/perplexity.said@dev.",
        "signals/notes@dev/counts.",
    ]
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    weights = {row["weight"] for row in rows}
    assert 3 <= len(weights - {None}) <= 5
    assert max(weights - {None}) == 1000
