"""Sensors and the schedule, the instance they run in, and definitions that load without any store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.model.partitions import SPACES, Partition
from dagster_project.definitions import STAGES
from dagster_project.defs import automation
from dagster_project.defs.automation import registered, schedules, sensors
from dagster_project.defs.instance import prepared_home
from dagster_project.defs.jobs import snapshot_sources
from dagster_project.defs.mirroring import known_versions
from dagster_project.settings import Settings

ROOT = Path(__file__).parents[2]


def keys(result: dg.SensorResult) -> list[str]:
    return [str(request.partition_key) for request in result.run_requests or []]


def test_recipes_become_partitions_and_new_sources_runs(instance: dg.DagsterInstance, directory: Path) -> None:
    recipes = find_recipes([directory])
    result = registered(dg.build_sensor_context(instance), recipes)
    added = {
        request.partitions_def_name: request.partition_keys for request in result.dynamic_partitions_requests or []
    }
    assert "tiny@dev+words" in added["verdicts"]
    assert all("tiny@dev" in added[space] for space in ("snapshots", "corpora", "mixes"))
    assert "tiny@dev" in keys(result)
    for space, found in added.items():
        instance.add_dynamic_partitions(space, found)
    again = registered(dg.build_sensor_context(instance, cursor=result.cursor), recipes)
    assert (keys(again), again.dynamic_partitions_requests) == ([], [])


def test_what_is_asked_for_is_measured_and_counted_too() -> None:
    asked = {key.to_user_string() for key in snapshot_sources.selection.resolve(STAGES)}
    assert asked == {stage for stage, space in SPACES.items() if space == "snapshots"}


def test_a_changed_source_is_asked_for_again(instance: dg.DagsterInstance, directory: Path) -> None:
    recipes = find_recipes([directory])
    first = registered(dg.build_sensor_context(instance), recipes)
    with (directory / "tiny.jsonl").open("a") as file:
        file.write('{"id": "new", "text": "one more sentence of five words"}\n')
    assert keys(registered(dg.build_sensor_context(instance, cursor=first.cursor), recipes)) == ["tiny@dev"]


def test_a_pinned_source_is_asked_for_once(
    instance: dg.DagsterInstance, written: Callable[..., Path], tmp_path: Path
) -> None:
    written(tmp_path)
    text = (tmp_path / "sources/tiny.yaml").read_text()
    (tmp_path / "sources/tiny.yaml").write_text(text + "version: '1'\n")
    recipes = find_recipes([tmp_path])
    first = registered(dg.build_sensor_context(instance), recipes)
    assert "tiny@1" in keys(first)
    (tmp_path / "tiny.jsonl").write_text('{"id": "new", "text": "other"}\n')
    assert keys(registered(dg.build_sensor_context(instance, cursor=first.cursor), recipes)) == []


def test_a_source_that_cannot_be_listed_stops_no_other(instance: dg.DagsterInstance, directory: Path) -> None:
    (directory / "tiny.jsonl").unlink()
    result = registered(dg.build_sensor_context(instance), find_recipes([directory]))
    assert "tiny@dev" not in keys(result)
    assert "tiny@dev" not in json.loads(result.cursor or "")
    assert keys(result)


def test_mirroring_starts_no_store(instance: dg.DagsterInstance, settings: Settings) -> None:
    (mirror,) = [sensor for sensor in sensors(settings) if sensor.name == "mirror_versions"]
    result = mirror(dg.build_sensor_context(instance))
    assert isinstance(result, dg.SkipReason)
    assert not settings.home.exists()


def test_what_stands_is_mirrored(
    instance: dg.DagsterInstance, library: Library, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation, "is_running", lambda _: True)
    monkeypatch.setattr(automation, "opened_store", lambda _: nullcontext(library.store))
    built = library.build(Partition("snapshots", "tiny@dev"))
    (mirror,) = [sensor for sensor in sensors(settings) if sensor.name == "mirror_versions"]
    for number in (1, 0):
        result = mirror(dg.build_sensor_context(instance))
        assert isinstance(result, dg.SkipReason)
        assert result.skip_message == f"partitions mirrored: {number}"
    assert known_versions(instance, "snapshots") == {"tiny@dev": built.manifest.id}
    assert instance.get_dynamic_partitions("snapshots") == ["tiny@dev"]


def test_the_night_asks_for_moving_sources(settings: Settings) -> None:
    (schedule,) = schedules(settings)
    with dg.instance_for_test() as kept:
        requests = list(schedule(dg.build_schedule_context(kept, scheduled_execution_time=datetime(2026, 1, 2))))
        assert "tiny@dev" in kept.get_dynamic_partitions("snapshots")
    assert "tiny@dev 2026-01-02" in [request.run_key for request in requests]
    assert all(str(request.partition_key).endswith("@dev") for request in requests)


def test_definitions_validate_and_start_nothing(tmp_path: Path) -> None:
    home = prepared_home(tmp_path / "dagster")
    environment = {**os.environ, "DAGSTER_HOME": str(home), "FLORILEGIUM_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert not (tmp_path / "home" / "store").exists()


def test_the_shell_imports_no_great_expectations_and_no_plots() -> None:
    program = (
        "import sys, dagster_project.definitions;"
        "sys.exit(bool({'great_expectations', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", program], check=False).returncode == 0


def test_the_library_imports_no_dagster() -> None:
    program = "import sys, dagster_project.opening; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_dagster_home_is_written_once(tmp_path: Path) -> None:
    home = prepared_home(tmp_path / "dagster")
    written = yaml.safe_load((home / "dagster.yaml").read_text())
    assert written["telemetry"] == {"enabled": False}
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n# mine\n")
    assert prepared_home(home) == home
    assert "# mine" in (home / "dagster.yaml").read_text()


def test_recipes_that_cannot_be_read_are_told_once(
    settings: Settings, directory: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    monkeypatch.setattr(automation.alerts, "send", lambda address, alert, log: told.append(alert))
    (reading,) = [sensor for sensor in sensors(settings) if sensor.name == "read_recipes"]

    def tick(cursor: str) -> str:
        context = dg.build_sensor_context(instance, cursor=cursor)
        reading(context)
        return context.cursor or ""

    assert (tick(""), told) == ("", [])
    bad = directory / "sources" / "bad.yaml"
    bad.write_text("name: \x1b[31m\n")
    said = tick("")
    assert tick(said) == said
    assert [item["event"] for item in told] == ["recipes_unreadable"]
    assert "bad.yaml" in told[0]["text"]
    assert "\x1b" not in told[0]["text"]
    bad.unlink()
    assert tick(said) == ""
