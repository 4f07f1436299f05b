"""What is measured and judged follows its snapshot: once for each version, and not past a failed blocking check."""

from __future__ import annotations

import dagster as dg
import pytest

from dagster_project.corpus.model.canonical import digest
from dagster_project.definitions import STAGES
from dagster_project.defs.checks import about_newest, report_evaluations, suites
from dagster_project.defs.deriving import MEASURED
from dagster_project.defs.provenance import DATA_VERSION, INPUT_VERSION

DEFINITIONS = dg.Definitions([*STAGES], resources={"library": dg.ResourceDefinition.none_resource()})


class Evaluations:
    """Dagster's evaluations of all conditions, one after the other."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance, self.cursor = instance, None
        instance.add_dynamic_partitions("snapshots", ["a@1", "b@1"])
        instance.add_dynamic_partitions("verdicts", ["a@1+plain", "b@1+plain"])

    def __call__(self) -> dict[str, set[str]]:
        """The partitions that are asked for, by asset."""
        result = dg.evaluate_automation_conditions(DEFINITIONS, self.instance, cursor=self.cursor)
        self.cursor = result.cursor
        found = {name: result.get_requested_partitions(dg.AssetKey(name)) for name in (*MEASURED, "filtered")}
        return {name: {str(key) for key in keys} for name, keys in found.items() if keys}

    def stands(self, stage: str, key: str, version: str, snapshot: str = "", failed: str = "") -> None:
        """A version is published, its checks judged, made of a version of the snapshot."""
        made_of = {f"{INPUT_VERSION}/snapshots": digest([snapshot])} if snapshot else {}
        event = dg.AssetMaterialization(stage, partition=key, tags={DATA_VERSION: version, **made_of})
        self.instance.report_runless_asset_event(event)
        evaluations = [
            dg.AssetCheckEvaluation(
                dg.AssetKey(stage), item.check, passed=item.check != failed, partition=key, metadata={}
            )
            for item in suites()[stage].expectations
        ]
        evaluations = about_newest(self.instance, stage, key, evaluations)
        report_evaluations(self.instance, evaluations, version)


@pytest.fixture
def evaluate(instance: dg.DagsterInstance) -> Evaluations:
    evaluate = Evaluations(instance)
    evaluate.stands("snapshots", "b@1", "old")
    assert evaluate() == {}, "the first evaluation asks for nothing, whatever lacks"
    return evaluate


def test_a_new_snapshot_is_measured_and_then_judged_and_once_only(evaluate: Evaluations) -> None:
    evaluate.stands("snapshots", "a@1", "one")
    assert evaluate() == {stage: {"a@1"} for stage in MEASURED}
    assert evaluate() == {}, "it was asked for"
    for stage in MEASURED:
        evaluate.stands(stage, "a@1", f"{stage} of one", snapshot="one")
    assert evaluate() == {"filtered": {"a@1+plain"}}
    evaluate.stands("filtered", "a@1+plain", "verdicts of one", snapshot="one")
    evaluate.instance.report_runless_asset_event(dg.AssetObservation("snapshots", partition="a@1"))
    evaluate.stands("signals", "a@1", "signals of one", snapshot="one")  # told once more
    assert [evaluate(), evaluate()] == [{}, {}]
    evaluate.stands("snapshots", "a@1", "two")
    assert evaluate() == {stage: {"a@1"} for stage in MEASURED}


def test_a_failed_blocking_check_stops_its_partition_alone(evaluate: Evaluations) -> None:
    evaluate.stands("snapshots", "a@1", "one", failed="every_record_is_accounted_for")
    evaluate.stands("snapshots", "b@1", "one", failed="few_repeated_records")  # a warning
    assert evaluate() == {stage: {"b@1"} for stage in MEASURED}
    evaluate.stands("snapshots", "a@1", "two")
    assert evaluate() == {stage: {"a@1"} for stage in MEASURED}
    evaluate.stands("snapshots", "b@1", "two", failed="every_record_is_accounted_for")  # it had passed
    assert evaluate() == {}
    evaluate.stands("signals", "a@1", "signals of two", snapshot="two", failed="words_take_characters")
    evaluate.stands("signals", "b@1", "signals of two", snapshot="two")
    assert evaluate() == {}


def test_what_was_measured_meanwhile_is_not_asked_for(evaluate: Evaluations) -> None:
    evaluate.stands("snapshots", "a@1", "one")
    for stage in MEASURED:
        evaluate.stands(stage, "a@1", f"{stage} of one", snapshot="one")
    assert evaluate() == {"filtered": {"a@1+plain"}}


def test_signals_of_an_older_snapshot_are_not_judged(evaluate: Evaluations) -> None:
    evaluate.stands("snapshots", "a@1", "two")
    evaluate.stands("signals", "a@1", "signals of one", snapshot="one")
    assert "filtered" not in evaluate()
