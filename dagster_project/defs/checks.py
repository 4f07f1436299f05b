"""Suites as asset check specs, and outcomes as check results: one check per expectation, for each partition."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster_shared.record import copy

from dagster_project.corpus.model.outcomes import Outcome, Severity
from dagster_project.defs.partitions import partitions_of
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.suites import Expectation, Suite, load_suites
from dagster_project.settings import Settings

SEVERITIES: Mapping[Severity, dg.AssetCheckSeverity] = {
    "error": dg.AssetCheckSeverity.ERROR,
    "warning": dg.AssetCheckSeverity.WARN,
}


def checks_of(stage: str) -> list[dg.AssetCheckSpec]:
    """One spec per expectation of the stage's suite, in its order."""
    return [_partitioned_spec(stage, expectation) for expectation in suites()[stage].expectations]


@cache
def suites() -> Mapping[str, Suite]:
    """Every suite; a bad one stops the code location with all its problems. Checks are declared while modules are
    imported, before anybody can hand settings over."""
    return load_suites(Settings.from_environment().expectations)


def auditor_of_now() -> GreatExpectationsAuditor:
    """Who judges by the suites as their files are now."""
    return GreatExpectationsAuditor(Settings.from_environment().expectations)


def pages_of(stage: str, key: str) -> dict[str, dg.MetadataValue[Any]]:
    """A link to the Data Docs of a partition, where `florilegium up` serves them."""
    pages = Settings.from_environment().pages
    return {"data docs": dg.MetadataValue.url(f"{pages}/checks/{stage}/{key}")} if pages else {}


def results_of(stage: str, key: str, outcomes: Iterable[Outcome]) -> list[dg.AssetCheckResult]:
    """Check results of one version; those of several parts of a partition are one result per check."""
    link = pages_of(stage, key)
    by_check: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_check.setdefault(outcome.check, []).append(outcome)
    return [
        dg.AssetCheckResult(
            check_name=check,
            passed=all(outcome.passed for outcome in found),
            severity=SEVERITIES[found[0].severity],
            description=_description(found),
            metadata=_observed(found) | link,
        )
        for check, found in by_check.items()
    ]


def evaluations_of(stage: str, key: str, outcomes: Iterable[Outcome]) -> list[dg.AssetCheckEvaluation]:
    """The same for a version that no run of Dagster made; a check that its suite no longer has is left out."""
    known = {expectation.check for expectation in suites()[stage].expectations} if stage in suites() else set()
    return [
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(stage),
            check_name=result.check_name or "",
            passed=result.passed,
            severity=result.severity,
            description=result.description,
            metadata=result.metadata,
            partition=key,
        )
        for result in results_of(stage, key, outcomes)
        if result.check_name in known
    ]


def report_evaluations(
    instance: dg.DagsterInstance, evaluations: Iterable[dg.AssetCheckEvaluation], run_id: str
) -> None:
    """Tell Dagster how a version was judged that no run of its own made. Of a check and a partition its database has
    one evaluation per run id, which need not be of a run; the last one told under an id stands."""
    for evaluation in evaluations:
        event = dg.DagsterEvent(dg.DagsterEventType.ASSET_CHECK_EVALUATION.value, "", event_specific_data=evaluation)
        instance.report_dagster_event(event, run_id=run_id)


def about_newest(
    instance: dg.DagsterInstance, stage: str, key: str, evaluations: Sequence[dg.AssetCheckEvaluation]
) -> list[dg.AssetCheckEvaluation]:
    """The evaluations of a partition as of its newest materialization: the asset page shows no others."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(stage), asset_partitions=[key])
    for found in instance.fetch_materializations(wanted, limit=1).records if evaluations else ():
        about = AssetCheckEvaluationTargetMaterializationData(
            storage_id=found.storage_id, run_id=found.run_id, timestamp=found.timestamp
        )
        return [copy(evaluation, target_materialization_data=about) for evaluation in evaluations]
    return list(evaluations)


def _partitioned_spec(stage: str, expectation: Expectation) -> dg.AssetCheckSpec:
    """Partitioned specs are a preview in Dagster 1.13, which is pinned: the one warning is silenced here alone."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Specifying a partitions_def on an AssetCheckSpec", category=dg.PreviewWarning
        )
        return dg.AssetCheckSpec(
            expectation.check,
            asset=stage,
            description=expectation.description,
            blocking=expectation.severity == "error",
            metadata={"severity": expectation.severity, "expectation": dg.MetadataValue.json(dict(expectation.data))},
            partitions_def=partitions_of(stage),
        )


def _description(found: Sequence[Outcome]) -> str:
    failed = [outcome.description for outcome in found if not outcome.passed]
    return " ".join(dict.fromkeys(failed)) or found[0].description


def _observed(found: Sequence[Outcome]) -> dict[str, Any]:
    """The numbers that were judged; of several parts the failed one's, else the first one's."""
    observed = next((outcome for outcome in found if not outcome.passed), found[0]).observed
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in observed.items()}
