"""A changed suite judges again what stands, and the checks of Dagster say so; no version is made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.building.judging import judged_again
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.definitions import build_definitions
from dagster_project.defs.checks import auditor_of_now
from dagster_project.defs.mirroring import mirror
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.suites import suites_directory
from dagster_project.settings import Settings

CHECK = dg.AssetCheckKey(dg.AssetKey("snapshots"), "there_are_documents")


def last_judgement(instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    (record, *_) = instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=1)
    assert record.event
    assert record.event.dagster_event
    evaluation = record.event.dagster_event.event_specific_data
    assert isinstance(evaluation, dg.AssetCheckEvaluation)
    return evaluation


def stricter(directory: Path) -> Path:
    """Suites by which a snapshot of ten documents fails."""
    suite = json.loads((suites_directory() / "snapshots.json").read_text())
    (item,) = [item for item in suite["expectations"] if item["meta"]["check"] == CHECK.name]
    item["kwargs"]["min_value"], item["severity"] = 1000, "critical"
    directory.mkdir()
    (directory / "snapshots.json").write_text(json.dumps(suite))
    return directory


def test_what_stands_is_judged_by_the_suites_of_now(
    instance: dg.DagsterInstance, library: Library, settings: Settings, tmp_path: Path
) -> None:
    library.build(Partition("published", "tiny@dev"))
    mirror(instance, library.store)
    assert last_judgement(instance).passed
    objects = {entry.path for entry in library.store.list("") if not entry.path.startswith("builds/")}
    changed = replace(library, auditor=GreatExpectationsAuditor(stricter(tmp_path / "own")))
    job = build_definitions(settings).resolve_job_def("judge_again")
    result = job.execute_in_process(instance=instance, resources={"library": changed})
    told = result.output_for_node("judge_all")
    assert told["failed"] == 1
    assert told["judged"] > 6
    found = last_judgement(instance)
    assert (found.passed, found.partition) == (False, "tiny@dev")
    assert "But documents is 10." in str(found.description)
    assert found.target_materialization_data
    assert {entry.path for entry in library.store.list("") if not entry.path.startswith("builds/")} == objects
    assert mirror(instance, library.store) == []


def test_what_was_judged_again_before_dagster_knew_it_is_told_as_judged_last(
    instance: dg.DagsterInstance, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Partition("snapshots", "tiny@dev")
    library.build(snapshot)
    monkeypatch.setenv("FLORILEGIUM_EXPECTATIONS", str(stricter(tmp_path / "own")))
    with dg.DagsterInstance.ephemeral() as another:
        mirror(another, library.store)
        assert last_judgement(another).passed, "nobody has judged it by the changed suite"
    judged_again(library.store, auditor_of_now(), snapshot)
    mirror(instance, library.store)
    assert not last_judgement(instance).passed
    assert mirror(instance, library.store) == []
