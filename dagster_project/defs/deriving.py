"""Declarative automation: what is measured and judged of a snapshot follows it by itself, partition by partition.

Corpora and mixes are releases and have no condition: they are asked for, or their recipe has a schedule. Dagster's own
conditions for changes look at events, and statistics put one on their snapshot; so changes are told by data versions.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from dagster_project.corpus.building.landing import is_landing
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.defs.checks import suites
from dagster_project.defs.mirroring import known_versions
from dagster_project.defs.provenance import INPUT_VERSION
from dagster_project.opening import recipes_of
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster._core.asset_graph_view.entity_subset import EntitySubset

SNAPSHOTS = "snapshots"
MEASURED = ("licensed", "signals", "statistics", "fingerprints")
JUDGED = "filtered"
# beside these there are artifacts, of which no partition belongs to a snapshot: who reads one builds it first
FOLLOWED = dg.AssetSelection.assets(SNAPSHOTS, "licensed", "signals")
FAILED = AssetCheckExecutionRecordStatus.FAILED
Condition = dg.AutomationCondition[Any]


class OfEachKey(dg.AutomationCondition[Any]):
    """True of the partitions that `chosen` names."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:
        raise NotImplementedError


class Changed(OfEachKey):
    """The snapshot has another version than at the evaluation before; the first one finds nothing changed."""

    description = "its snapshot has a new version"

    def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:
        now = snapshots_of(context)
        before = json.loads(context.cursor) if context.cursor else now
        changed = [key for key, version in now.items() if before.get(key) != version]
        return dg.AutomationResult(context, chosen(context, changed), cursor=json.dumps({**before, **now}))


class Behind(OfEachKey):
    """It was not made of the version of the snapshot that stands."""

    description = "it was not made of the version of its snapshot that stands"

    def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:
        if context.key == dg.AssetKey(SNAPSHOTS):
            return dg.AutomationResult(context, context.get_empty_subset())
        candidates, now = keys_in(context.candidate_subset), snapshots_of(context)
        behind = [key for key in candidates & {*now} if made_of(context, key) != digest([now[key]])]
        return dg.AutomationResult(context, chosen(context, behind))


class Passed(OfEachKey):
    """No blocking check failed when it was judged last. Dagster's own condition may take a check that passed once and
    failed since for both."""

    description = "its blocking checks did not fail"

    def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:
        blocking = [item.check for item in suites()[context.key.path[-1]].expectations if item.severity == "error"]
        keys = [dg.AssetCheckKey(context.key, check) for check in blocking]
        found = context.asset_graph_view.instance.event_log_storage.get_asset_check_partition_info(keys)
        failed = {item.partition_key for item in found if item.latest_execution_status == FAILED}
        return dg.AutomationResult(context, chosen(context, keys_in(context.candidate_subset) - failed))


class OfSnapshot(dg.AutomationCondition[Any]):
    """True of a verdict `source@version+policy` where a condition is true of `source@version` in another asset: Dagster
    has no mapping between the two spaces that says so."""

    def __init__(self, asset: str, operand: Condition) -> None:
        self.asset, self.operand = asset, operand

    @property
    def name(self) -> str:
        return f"{self.asset} of the same snapshot"

    @property
    def children(self) -> Sequence[Condition]:
        return [self.operand]

    async def evaluate(self, context: dg.AutomationContext[Any]) -> dg.AutomationResult[Any]:  # type: ignore[override]
        whole = context.asset_graph_view.get_full_subset(key=dg.AssetKey(self.asset))
        wanted = {snapshot_of(key) for key in keys_in(context.candidate_subset)}
        there = whole.compute_intersection_with_partition_keys(wanted & keys_in(whole))
        found = await context.for_child_condition(self.operand, [0], there).evaluate_async()
        true = keys_in(found.true_subset)
        verdicts = [key for key in keys_in(context.candidate_subset) if snapshot_of(key) in true]
        return dg.AutomationResult(context, chosen(context, verdicts), child_results=[found])


def measured() -> Condition:
    """The condition of what is measured of a snapshot."""
    lagging = dg.AutomationCondition.any_deps_match(Behind() & ~dg.AutomationCondition.will_be_requested())
    return (
        new()
        & ~dg.AutomationCondition.any_deps_missing().allow(FOLLOWED)
        & ~dg.AutomationCondition.any_deps_in_progress().allow(FOLLOWED)
        & dg.AutomationCondition.all_deps_match(Passed() | dg.AutomationCondition.will_be_requested()).allow(FOLLOWED)
        & ~lagging.allow(FOLLOWED)
    ).with_label("follow the snapshot")


def judged() -> Condition:
    """The condition of verdicts."""
    stands = ~dg.AutomationCondition.missing() & ~dg.AutomationCondition.in_progress() & ~Behind() & Passed()
    return (new() & OfSnapshot(SNAPSHOTS, stands) & OfSnapshot("signals", stands)).with_label("follow the signals")


def new() -> Condition:
    """Once for every version of a snapshot, until it was asked for; what was refused is not asked for again."""
    asked = dg.AutomationCondition.newly_requested()
    return Changed().since(asked) & Behind() & ~dg.AutomationCondition.in_progress()


def sensor(settings: Settings) -> dg.SensorDefinition:
    """What evaluates the conditions: on where recipes name landing places or schedules, which ask for just this."""
    on = dg.DefaultSensorStatus.RUNNING if moves_by_itself(settings) else dg.DefaultSensorStatus.STOPPED
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Parameter `use_user_code_server`", category=dg.BetaWarning)
        return dg.AutomationConditionSensorDefinition(
            "follow_snapshots",
            target=dg.AssetSelection.assets(*MEASURED, JUDGED),
            use_user_code_server=True,  # only there conditions of our own are known
            emit_backfills=False,
            minimum_interval_seconds=30,
            default_status=on,
            description="Measures and judges every new version of a snapshot whose blocking checks passed.",
        )


def moves_by_itself(settings: Settings) -> bool:
    """Whether a recipe says that new versions come without anybody asking."""
    try:
        return any(is_landing(item) or item.schedule for item in recipes_of(settings).sources)
    except FlorilegiumError:  # told where schedules are made
        return False


def snapshots_of(context: dg.AutomationContext[Any]) -> Mapping[str, str]:
    """By each partition of the asset that is judged: the version of its snapshot that Dagster knows."""
    known = known_versions(context.asset_graph_view.instance, SNAPSHOTS)
    whole = context.asset_graph_view.get_full_subset(key=context.key)
    return {key: known[snapshot_of(key)] for key in sorted(keys_in(whole)) if snapshot_of(key) in known}


def made_of(context: dg.AutomationContext[Any], key: str) -> str | None:
    """What the newest materialization of a partition tells of the snapshot that it was made of."""
    wanted = dg.AssetRecordsFilter(asset_key=context.key, asset_partitions=[key])
    for record in context.asset_graph_view.instance.fetch_materializations(wanted, limit=1).records:
        told = record.asset_materialization
        return (told.tags or {}).get(f"{INPUT_VERSION}/{SNAPSHOTS}") if told else None
    return None


def snapshot_of(key: str) -> str:
    """The snapshot of a verdict; of anything else, itself."""
    return key.partition("+")[0]


def keys_in(subset: EntitySubset[Any]) -> set[str]:
    return {*subset.expensively_compute_partition_keys()}


def chosen(context: dg.AutomationContext[Any], keys: Iterable[str]) -> EntitySubset[Any]:
    """Those of the candidates."""
    return context.candidate_subset.compute_intersection_with_partition_keys(
        {*keys} & keys_in(context.candidate_subset)
    )
