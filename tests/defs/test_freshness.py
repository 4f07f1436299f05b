"""A source that says when it is late has a check, which tells when it becomes so."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.definitions import STAGES
from dagster_project.defs import freshness as looks
from dagster_project.defs.freshness import JOB, check_name, checked, freshness
from dagster_project.settings import Settings


@pytest.fixture
def sent(library: Library, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(looks, "opened_store", lambda _: nullcontext(library.store))
    monkeypatch.setattr(looks, "send", lambda address, alert, log: told.append(alert["text"]))
    return told


def look(instance: dg.DagsterInstance, settings: Settings, at: datetime) -> list[bool]:
    stages = dg.Definitions([*STAGES], resources={"library": dg.ResourceDefinition.none_resource()})
    job = dg.Definitions.merge(stages, freshness(settings)).resolve_job_def(JOB)
    tags = {".dagster/scheduled_execution_time": at.isoformat()}
    result = job.execute_in_process(instance=instance, tags=tags)
    return [item.passed for item in result.get_asset_check_evaluations()]


def test_nobody_says_when_it_is_late(settings: Settings) -> None:
    assert checked(settings) == {}
    assert not freshness(settings).asset_checks


def test_a_source_is_late_until_it_is_frozen_and_told_once(
    settings: Settings, directory: Path, instance: dg.DagsterInstance, library: Library, sent: list[str]
) -> None:
    recipe = directory / "sources" / "tiny.yaml"
    recipe.write_text(f"{recipe.read_text()}fresh_hours: 24\n")
    now = datetime.now(UTC)
    assert [look(instance, settings, now), look(instance, settings, now)] == [[False], [False]]
    assert sent == ["tiny has no snapshot yet; a new one is due within 24."]
    library.build(Partition("snapshots", "tiny@dev"))
    assert look(instance, settings, now + timedelta(hours=23)) == [True]
    late = now + timedelta(hours=30)
    assert [look(instance, settings, late), look(instance, settings, late)] == [[False], [False]]
    assert len(sent) == 2
    assert "since 30.0 hours" in sent[1]


def test_names_of_checks_are_told_apart() -> None:
    assert check_name("a-b", ["a-b"]) == "a_b_is_fresh"
    assert len({check_name(name, ["a-b", "a.b"]) for name in ("a-b", "a.b")}) == 2
