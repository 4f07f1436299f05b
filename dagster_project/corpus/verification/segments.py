"""Segments of weights, cut again from the commonness of all survivors that weights tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from dagster_project.corpus.deduplication.weights import CODE_VERSION, LARGEST, segments_of
from dagster_project.corpus.model.recipes import SoftRecipe
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem
from dagster_project.corpus.verification.versions import Version


def uncut(store: Store, weights: Version) -> Iterator[Problem]:
    """Whether the segments of a version are not those of its rows. One that stands on another has those of that one."""
    manifest = weights.manifest
    is_layered = any(item.stage == "weights" for item in manifest.inputs)
    if is_layered or manifest.identity.code_version != CODE_VERSION:
        return
    counts = np.zeros(LARGEST + 1, np.int64)
    for file in manifest.files:
        for batch in iterate_shard(store, file, ["commonness", "weight"]):
            is_weighed = pc.and_(pc.is_valid(batch.column("weight")), pc.is_valid(batch.column("commonness")))
            costs = -batch.column("commonness").filter(is_weighed).to_numpy()
            counts += np.bincount(np.clip(costs, 0, LARGEST), minlength=LARGEST + 1)
    recipe = manifest.identity.recipe
    made = segments_of(counts, SoftRecipe(segments=recipe["segments"], least=recipe["least"]))
    if [item._asdict() for item in made] != [*manifest.facts.get("segments", ())]:
        yield Problem(weights.path, weights.partition, "its segments", "those of its survivors", "others")
