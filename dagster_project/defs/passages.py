"""What survivors share below whole documents."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import passages as passages_stage
from dagster_project.defs.checks import checks_of
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE


@dg.asset(
    partitions_def=partitions_of("passages"),
    deps=needs("passages"),
    check_specs=checks_of("passages"),
    code_version=passages_stage.CODE_VERSION,
    group_name="deduplication",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def passages(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """Substrings, lines and paragraphs that stand in several documents, and the edits that cut them."""
    yield from materialized(context, library, "passages")
