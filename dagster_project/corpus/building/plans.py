"""What a partition is built from, and how: one planner per stage, each a few lines over the stage's own room."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dagster_project.corpus.building import (
    artifact_plans,
    corpus_plans,
    mix_plans,
    passage_plans,
    policy_plans,
    source_plans,
    weight_plans,
)
from dagster_project.corpus.building.planner import Plan, Planner
from dagster_project.corpus.model.partitions import Partition

PLANS: Mapping[str, Callable[[Planner, Partition], Plan]] = {
    "snapshots": source_plans.snapshots,
    "licensed": source_plans.licensed,
    "signals": source_plans.signals,
    "statistics": source_plans.statistics,
    "fingerprints": source_plans.fingerprints,
    "filtered": policy_plans.filtered,
    "families": corpus_plans.families,
    "deduplicated": corpus_plans.deduplicated,
    "passages": passage_plans.passages,
    "weights": weight_plans.weights,
    "mixed": mix_plans.mixed,
    "published": mix_plans.published,
    "artifacts": artifact_plans.artifacts,
}


def make_plan(planner: Planner, partition: Partition) -> Plan:
    """The plan of a partition, its inputs as they stand now."""
    return PLANS[partition.stage](planner, partition)
