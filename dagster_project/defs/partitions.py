"""The dynamic partition spaces, one dimension each, and how the partitions of one asset wait for another's."""

from collections.abc import Mapping

import dagster as dg

from dagster_project.corpus.model.partitions import SPACES

DEFINITIONS = {name: dg.DynamicPartitionsDefinition(name=name) for name in dict.fromkeys(SPACES.values())}

# stage → the assets that it is built from
UPSTREAM: Mapping[str, tuple[str, ...]] = {
    "snapshots": (),
    "artifacts": ("snapshots",),  # or verdicts and mixes, which Dagster would take for a circle
    "signals": ("snapshots", "artifacts"),
    "licensed": ("snapshots",),
    "statistics": ("snapshots", "licensed", "signals"),
    "fingerprints": ("snapshots",),
    "filtered": ("snapshots", "signals"),
    "families": ("fingerprints", "filtered"),
    "deduplicated": ("families", "filtered", "licensed", "signals"),
    "passages": ("deduplicated", "filtered", "signals"),
    "weights": ("deduplicated", "passages", "signals"),
    # and earlier mixes that are replayed, but an asset without time partitions cannot depend on itself: D34
    "mixed": ("deduplicated", "passages", "weights", "snapshots", "signals", "licensed", "artifacts"),
    "published": ("mixed",),
}


def partitions_of(stage: str) -> dg.DynamicPartitionsDefinition:
    """The space that a stage's keys live in."""
    return DEFINITIONS[SPACES[stage]]


def needs(stage: str) -> list[dg.AssetDep]:
    """Dependencies of a stage. Which partitions of another space it really reads stands in the recipe and in the
    manifest: Dagster has no mapping that could say it, so it is told `all`, and `provenance.py` tells it the rest."""
    return [dg.AssetDep(name, partition_mapping=_mapping(stage, name)) for name in UPSTREAM[stage]]


def _mapping(stage: str, upstream: str) -> dg.PartitionMapping:
    same = SPACES[stage] == SPACES[upstream]
    return dg.IdentityPartitionMapping() if same else dg.AllPartitionMapping()
