"""What license each document is under."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.licenses import licensed as licensed_stage
from dagster_project.defs.checks import checks_of
from dagster_project.defs.deriving import measured
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of


@dg.asset(
    partitions_def=partitions_of("licensed"),
    deps=needs("licensed"),
    check_specs=checks_of("licensed"),
    code_version=licensed_stage.CODE_VERSION,
    group_name="snapshots",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    automation_condition=measured(),
    kinds={"parquet", "s3"},
)
def licensed(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """One license conclusion per document, with the evidence that led there; NOASSERTION is a value."""
    yield from materialized(context, library, "licensed")
