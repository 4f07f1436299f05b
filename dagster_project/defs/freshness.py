"""Freshness: a source whose recipe says `fresh_hours` is late when its newest snapshot is older than that.

Dagster's own freshness is of an asset or of one partition; ours is of a source, whichever of its versions is newest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.tags import SCHEDULED_EXECUTION_TIME_TAG

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.storage.stores import Store
from dagster_project.defs.alerts import send
from dagster_project.defs.versions import standings
from dagster_project.opening import opened_store, recipes_of
from dagster_project.settings import Settings

JOB = "look_at_freshness"
HOURLY = "10 * * * *"
HOUR = 3600.0


def freshness(settings: Settings) -> dg.Definitions:
    """One check for each source that says when it is late, and the hourly look at them; nothing where none does."""
    sources = checked(settings)
    if not sources:
        return dg.Definitions()
    job = dg.define_asset_job(JOB, dg.AssetSelection.checks(*(_key(name) for name in sources)))
    schedule = dg.ScheduleDefinition(
        name="look_at_freshness_hourly",
        job=job,
        cron_schedule=HOURLY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Looks whether each source that says fresh_hours has a snapshot that is young enough.",
    )
    return dg.Definitions(asset_checks=[_checks(settings, sources)], jobs=[job], schedules=[schedule])


def checked(settings: Settings) -> Mapping[str, SourceRecipe]:
    """By the name of their check: the sources that say when they are late, as the recipes stand now."""
    try:
        found = {recipe.name: recipe for recipe in recipes_of(settings).sources if recipe.fresh_hours}
    except FlorilegiumError:  # told where the schedules of sources are made
        return {}
    return {check_name(name, [*found]): recipe for name, recipe in found.items()}


def check_name(source: str, sources: Sequence[str]) -> str:
    """A name that Dagster takes; where two sources would share one, a digest tells them apart."""
    alike = [other for other in sources if _plain(other) == _plain(source)]
    return f"{_plain(source)}_is_fresh" + (f"_{digest(source)[:6]}" if len(alike) > 1 else "")


def ages(store: Store, now: datetime) -> dict[str, float]:
    """Hours since anything was published of each source."""
    newest: dict[str, float] = {}
    for item in standings(store, "snapshots"):
        name = item.key.partition("@")[0]
        newest[name] = max([newest.get(name, 0.0), *(ref.published for _, ref in item.parts)])
    return {name: (now.timestamp() - published) / HOUR for name, published in newest.items()}


def judged(name: str, recipe: SourceRecipe, age: float | None) -> dg.AssetCheckResult:
    """Whether a source is late; what has no snapshot at all is."""
    told = "has no snapshot yet" if age is None else f"has its newest snapshot since {age:,.1f} hours"
    return dg.AssetCheckResult(
        check_name=name,
        asset_key="snapshots",
        passed=age is not None and age <= recipe.fresh_hours,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{recipe.name} {told}; a new one is due within {recipe.fresh_hours:,}.",
        metadata={} if age is None else {"hours": round(age, 2), "fresh_hours": recipe.fresh_hours},
    )


def _checks(settings: Settings, sources: Mapping[str, SourceRecipe]) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(name, asset="snapshots", description=f"{recipe.name} has a new snapshot in time.")
        for name, recipe in sources.items()
    ]

    @dg.multi_asset_check(specs=specs)
    def sources_are_fresh(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Looks at the newest snapshot of every source that says when it is late; tells of each that has become so."""
        with opened_store(settings) as store:
            found = ages(store, _now(context.run))
        for name, recipe in sources.items():
            result = judged(name, recipe, found.get(recipe.name))
            if not result.passed and not _was_late(context.instance, name):
                text = f"{result.description}"
                send(settings.alerts, {"event": "source_late", "text": text, "source": recipe.name}, context.log)
            yield result

    return sources_are_fresh


def _now(run: dg.DagsterRun) -> datetime:
    """The time for which the look was meant, if a schedule asked for it."""
    at = run.tags.get(SCHEDULED_EXECUTION_TIME_TAG)
    return datetime.fromisoformat(at) if at else datetime.now(UTC)


def _was_late(instance: dg.DagsterInstance, name: str) -> bool:
    history = instance.event_log_storage.get_asset_check_execution_history(_key(name), limit=2)
    done = [item.status for item in history if item.status != AssetCheckExecutionRecordStatus.PLANNED]
    return bool(done) and done[0] == AssetCheckExecutionRecordStatus.FAILED


def _key(name: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey("snapshots"), name)


def _plain(source: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", source)
