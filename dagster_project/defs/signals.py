"""What was measured of each document."""

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.signals.groups import GROUPS
from dagster_project.defs.checks import checks_of
from dagster_project.defs.deriving import measured
from dagster_project.defs.materializing import LAUNCH, Events, materialized
from dagster_project.defs.partitions import needs, partitions_of
from dagster_project.defs.pools import ENGINE
from dagster_project.defs.provenance import named

CODE_VERSION = named({name: group.code_version for name, group in GROUPS.items()})


@dg.asset(
    partitions_def=partitions_of("signals"),
    deps=needs("signals"),
    check_specs=checks_of("signals"),
    code_version=CODE_VERSION,
    group_name="snapshots",
    owners=["team:corpus"],
    config_schema=LAUNCH,
    automation_condition=measured(),
    pool=ENGINE,
    kinds={"parquet", "s3"},
)
def signals(context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]) -> Events:
    """One row of measured properties per document, in groups that are versions of their own."""
    measured = library.planner.dependencies.measured(context.partition_key)
    yield from materialized(context, library, "signals", [partition.part for partition in measured])
