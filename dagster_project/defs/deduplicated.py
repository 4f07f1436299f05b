"""Who stays of every family."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import survivors
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("deduplicated"),
    deps=needs("deduplicated"),
    check_specs=checks_of("deduplicated"),
    code_version=survivors.CODE_VERSION,
    group_name="deduplication",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def deduplicated(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Survivor, suppressed or rejected, one row per document, with its effective license."""
    yield from materialized(context, library, "deduplicated")
