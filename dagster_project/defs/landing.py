"""Landing places: whole folders become snapshots by themselves, by a sensor and at the times that recipes name.

A folder is whole when it holds `_SUCCESS` or `.done`; without one, when two evaluations of the sensor in a row, or an
evaluation of a schedule some minutes after the last write, find the same names, sizes and times in it.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import dagster as dg

from dagster_project.corpus.building.landing import is_landing, is_marked
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import FlorilegiumError, SourceError
from dagster_project.corpus.model.partitions import MOVING
from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.registry import source_for
from dagster_project.defs.jobs import snapshot_sources
from dagster_project.defs.keys import Warn, verdicts
from dagster_project.defs.partitions import DEFINITIONS
from dagster_project.opening import recipes_of
from dagster_project.settings import Settings

QUIET_SECONDS = 300
LOOK_SECONDS = 20  # of one evaluation, which Dagster ends after 60
NIGHTLY = "dev_snapshots"  # the schedule of all sources without one of their own is named as if it were that source's
SNAPSHOTS = dg.AssetKey("snapshots")


def sensor(settings: Settings) -> dg.SensorDefinition:
    """The one sensor of all landing places. Recipes are read anew each time."""

    # on from the start: a recipe that names a landing place asks for just this
    @dg.sensor(
        name="landing",
        job=snapshot_sources,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Makes a snapshot of every folder at a landing place, once it is whole.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Registers every version that lies at a landing place, and requests the snapshot of each that is whole."""
        return landed(context, recipes_of(settings))

    return landing


def landed(context: dg.SensorEvaluationContext, recipes: Recipes) -> dg.SensorResult:
    """Partitions of all versions, and runs for those that are whole and were not snapshotted.

    The cursor keeps, of every version that does not stand yet, the digest of its listing and whether a run was asked
    for with it; a version that stands is not listed again. What one evaluation has no time for is left to the next.
    """
    cursor = json.loads(context.cursor or "{}")
    found = [item for place in places(recipes) for item in unmade(context.instance, recipes, place, warn(context))]
    before: dict[str, list[object]] = cursor.get("seen", {})
    now = {recipe.key: before[recipe.key] for recipe in found if recipe.key in before}
    requests, looked_at = [], []
    until = time.monotonic() + LOOK_SECONDS
    for recipe, listing in listed(_going_on(found, cursor.get("last")), warn(context)):
        told = digest_of(listing)
        asked = before.get(recipe.key) == [told, True]
        whole = _marked(recipes, recipe) or (before.get(recipe.key) or [""])[0] == told
        if whole and not asked:
            requests.append(_request(recipe, told))
        now[recipe.key] = [told, whole]
        looked_at.append(recipe.key)
        if time.monotonic() > until:
            break
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[
            *_registrations(context.instance, "snapshots", looked_at),
            *_registrations(context.instance, "verdicts", _judged(recipes, places(recipes))),
        ],
        cursor=json.dumps({"seen": now, "last": looked_at[-1] if looked_at else None}, sort_keys=True),
    )


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """One schedule for each source whose recipe has one, as the recipes stand when the code location is loaded."""
    try:
        found = [item for item in recipes_of(settings).sources if item.schedule and _is_looked_at_again(item)]
    except FlorilegiumError as error:
        dg.get_dagster_logger().error(f"no schedules of sources: {error}")
        return []
    names = [schedule_name(recipe.name, [other.name for other in found]) for recipe in found]
    return [_schedule(settings, recipe, name) for recipe, name in zip(found, names, strict=True)]


def schedule_name(source: str, sources: Sequence[str]) -> str:
    """A name that Dagster takes; where two would share one, a digest tells them apart."""
    alike = [other for other in (*sources, NIGHTLY) if _plain(other) == _plain(source)]
    return f"refresh_{_plain(source)}" + (f"_{digest(source)[:6]}" if len(alike) > 1 else "")


def places(recipes: Recipes) -> list[SourceRecipe]:
    """The sources with a landing place."""
    return [recipe for recipe in recipes.sources if is_landing(recipe)]


def unmade(instance: dg.DagsterInstance, recipes: Recipes, place: SourceRecipe, warn: Warn) -> Iterator[SourceRecipe]:
    """Every version at a place that is not snapshotted; what is none is told."""
    try:
        found = recipes.landing(place.name)
    except SourceError as error:
        warn(str(error))
        return
    for problem in found.problems:
        warn(problem)
    standing = instance.get_materialized_partitions(SNAPSHOTS)
    for version in found.versions:
        recipe = recipes.source(f"{place.name}@{version}")
        if recipe.key not in standing:
            yield recipe


def listed(found: Iterable[SourceRecipe], warn: Warn) -> Iterator[tuple[SourceRecipe, list[RawObject]]]:
    """Versions with what lies in them; what cannot be listed is told."""
    for recipe in found:
        try:
            yield recipe, listing_of(recipe)
        except SourceError as error:
            warn(str(error))


def listing_of(recipe: SourceRecipe) -> list[RawObject]:
    """What lies at a source, without reading it."""
    return source_for(recipe.format).objects(recipe)


def digest_of(listing: Sequence[RawObject]) -> str:
    """16 hexadecimal digits that change with any name, size or time."""
    return digest([[item.uri, item.size, item.modified_ns] for item in listing])[:16]


def warn(context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext) -> Warn:
    """Warnings into the log of an evaluation."""
    return context.log.warning


def _schedule(settings: Settings, recipe: SourceRecipe, name: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job=snapshot_sources,
        cron_schedule=recipe.schedule,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Looks at {recipe.name} again, as its recipe says.",
    )
    def look_again(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        recipes = recipes_of(settings)
        found = next((item for item in recipes.sources if item.name == recipe.name and _is_looked_at_again(item)), None)
        if found is None:
            return dg.SkipReason(f"the recipes no longer name {recipe.name}")
        at = context.scheduled_execution_time
        requests = list(_of_place(context, recipes, found, at) if is_landing(found) else _again(found, at))
        context.instance.add_dynamic_partitions("snapshots", [str(item.partition_key) for item in requests])
        context.instance.add_dynamic_partitions("verdicts", _judged(recipes, [found]))
        return requests or dg.SkipReason(f"nothing new that is whole lies at {found.location}")

    return look_again


def _going_on(found: Sequence[SourceRecipe], last: str | None) -> Sequence[SourceRecipe]:
    """The same in turn, those after the last one first."""
    start = next((place + 1 for place, recipe in enumerate(found) if recipe.key == last), 0)
    return [*found[start:], *found[:start]]


def _again(recipe: SourceRecipe, at: datetime) -> Iterator[dg.RunRequest]:
    """A moving source is frozen again; when nothing changed, that publishes nothing."""
    yield dg.RunRequest(run_key=f"{recipe.key} {at:%Y-%m-%dT%H:%M}", partition_key=recipe.key)


def _of_place(
    context: dg.ScheduleEvaluationContext, recipes: Recipes, place: SourceRecipe, at: datetime
) -> Iterator[dg.RunRequest]:
    for recipe, listing in listed(unmade(context.instance, recipes, place, warn(context)), warn(context)):
        quiet = all(item.modified_ns < (at.timestamp() - QUIET_SECONDS) * 1e9 for item in listing)
        if quiet or _marked(recipes, recipe):
            yield _request(recipe, digest_of(listing))


def _request(recipe: SourceRecipe, told: str) -> dg.RunRequest:
    return dg.RunRequest(run_key=f"{recipe.key} {told}", partition_key=recipe.key)


def _marked(recipes: Recipes, recipe: SourceRecipe) -> bool:
    place = recipes.landing_place(recipe.name)
    try:
        return place is not None and is_marked(place, recipe.version)
    except SourceError:  # gone since it was listed
        return False


def _judged(recipes: Recipes, sources: Sequence[SourceRecipe]) -> list[str]:
    """The verdicts that corpora want of some sources, in their versions as of now."""
    names = {source.name for source in sources}
    return [key for key in verdicts(recipes) if key.partition("@")[0] in names]


def _registrations(
    instance: dg.DagsterInstance, space: str, keys: Sequence[str]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    new = sorted({*keys} - {*instance.get_dynamic_partitions(space)})
    return [DEFINITIONS[space].build_add_request(new)] if new else []


def _is_looked_at_again(recipe: SourceRecipe) -> bool:
    return is_landing(recipe) or recipe.version == MOVING


def _plain(source: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", source)
