"""The verdicts of a policy on a snapshot."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.filtering import verdicts
from dagster_project.defs.checks import checks_of
from dagster_project.defs.deriving import judged
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of


@dg.asset(
    partitions_def=partitions_of("filtered"),
    deps=needs("filtered"),
    check_specs=checks_of("filtered"),
    code_version=verdicts.CODE_VERSION,
    group_name="filtering",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    automation_condition=judged(),
    kinds={"parquet", "s3"},
)
def filtered(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """One verdict per document: keep, or the rule that dropped it and the value that did."""
    yield from materialized(context, library, "filtered")
