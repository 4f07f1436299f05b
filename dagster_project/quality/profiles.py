"""What Great Expectations sees of a version: one row of numbers per stage, never text, never rows of documents.

The row has the counts of the stage and aggregates over the shards, so that it is as small for a billion documents as
for ten.

A stage's function tolerates counts that are not there, as of a version without shards; what is missing then shows as
a balance that is not zero. The columns of a stage are the numbers it gives for nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.quality import artifact_profiles, corpus_profiles, document_profiles
from dagster_project.quality.counts import Counts
from dagster_project.quality.document_profiles import Numbers

OFFENDERS = 20  # names told per number


@dataclass(frozen=True)
class Profile:
    """The one row, and for some of its numbers the names behind them, worst first."""

    numbers: Mapping[str, float]
    offenders: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


PROFILES: Mapping[str, Callable[[Counts], Numbers]] = {
    "snapshots": document_profiles.snapshots,
    "licensed": document_profiles.licensed,
    "signals": document_profiles.signals,
    "filtered": document_profiles.filtered,
    "statistics": document_profiles.statistics,
    "fingerprints": document_profiles.fingerprints,
    "families": corpus_profiles.families,
    "deduplicated": corpus_profiles.deduplicated,
    "passages": corpus_profiles.passages,
    "weights": corpus_profiles.weights,
    "mixed": corpus_profiles.mixed,
    "published": corpus_profiles.published,
    "artifacts": artifact_profiles.artifacts,
}
STAGES = tuple(PROFILES)

# what the recipes and inputs promise about a version, by the names that `Plan.bounds` gives them
BOUNDS: Mapping[str, tuple[str, ...]] = {
    "snapshots": ("max_bad_records",),
    "licensed": ("documents",),
    "signals": ("documents",),
    "filtered": ("documents", "max_removed", "max_removed_by_rule"),
    "statistics": ("documents",),
    "fingerprints": ("documents",),
    "families": ("documents",),
    "deduplicated": ("documents", "max_removed", "min_survivors"),
    "passages": ("documents", "survivors", "max_cut", "max_parallel_loss"),
    "weights": ("documents", "survivors"),
    "mixed": (),
    "published": ("documents",),
    "artifacts": (),
}


def profile_of(manifest: Manifest, bounds: Mapping[str, Any]) -> Profile:
    """The profile of a version, with at most OFFENDERS names per number."""
    numbers, offenders = PROFILES[manifest.stage](
        Counts(manifest.rows, manifest.profile, bounds, manifest.identity.recipe, manifest.facts)
    )
    numbers = {**numbers, **shards_of(manifest.files)}
    return Profile(numbers, {name: worst(found) for name, found in offenders.items()})


def columns_of(stage: str) -> tuple[str, ...]:
    """The numbers that an expectation of a stage may speak of."""
    numbers, _ = PROFILES[stage](Counts())
    return (*numbers, *shards_of(()))


def shards_of(files: Sequence[File]) -> dict[str, float]:
    """Aggregates over the shards of a version, the same for every stage."""
    return {
        "shards": len(files),
        "empty_shards": sum(not file.rows for file in files),
        "largest_shard_bytes": max((file.size_bytes for file in files), default=0),
        "largest_shard_rows": max((file.rows for file in files), default=0),
    }


def worst(found: Mapping[str, float]) -> dict[str, float]:
    """The largest numbers first, names in order where they are equal; zeros stay, for a rule that removed nothing."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return {name[:200]: number for name, number in ranked[:OFFENDERS]}
