"""Suites run by Great Expectations on the profile of a version, and its results as our Outcomes.

Great Expectations takes seconds to import, keeps one current context per process, and stores offending values in its
results unless told not to: hence the late import, the lock, and the result format.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.quality.profiles import STAGES, Profile, profile_of
from dagster_project.quality.suites import Expectation, Suite, checked_directory, load_suite

NOTHING_FROM_THE_DATA = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
_one_context = threading.Lock()


class GreatExpectationsAuditor:
    """Judges versions by the packaged suites, or by those of a directory where it has one for the stage. What is no
    stage is judged by nothing."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = checked_directory(directory)
        self._suites: dict[str, Suite] = {}

    def suite_digest(self, stage: str) -> str:
        return self.suite(stage).digest if stage in STAGES else digest([stage])

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> Sequence[Outcome]:
        """Every expectation of the stage's suite, in the order of its file."""
        if manifest.stage not in STAGES:
            return ()
        suite = self.suite(manifest.stage)
        profile = profile_of(manifest, bounds)
        found = validate(suite, profile, bounds)
        return [outcome_of(item, found.get(item.check), profile, bounds) for item in suite.expectations]

    def suite(self, stage: str) -> Suite:
        """The suite of a stage, read once."""
        if stage not in self._suites:
            self._suites[stage] = load_suite(self.directory, stage)
        return self._suites[stage]


def validate(suite: Suite, profile: Profile, bounds: Mapping[str, Any]) -> dict[str, Any]:
    """The raw results by check. An expectation whose bound is missing is not run: it would hold of any number."""
    runnable = [dict(item.data) for item in suite.expectations if not _missing(item, bounds)]
    if not runnable:
        return {}
    import great_expectations as gx
    import pandas as pd

    frame = pd.DataFrame([{name: float(number) for name, number in profile.numbers.items()}])
    with _one_context:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        asset = context.data_sources.add_pandas("memory").add_dataframe_asset("profile")
        batch = asset.add_batch_definition_whole_dataframe("row")
        expected = context.suites.add(gx.ExpectationSuite(name=suite.stage, expectations=runnable))
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.stage, data=batch, suite=expected)
        )
        result = validation.run(
            batch_parameters={"dataframe": frame},
            expectation_parameters=dict(bounds),
            result_format=NOTHING_FROM_THE_DATA,
        )
    return {item.expectation_config.meta["check"]: item for item in result.results if item.expectation_config}


def outcome_of(expectation: Expectation, result: Any, profile: Profile, bounds: Mapping[str, Any]) -> Outcome:
    """One result in our words: what was expected, and in a failure what there was instead."""
    problem = _problem(expectation, result, profile, bounds)
    observed: dict[str, Any] = {name: profile.numbers[name] for name in expectation.columns}
    observed |= {name: bounds[name] for name in expectation.parameters if name in bounds}
    for column in expectation.columns:
        if offenders := profile.offenders.get(column):
            observed["offenders"] = {**observed.get("offenders", {}), **offenders}
    said = f"{expectation.description} {problem}" if problem else expectation.description
    return Outcome(expectation.check, not problem, expectation.severity, said, observed)


def _problem(expectation: Expectation, result: Any, profile: Profile, bounds: Mapping[str, Any]) -> str:
    """Empty when all is well."""
    if missing := _missing(expectation, bounds):
        return f"But nobody said what {', '.join(missing)} is."
    if absent := [name for name in expectation.columns if not math.isfinite(profile.numbers[name])]:
        return f"But {', '.join(absent)} is not a number."
    if result is None:
        return "But Great Expectations gave no result."
    if raised := _raised(result):
        return f"But it could not be judged: {raised}."
    if bool(result.success):
        return ""
    return f"But {' and '.join(f'{name} is {profile.numbers[name]:,}' for name in expectation.columns)}."


def _raised(result: Any) -> str:
    """The first message of an exception, which GX gives flat or by metric."""
    info = result.exception_info or {}
    for found in (info, *(item for item in info.values() if isinstance(item, Mapping))):
        if found.get("raised_exception"):
            return str(found.get("exception_message") or "it raised").strip().splitlines()[0].rstrip(".")[:300]
    return ""


def _missing(expectation: Expectation, bounds: Mapping[str, Any]) -> list[str]:
    return [name for name in expectation.parameters if bounds.get(name) is None]
