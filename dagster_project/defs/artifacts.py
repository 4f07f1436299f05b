"""Trained scorers, tokenizers and benchmark sets: inputs like any other, made elsewhere and mirrored here."""

import dagster as dg

from dagster_project.defs.partitions import partitions_of

artifacts = dg.AssetSpec(
    "artifacts",
    description="Inputs that no stage makes: trained scorers, tokenizers, benchmark sets, fitted profiles.",
    partitions_def=partitions_of("artifacts"),
    group_name="artifacts",
    owners=["team:corpus"],
)
