"""The exact training set, in its order."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.mixing import mix
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("mixed"),
    deps=needs("mixed"),
    check_specs=checks_of("mixed"),
    code_version=mix.CODE_VERSION,
    group_name="mixing",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def mixed(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Component, copy, license and place of every member; nothing that the seed does not fix."""
    yield from materialized(context, library, "mixed")
