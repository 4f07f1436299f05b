"""How the verdicts of a policy on a snapshot are built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dagster_project.corpus.building.measuring import EDITING, Measuring
from dagster_project.corpus.building.planner import Plan, Planner, strictest
from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.filtering import verdicts
from dagster_project.corpus.filtering.cascade import Cascade
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.measurements import Measurement
from dagster_project.corpus.model.partitions import Partition


def filtered(planner: Planner, partition: Partition) -> Plan:
    measuring = planner.measuring
    policy = planner.recipes.policy(partition.policy)
    cascade, draws = measuring.cascade_named(partition.policy)
    inputs = planner.inputs(partition)
    snapshot, *signals = planner.load(inputs)
    if draws:
        cascade, _ = measuring.cascade_named(partition.policy, draw=signals.pop().profile["kept"]["documents"])
    reading = reading_of(measuring, cascade, signals)
    lists = verdicts.find_lists(cascade)
    hashes = {**{name: found.sha256 for name, found in lists.items()}, **measuring.lists(cascade)}
    return Plan(
        schema=verdicts.SCHEMA,
        code_version=verdicts.CODE_VERSION,
        recipe=verdicts.recipe_of(cascade, hashes),
        inputs=inputs,
        run=lambda work: verdicts.filter_documents(work, snapshot, cascade, reading, lists),
        access=strictest([snapshot]),
        bounds={
            "documents": snapshot.rows,
            "max_removed": policy.max_removed,
            "max_removed_by_rule": cascade.bounds,
        },
    )


def reading_of(measuring: Measuring, cascade: Cascade, signals: Sequence[Manifest]) -> verdicts.Reading:
    """Where the signals of a cascade stand, given the version of each of its measurements."""
    wanted = _wanted(measuring, cascade)
    columns = [
        Column(manifest, tuple(sorted(wanted[item.part])), f"{item.part}/")
        for item, manifest in zip(measuring.of(cascade), signals, strict=True)
    ]

    edits = Measurement(EDITING, cascade.edits).part + "/edits" if cascade.edits else ""
    return verdicts.Reading(columns, measuring.column, edits)


def _wanted(measuring: Measuring, cascade: Cascade) -> Mapping[str, set[str]]:
    """The signals wanted of each measurement, by its part."""
    wanted: dict[str, set[str]] = {item.part: set() for item in measuring.of(cascade)}
    wanted["counts"] |= set(verdicts.WEIGHED)
    for step in cascade.steps:
        for signal in step.reads:
            item, column = measuring.place(step, signal)
            wanted[item.part].add(column)
        if step.recipe.languages:
            wanted["language"].add("language")
    if cascade.edits:
        wanted[Measurement(EDITING, cascade.edits).part].add("edits")
    return wanted
