"""Versions that the store has and Dagster lacks, built by the CLI or by another deployment, told to Dagster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from uuid import NAMESPACE_URL, uuid5

import dagster as dg

from dagster_project.corpus.building.judging import last_outcomes
from dagster_project.corpus.model.outcomes import Auditor
from dagster_project.corpus.model.partitions import SPACES, STAGES
from dagster_project.corpus.storage.stores import Store
from dagster_project.defs.checks import about_newest, auditor_of_now, evaluations_of, report_evaluations
from dagster_project.defs.metadata import metadata_of, told_besides
from dagster_project.defs.provenance import (
    CODE_VERSION,
    DATA_VERSION,
    NOTHING,
    POINTER,
    Superseded,
    code_version_of,
    input_tags,
    inputs_of,
    is_told_stale,
    last_told,
    pointers_before,
    superseded,
)
from dagster_project.defs.versions import Standing, standings


@dataclass(frozen=True)
class Mirrored:
    """One partition that Dagster does not know as it stands: what to tell of it, its checks, and under which run id."""

    standing: Standing
    run_id: str
    events: tuple[dg.AssetMaterialization | dg.AssetObservation, ...] = ()
    checks: tuple[dg.AssetCheckEvaluation, ...] = ()

    @property
    def space(self) -> str:
        return SPACES[self.standing.stage]

    @property
    def key(self) -> str:
        return self.standing.key


def mirror(
    instance: dg.DagsterInstance, store: Store, at_most: int | None = None, run_id: str = "", pages: str | None = None
) -> list[Mirrored]:
    """Report what is lacking. Told twice it is told once: what Dagster has at that data version is left, unless it
    became stale. A run gives its own id, for the checks. `pages`: where provenance pages are served, for links."""
    found = list(lacking(instance, store, at_most, pages))
    for item in found:
        instance.add_dynamic_partitions(item.space, [item.key])
        for event in item.events:
            instance.report_runless_asset_event(event)
        checks = about_newest(instance, item.standing.stage, item.key, item.checks)
        report_evaluations(instance, checks, run_id or item.run_id)
    return found


def lacking(
    instance: dg.DagsterInstance, store: Store, at_most: int | None = None, pages: str | None = None
) -> Iterator[Mirrored]:
    """The partitions whose newest version in the store is not the newest that Dagster knows, those that became stale
    since it was told of them, and those that somebody deleted there."""
    known = {stage: known_versions(instance, stage) for stage in STAGES}
    registered = {space: {*instance.get_dynamic_partitions(space)} for space in {*SPACES.values()}}
    found = list(standings(store))
    auditor = auditor_of_now()
    newest = {str(partition): (ref.id, item) for item in found for partition, ref in item.parts}

    def lacks() -> Iterator[Mirrored]:
        for item in found:
            newer = superseded(store, item, newest)
            told = last_told(instance, item) if newer else None
            run_id = run_id_of(store, item, newer)
            if known[item.stage].get(item.key) != item.data_version:
                events = events_of(store, item, pointers_before(instance, newer), pages)
                yield Mirrored(item, run_id, tuple(events), checks_of(store, auditor, item))
            elif told and not is_told_stale(told, newer):
                again = told_stale(told, pointers_before(instance, newer))
                yield Mirrored(item, run_id, (again,), checks_of(store, auditor, item))
            elif item.key not in registered[SPACES[item.stage]]:
                yield Mirrored(item, run_id)

    return islice(lacks(), at_most)


def run_id_of(store: Store, standing: Standing, newer: Superseded) -> str:
    """Under which run id the checks of a partition are told: another one for each of its versions, and whenever more of
    its inputs is superseded, so that the newest evaluation is of the newest event. All partitions share these ids,
    since by default Dagster makes a file for each."""
    return str(uuid5(NAMESPACE_URL, f"{store.location}#{standing.number}.{len(newer)}"))


def known_versions(instance: dg.DagsterInstance, stage: str) -> Mapping[str, str]:
    """The data version of the newest materialization of each partition of an asset: one query."""
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        dg.AssetKey(stage), dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION]
    )
    return {partition: found[DATA_VERSION] for partition, found in tags.items() if DATA_VERSION in found}


def events_of(
    store: Store, standing: Standing, pointers: Mapping[str, int], pages: str | None = None
) -> Iterator[dg.AssetMaterialization | dg.AssetObservation]:
    """A materialization without a run, then what it says of others."""
    yield dg.AssetMaterialization(
        standing.stage,
        partition=standing.key,
        metadata=metadata_of(store, standing, pages),
        tags={
            DATA_VERSION: standing.data_version,
            CODE_VERSION: code_version_of(standing, standing.manifests(store)),
            **input_tags(standing.stage, inputs_of(store, standing), pointers),
        },
    )
    yield from told_besides(store, standing)


def told_stale(told: dg.AssetMaterialization, pointers: Mapping[str, int]) -> dg.AssetMaterialization:
    """What was told of a partition once more, with its tables and plot as they are, and with other pointers."""
    tags = {name: NOTHING if name.startswith(POINTER) else value for name, value in (told.tags or {}).items()}
    tags |= {f"{POINTER}/{stage}": str(pointer) for stage, pointer in pointers.items()}
    return dg.AssetMaterialization(told.asset_key, partition=told.partition, metadata=told.metadata, tags=tags)


def checks_of(store: Store, auditor: Auditor, standing: Standing) -> tuple[dg.AssetCheckEvaluation, ...]:
    """The checks of a partition as they were judged last. What is judged again when Dagster knows the partition is told
    by the job that does it: to look for that in every pass would be a request for each partition."""
    outcomes = [outcome for _, ref in standing.parts for outcome in last_outcomes(store, auditor, ref)]
    return tuple(evaluations_of(standing.stage, standing.key, outcomes))
