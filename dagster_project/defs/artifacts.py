"""Scorers trained here, n-gram models counted here, model files of the user: inputs like any other."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.scorers.artifacts import CODE_VERSION
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("artifacts"),
    deps=needs("artifacts"),
    check_specs=checks_of("artifacts"),
    code_version=CODE_VERSION,
    group_name="artifacts",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def artifacts(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """A model with the examples that it was made from, and how well it does on those held out."""
    yield from materialized(context, library, "artifacts")
