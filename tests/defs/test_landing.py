"""Folders that land become snapshots once they are whole, by sensor and by schedule; the rest is told or waited for."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.storage import refs
from dagster_project.definitions import STAGES, build_definitions
from dagster_project.defs.automation import keys_of, registered
from dagster_project.defs.automation import schedules as all_schedules
from dagster_project.defs.jobs import snapshot_sources
from dagster_project.defs.landing import QUIET_SECONDS, landed, schedule_name, schedules, sensor
from dagster_project.settings import Settings

NONE = {"library": dg.ResourceDefinition.none_resource()}
NEWS = {"name": "news", "format": "jsonl", "location": "in/{version}/*.jsonl", "columns": {"key": "id"}}


def put(directory: Path, version: str, *texts: str, name: str = "a.jsonl") -> Path:
    path = directory / "in" / version / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"id": text, "text": text}) + "\n" for text in texts))
    return path


def recipe(directory: Path, **fields: object) -> None:
    told = NEWS | fields
    (directory / "sources" / f"{told['name']}.yaml").write_text(json.dumps(told))


@pytest.fixture
def news(directory: Path) -> Path:
    recipe(directory)
    put(directory, "2026-9", "one", "two")
    return directory


class Ticks:
    """Evaluations of the sensor, one after the other."""

    def __init__(self, instance: dg.DagsterInstance, directory: Path) -> None:
        self.instance, self.directory, self.cursor = instance, directory, ""
        self.registered: list[str] = []

    def __call__(self) -> list[str]:
        result = landed(dg.build_sensor_context(self.instance, cursor=self.cursor), find_recipes([self.directory]))
        self.cursor = result.cursor or ""
        for request in result.dynamic_partitions_requests or []:
            self.registered += request.partition_keys
            self.instance.add_dynamic_partitions("snapshots", request.partition_keys)
        self.keys = [str(request.run_key) for request in result.run_requests or []]
        return [str(request.partition_key) for request in result.run_requests or []]


@pytest.fixture
def tick(instance: dg.DagsterInstance, news: Path) -> Ticks:
    return Ticks(instance, news)


def test_a_folder_is_taken_when_two_ticks_found_it_alike(tick: Ticks) -> None:
    assert (tick(), tick.registered) == ([], ["news@2026-9"])
    assert tick() == ["news@2026-9"]
    assert tick() == []
    assert tick.registered == ["news@2026-9"]


def test_a_folder_that_grows_is_waited_for_and_asked_for_as_it_is_then(tick: Ticks, news: Path) -> None:
    tick()
    put(news, "2026-9", "three", name="b.jsonl")
    assert tick() == []
    assert tick() == ["news@2026-9"]
    (first,) = tick.keys
    put(news, "2026-9", "four", name="c.jsonl")  # its run was refused, say, and more arrives
    assert [tick(), tick()] == [[], ["news@2026-9"]]
    assert tick.keys != [first]


def test_what_one_evaluation_has_no_time_for_is_left_to_the_next(
    tick: Ticks, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_project.defs.landing.LOOK_SECONDS", -1)  # for one folder each
    put(news, "2026-10", "three")
    put(news, "2026-11", "four")
    (news / "in" / "2026-10" / "_SUCCESS").write_text("")
    assert [tick() for _ in range(3)] == [[], ["news@2026-10"], []]
    assert tick.registered == ["news@2026-9", "news@2026-10", "news@2026-11"]
    assert [tick() for _ in range(4)] == [["news@2026-9"], [], ["news@2026-11"], []]


@pytest.mark.parametrize("marker", ["_SUCCESS", ".done"])
def test_a_marked_folder_is_taken_at_once_and_once(tick: Ticks, news: Path, marker: str) -> None:
    (news / "in" / "2026-9" / marker).write_text("")
    assert [tick(), tick()] == [["news@2026-9"], []]


def test_a_version_that_stands_is_not_listed_again(
    tick: Ticks, instance: dg.DagsterInstance, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick()
    instance.report_runless_asset_event(dg.AssetMaterialization("snapshots", partition="news@2026-9"))
    monkeypatch.setattr("dagster_project.defs.landing.listing_of", lambda recipe: pytest.fail("listed"))
    put(news, "2026-9", "late", name="late.jsonl")
    assert (tick(), json.loads(tick.cursor)) == ([], {"seen": {}, "last": None})


def test_what_cannot_be_a_version_stops_no_other(tick: Ticks, news: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(news, "NOT VALID", "x")
    (news / "in" / "empty").mkdir()
    recipe(news, name="gone", location="gone/{version}/")
    tick()
    assert tick() == ["news@2026-9"]
    said = capfd.readouterr().err
    assert "NOT VALID in" in said
    assert "no version of news" in said
    assert "source gone" in said
    assert "in/empty" in said


def test_the_sensor_is_on_and_asks_for_all_that_follows_a_snapshot(settings: Settings, news: Path) -> None:
    found = sensor(settings)
    assert (found.name, found.default_status) == ("landing", dg.DefaultSensorStatus.RUNNING)
    assert found.job_name == snapshot_sources.name
    assert "landing" in {item.name for item in build_definitions(settings).sensors or ()}


def test_a_requested_version_becomes_a_snapshot_and_what_is_measured_of_it(
    tick: Ticks, instance: dg.DagsterInstance, settings: Settings, library: Library, news: Path
) -> None:
    tick()
    (key,) = tick()
    fresh = Library(library.store, find_recipes([news]), library.engine, library.auditor)
    job = build_definitions(settings).resolve_job_def("snapshot_sources")
    result = job.execute_in_process(instance=instance, partition_key=key, resources={"library": fresh})
    assert result.success
    stages = {partition.stage for partition in refs.published(library.store) if partition.key == key}
    assert {"snapshots", "licensed", "signals", "fingerprints"} <= stages
    assert tick() == []
    (event,) = instance.fetch_materializations(dg.AssetKey("snapshots"), limit=1).records
    (read, reused) = event.asset_materialization.metadata["raw objects"].records  # type: ignore[union-attr]
    assert (read.data["objects"], reused.data["objects"]) == (1, 0)


def test_a_corpus_of_a_landing_place_is_registered_with_its_newest_version(
    instance: dg.DagsterInstance, news: Path
) -> None:
    put(news, "2026-10", "x")
    (news / "corpora" / "news.yaml").write_text(
        json.dumps({"name": "news", "members": [{"source": "news", "policy": "words"}]})
    )
    found = keys_of(find_recipes([news]))
    assert "news@2026-10+words" in found["verdicts"]
    assert not [key for key in found["snapshots"] if key.startswith("news@")]
    result = registered(dg.build_sensor_context(instance), find_recipes([news]))
    assert not [request for request in result.run_requests or [] if str(request.partition_key).startswith("news@")]


def test_a_corpus_without_a_version_yet_stops_no_registration(news: Path) -> None:
    recipe(news, name="none", location="none/{version}/", policy="words")
    warnings: list[str] = []
    found = keys_of(find_recipes([news]), warnings.append)
    assert "tiny@dev+words" in found["verdicts"]
    assert ["none" in warning for warning in warnings] == [True]


def evaluate(found: dg.ScheduleDefinition, instance: dg.DagsterInstance, at: datetime) -> list[dg.RunRequest]:
    """What the daemon would be told, with the partitions looked up."""
    repository = dg.Definitions([*STAGES], [found], jobs=[snapshot_sources], resources=NONE).get_repository_def()
    context = dg.build_schedule_context(instance, scheduled_execution_time=at, repository_def=repository)
    return list(found.evaluate_tick(context).run_requests or [])


def test_a_schedule_takes_folders_that_are_quiet(settings: Settings, news: Path) -> None:
    recipe(news, schedule="0 4 * * *")
    now = datetime.now(UTC)
    (found,) = schedules(settings)
    assert (found.name, found.cron_schedule, found.job_name) == ("refresh_news", "0 4 * * *", "snapshot_sources")
    assert found.default_status is dg.DefaultScheduleStatus.RUNNING
    with dg.instance_for_test() as kept:
        assert evaluate(found, kept, now) == []
        later = now + timedelta(seconds=QUIET_SECONDS + 60)
        assert [request.partition_key for request in evaluate(found, kept, later)] == ["news@2026-9"]
        assert "news@2026-9" in kept.get_dynamic_partitions("snapshots")
        (news / "in" / "2026-9" / "_SUCCESS").write_text("")
        assert [request.partition_key for request in evaluate(found, kept, now)] == ["news@2026-9"]


def test_a_moving_source_is_frozen_again_at_its_own_time_and_not_by_night(settings: Settings, directory: Path) -> None:
    source = directory / "sources" / "tiny.yaml"
    source.write_text(source.read_text() + "schedule: '30 6 * * 1'\n")
    night, own = all_schedules(settings)
    at = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
    with dg.instance_for_test() as kept:
        (request,) = evaluate(own, kept, at)
        assert (request.run_key, request.partition_key) == ("tiny@dev 2026-01-05T06:30", "tiny@dev")
        assert "tiny@dev" not in [item.partition_key for item in evaluate(night, kept, at)]
        source.unlink()
        (directory / "corpora" / "tiny.yaml").unlink()
        (directory / "mixes" / "tiny.yaml").unlink()
        assert evaluate(own, kept, at) == []


def test_recipes_that_cannot_be_read_leave_the_shell_without_schedules(settings: Settings, directory: Path) -> None:
    (directory / "sources" / "bad.yaml").write_text("name: [")
    assert schedules(settings) == []


def test_a_source_may_have_the_name_of_our_own_schedule(settings: Settings, directory: Path) -> None:
    moving = {**NEWS, "name": "dev-snapshots", "version": "dev", "location": "tiny.jsonl", "schedule": "0 4 * * *"}
    (directory / "sources" / "dev.yaml").write_text(json.dumps(moving))
    names = [item.name for item in all_schedules(settings)]
    assert len({*names}) == len(names) == 2
    assert "refresh_dev_snapshots" in names


def test_names_of_schedules_are_told_apart() -> None:
    assert schedule_name("a.b-c", ["a.b-c", "x"]) == "refresh_a_b_c"
    names = {schedule_name(name, ["a-b", "a_b", "a.b"]) for name in ("a-b", "a_b", "a.b")}
    assert len(names) == 3


def test_a_time_put_back_does_not_hide_a_fresh_file(news: Path, settings: Settings) -> None:
    """What is copied with its old time is still as young as its last change."""
    recipe(news, schedule="0 4 * * *")
    path = put(news, "2026-9", "one")
    os.utime(path, (time.time() - 10**6,) * 2)
    (found,) = schedules(settings)
    with dg.instance_for_test() as kept:
        assert evaluate(found, kept, datetime.now(UTC)) == []
