"""The documents of a source, frozen."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.snapshots import freeze
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("snapshots"),
    deps=needs("snapshots"),
    check_specs=checks_of("snapshots"),
    code_version=freeze.CODE_VERSION,
    group_name="snapshots",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def snapshots(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Every record of the source's raw objects as a document or a dead letter; the one place where text is stored."""
    yield from materialized(context, library, "snapshots")
