"""A mix as shards that a trainer reads."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.publishing import exports
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("published"),
    deps=needs("published"),
    check_specs=checks_of("published"),
    code_version=exports.CODE_VERSION,
    group_name="publishing",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def published(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Shards in every format of the recipe, in the order of the mix, with their provenance."""
    yield from materialized(context, library, "published")
