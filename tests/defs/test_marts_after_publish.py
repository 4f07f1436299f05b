"""The marts are built again whenever other mixes stand published, and only then."""

from __future__ import annotations

import dagster as dg

from dagster_project.definitions import build_definitions
from dagster_project.defs.marts import JOB, marts_after_publish
from dagster_project.settings import Settings


def publish(instance: dg.DagsterInstance, version: str, key: str = "tiny@dev") -> None:
    tags = {"dagster/data_version": version}
    instance.report_runless_asset_event(dg.AssetMaterialization("published", partition=key, tags=tags))


def asked(instance: dg.DagsterInstance, cursor: str | None) -> tuple[int, str | None]:
    """How many runs are requested, and the cursor after it."""
    found = marts_after_publish.evaluate_tick(dg.build_sensor_context(instance, cursor=cursor))
    return len(found.run_requests or ()), found.cursor


def test_marts_follow_what_is_published(instance: dg.DagsterInstance) -> None:
    assert asked(instance, None)[0] == 0
    publish(instance, "a")
    requests, cursor = asked(instance, None)
    assert requests == 1
    assert asked(instance, cursor)[0] == 0
    publish(instance, "b")
    requests, later = asked(instance, cursor)
    assert (requests, later != cursor) == (1, True)
    publish(instance, "a")  # as it was before: the marts tell of `b`, and are built again
    assert asked(instance, later) == (1, cursor)
    publish(instance, "c", key="other@1")
    assert asked(instance, cursor)[0] == 1


def test_the_job_is_there_and_its_sensor_is_on(settings: Settings) -> None:
    definitions = build_definitions(settings)
    assert definitions.resolve_job_def(JOB).name == JOB
    (sensor,) = [item for item in definitions.sensors or () if item.name == "marts_after_publish"]
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
