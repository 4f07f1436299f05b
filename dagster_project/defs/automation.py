"""Sensors and the schedule: register what recipes name, follow changed sources, mirror the store, refresh by night."""

import json
from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.registry import source_for
from dagster_project.defs.jobs import snapshot_sources
from dagster_project.defs.mirroring import lacking
from dagster_project.defs.partitions import DEFINITIONS
from dagster_project.opening import is_running, opened_store, recipes_of
from dagster_project.settings import Settings

AT_ONCE = 100  # partitions mirrored in one evaluation; the next takes the rest


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Both sensors. Recipes are read anew each time, so that a new file is seen without a reload."""

    @dg.sensor(job=snapshot_sources, minimum_interval_seconds=60)
    def register_snapshots(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Registers every partition that the recipes name, and requests the snapshots whose raw objects changed."""
        return registered(context, recipes_of(settings))

    # on from the start: it only reads, and without it the UI would show an empty store
    @dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
    def mirror_versions(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Reports versions that the store has and Dagster lacks, with their checks. Starts no embedded store."""
        if not is_running(settings):
            return dg.SkipReason("the embedded store is not running: `florilegium up` starts it")
        with opened_store(settings) as store:
            found = list(lacking(context.instance, store, AT_ONCE))
        return dg.SensorResult(
            asset_events=[event for item in found for event in item.events],
            dynamic_partitions_requests=_additions(context.instance, _by_space((i.space, i.key) for i in found)),
        )

    return [register_snapshots, mirror_versions]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The nightly refresh. A version that is not `dev` is pinned and never asked for again."""

    @dg.schedule(job=snapshot_sources, cron_schedule="0 3 * * *", execution_timezone="UTC")
    def refresh_dev_snapshots(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        """Freezes every moving source again; an unchanged one publishes nothing."""
        moving = [recipe.key for recipe in recipes_of(settings).sources if recipe.version == MOVING]
        context.instance.add_dynamic_partitions("snapshots", moving)
        night = f"{context.scheduled_execution_time:%Y-%m-%d}"
        yield from (dg.RunRequest(run_key=f"{key} {night}", partition_key=key) for key in moving)

    return [refresh_dev_snapshots]


def registered(context: dg.SensorEvaluationContext, recipes: Recipes) -> dg.SensorResult:
    """Partitions of all recipes, and runs for sources that are new or, when they may move, changed."""
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    now = dict(_listings(context, recipes))
    moved = [key for key, listing in now.items() if seen.get(key) != listing and (_moves(key) or key not in seen)]
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"{key} {now[key]}", partition_key=key) for key in moved],
        dynamic_partitions_requests=_additions(context.instance, keys_of(recipes)),
        cursor=json.dumps({**seen, **now}, sort_keys=True),
    )


def keys_of(recipes: Recipes) -> dict[str, list[str]]:
    """The partitions that recipes name, by space."""
    members = [member for corpus in recipes.corpora for member in corpus.members]
    verdicts = (f"{recipes.source(item.source).key}+{recipes.policy(item.policy).name}" for item in members)
    return {
        "snapshots": [recipe.key for recipe in recipes.sources],
        "verdicts": list(dict.fromkeys(verdicts)),
        "corpora": [recipe.key for recipe in recipes.corpora],
        "mixes": [recipe.key for recipe in recipes.mixes],
    }


def listing_of(recipe: SourceRecipe) -> str:
    """A digest of what lies at a source, without reading it."""
    found = source_for(recipe.format).objects(recipe)
    return digest([[item.uri, item.size, item.modified_ns] for item in found])[:16]


def _listings(context: dg.SensorEvaluationContext, recipes: Recipes) -> Iterator[tuple[str, str]]:
    for recipe in recipes.sources:
        try:
            yield recipe.key, listing_of(recipe)
        except SourceError as error:
            context.log.warning(str(error))


def _moves(key: str) -> bool:
    return key.endswith(f"@{MOVING}")


def _by_space(pairs: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for space, key in pairs:
        found.setdefault(space, []).append(key)
    return found


def _additions(
    instance: dg.DagsterInstance, wanted: Mapping[str, list[str]]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Requests for the keys that are not registered yet."""
    new = {space: sorted({*keys} - {*instance.get_dynamic_partitions(space)}) for space, keys in wanted.items()}
    return [DEFINITIONS[space].build_add_request(keys) for space, keys in new.items() if keys]
