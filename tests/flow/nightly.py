"""The Dagster shell of the settings in the environment, less the dbt marts: loaded by the simulated daemon.

Its audits are one expectation, for those of Great Expectations would take most of the time of five nights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.definitions import stages
from dagster_project.defs.checks import suites
from dagster_project.opening import opened
from dagster_project.settings import Settings
from tests.corpora import Lenient

MOST_BAD = 0.05


class FewBadRecords(Lenient):
    """Judges snapshots by their dead letters, and all else well."""

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> Sequence[Outcome]:
        bad = sum(manifest.profile.get("dead_letters", {}).values()) / manifest.profile.get("records", 1)
        failed = {"few_bad_records"} if bad > MOST_BAD else set()
        return [
            Outcome(item.check, item.check not in failed, item.severity, item.description)
            for item in suites()[manifest.stage].expectations
        ]


def library(_: dg.InitResourceContext) -> Iterator[Library]:
    with opened(settings) as found:
        yield replace(found, auditor=FewBadRecords())


settings = Settings.from_environment()
definitions = stages(settings, dg.ResourceDefinition(library))
