"""Which documents of a corpus are copies of each other."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import families as families_stage
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("families"),
    deps=needs("families"),
    check_specs=checks_of("families"),
    code_version=families_stage.CODE_VERSION,
    group_name="deduplication",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def families(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Duplicate edges and families over all documents of the members, kept or not."""
    yield from materialized(context, library, "families")
