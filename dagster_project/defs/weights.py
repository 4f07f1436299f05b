"""How often a survivor is drawn."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import weights as weights_stage
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("weights"),
    deps=needs("weights"),
    check_specs=checks_of("weights"),
    code_version=weights_stage.CODE_VERSION,
    group_name="deduplication",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def weights(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Sampling weight of every survivor, less the more common its words are; nothing is dropped."""
    yield from materialized(context, library, "weights")
