"""Sensors and schedules: register what recipes name, follow changed sources, mirror the store, refresh in time."""

import json
import time
from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.takedowns.register import last_number
from dagster_project.defs import alerts, deriving, landing, releases
from dagster_project.defs.jobs import apply_takedowns, snapshot_sources
from dagster_project.defs.keys import keys_of, named
from dagster_project.defs.landing import digest_of, listing_of
from dagster_project.defs.mirroring import mirror
from dagster_project.defs.partitions import DEFINITIONS
from dagster_project.opening import is_running, opened_store, recipes_of
from dagster_project.settings import Settings

AGAIN_SECONDS = 3600  # after which a register that could not be applied is applied again
AT_ONCE = 40  # partitions mirrored in one evaluation; the next takes the rest


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """All sensors. Recipes are read anew each time, so that a new file is seen without a reload."""

    @dg.sensor(
        job=snapshot_sources,
        minimum_interval_seconds=60,
        description="Registers every partition that the recipes name, and freezes sources that are new or changed.",
    )
    def register_snapshots(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Registers every partition that the recipes name, and requests the snapshots whose raw objects changed."""
        return registered(context, recipes_of(settings))

    # on from the start: it only reads, and without it the UI would show an empty store
    @dg.sensor(
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows here what the command line built, with its checks; starts no run.",
    )
    def mirror_versions(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        """Reports versions that the store has and Dagster lacks, with their checks. Starts no embedded store."""
        if not is_running(settings):
            return dg.SkipReason("the embedded store is not running: `florilegium up` starts it")
        with opened_store(settings) as store:
            found = mirror(context.instance, store, AT_ONCE, pages=settings.pages)
        return dg.SkipReason(f"partitions mirrored: {len(found)}")

    @dg.sensor(
        job=apply_takedowns,
        minimum_interval_seconds=60,
        description="Applies the takedown register whenever it has a new state: new versions of what holds what went.",
    )
    def follow_takedowns(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Asks for `takedown apply` whenever the register has a new state, and each hour where that failed. Starts no
        embedded store."""
        if not is_running(settings):
            return dg.SkipReason("the embedded store is not running: `florilegium up` starts it")
        with opened_store(settings) as store:
            number = str(last_number(store))
        if number != (context.cursor or "0"):
            return dg.SensorResult(run_requests=[dg.RunRequest(f"register {number}")], cursor=number)
        if failed := _failed(context.instance):
            return dg.SensorResult(run_requests=[dg.RunRequest(f"register {number} after {failed}")], cursor=number)
        return dg.SkipReason("the takedown register is as it was")

    return [
        *(register_snapshots, mirror_versions, follow_takedowns),
        *(landing.sensor(settings), deriving.sensor(settings), *alerts.sensors(settings)),
    ]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The nightly refresh, and one schedule for each source that has its own. A version that is not `dev` is pinned
    and never asked for again."""

    @dg.schedule(
        job=snapshot_sources,
        cron_schedule="0 3 * * *",
        execution_timezone="UTC",
        description="Freezes every source named dev again that has no schedule of its own; what did not change stays.",
    )
    def refresh_dev_snapshots(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        """Freezes again every moving source without a schedule of its own; an unchanged one publishes nothing."""
        moving = [recipe.key for recipe in named(recipes_of(settings)) if _moves(recipe.key) and not recipe.schedule]
        context.instance.add_dynamic_partitions("snapshots", moving)
        night = f"{context.scheduled_execution_time:%Y-%m-%d}"
        yield from (dg.RunRequest(run_key=f"{key} {night}", partition_key=key) for key in moving)

    return [refresh_dev_snapshots, *landing.schedules(settings), *releases.schedules(settings)]


def _failed(instance: dg.DagsterInstance) -> str | None:
    """The last run that applied the register, where it failed some time ago."""
    for record in instance.get_run_records(dg.RunsFilter(job_name=apply_takedowns.name), limit=1):
        is_late = record.end_time is not None and time.time() - record.end_time > AGAIN_SECONDS
        if record.dagster_run.status == dg.DagsterRunStatus.FAILURE and is_late:
            return record.dagster_run.run_id
    return None


def registered(context: dg.SensorEvaluationContext, recipes: Recipes) -> dg.SensorResult:
    """Partitions of all recipes, and runs for sources that are new or, when they may move, changed."""
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    now = dict(_listings(context, recipes))
    moved = [key for key, listing in now.items() if seen.get(key) != listing and (_moves(key) or key not in seen)]
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"{key} {now[key]}", partition_key=key) for key in moved],
        dynamic_partitions_requests=_additions(context.instance, keys_of(recipes, context.log.warning)),
        cursor=json.dumps({**seen, **now}, sort_keys=True),
    )


def _listings(context: dg.SensorEvaluationContext, recipes: Recipes) -> Iterator[tuple[str, str]]:
    for recipe in named(recipes):
        try:
            yield recipe.key, digest_of(listing_of(recipe))
        except SourceError as error:
            context.log.warning(str(error))


def _moves(key: str) -> bool:
    return key.endswith(f"@{MOVING}")


def _additions(
    instance: dg.DagsterInstance, wanted: Mapping[str, list[str]]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Requests for the keys that are not registered yet."""
    new = {space: sorted({*keys} - {*instance.get_dynamic_partitions(space)}) for space, keys in wanted.items()}
    return [DEFINITIONS[space].build_add_request(keys) for space, keys in new.items() if keys]
