"""What a snapshot holds, by language."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.statistics import languages
from dagster_project.defs.checks import checks_of
from dagster_project.defs.deriving import measured
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of


@dg.asset(
    partitions_def=partitions_of("statistics"),
    deps=needs("statistics"),
    check_specs=checks_of("statistics"),
    code_version=languages.CODE_VERSION,
    group_name="snapshots",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    automation_condition=measured(),
    kinds={"parquet", "s3"},
)
def statistics(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """One row per language: documents, words and bytes, licenses, dates with their confidence, domains and hosts."""
    yield from materialized(context, library, "statistics")
