"""What each document is recognized by."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import fingerprints as fingerprints_stage
from dagster_project.defs.checks import checks_of
from dagster_project.defs.deriving import measured
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("fingerprints"),
    deps=needs("fingerprints"),
    check_specs=checks_of("fingerprints"),
    code_version=fingerprints_stage.CODE_VERSION,
    group_name="snapshots",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    automation_condition=measured(),
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def fingerprints(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Text digests, a MinHash signature and its bands, one row per document."""
    asked = library.planner.dependencies.printed(context.partition_key)
    yield from materialized(context, library, "fingerprints", [partition.part for partition in asked])
