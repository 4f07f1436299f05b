"""The dynamic partition spaces, one dimension each, and how the partitions of one asset wait for another's."""

import dagster as dg

from dagster_project.corpus.model.partitions import SPACES

DEFINITIONS = {name: dg.DynamicPartitionsDefinition(name=name) for name in dict.fromkeys(SPACES.values())}


def partitions_of(stage: str) -> dg.DynamicPartitionsDefinition:
    """The space that a stage's keys live in."""
    return DEFINITIONS[SPACES[stage]]


def needs(stage: str, *upstream: str) -> list[dg.AssetDep]:
    """Dependencies of a stage. Which partitions of another space it really reads stands in the recipe and in the
    manifest: Dagster has no mapping that could say it, so it is told `all`."""
    return [dg.AssetDep(name, partition_mapping=_mapping(stage, name)) for name in upstream]


def _mapping(stage: str, upstream: str) -> dg.PartitionMapping:
    same = SPACES[stage] == SPACES[upstream]
    return dg.IdentityPartitionMapping() if same else dg.AllPartitionMapping()
