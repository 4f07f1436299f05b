"""What a plan is, and how every planner pins the versions that its partition is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from dagster_project.corpus.building.dependencies import Dependencies
from dagster_project.corpus.building.measuring import Measuring
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.engine.tables import ShardTask
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.lineage.walk import snapshots_of
from dagster_project.corpus.model.manifests import File, Input, Manifest
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.recipes import ACCESS_CLASSES
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store

SHORT_ID = 12  # digits by which people know a version


@dataclass(frozen=True)
class Plan:
    """One version about to be built: what it is made of, and the function that makes it."""

    schema: pa.Schema
    code_version: str
    recipe: Mapping[str, Any]
    inputs: tuple[Input, ...]
    run: Callable[[Work], Manifest]
    access: str = "public"
    made_of: Any = ()  # what decides the bytes beside recipe and inputs: raw objects
    bounds: Mapping[str, Any] = field(default_factory=dict)  # for the audit
    shards: Callable[[Work], list[ShardTask]] | None = None  # of a measurement of text, which may share its reading
    differs: str = ""  # how its raw objects are no longer those that a fixed version was read from


class Planner:
    """Resolves names once: every input is pinned to the version that was newest when the plan was made. With `refill`
    a mix from which documents were taken down is made anew; without it, it keeps its order, with holes."""

    def __init__(self, store: Store, recipes: Recipes, *, refill: bool = False):
        self.store, self.recipes, self.refill, self.measuring = store, recipes, refill, Measuring(recipes)
        self.dependencies = Dependencies(recipes, self.measuring)

    def inputs(self, partition: Partition) -> tuple[Input, ...]:
        """The newest version of everything that a partition is built from, and those that it names exactly."""
        needed = self.dependencies.of(partition)
        newest = [Input(item.stage, str(item), refs.resolve(self.store, item)) for item in needed]
        return (*newest, *dict.fromkeys(map(self.pinned, self.dependencies.pinned(partition))))

    def pinned(self, address: str) -> Input:
        """One exact version, under the name of its partition and the first digits of its id, however many were said."""
        partition, digits = parse(address)
        version = refs.resolve(self.store, partition, digits)
        return Input(partition.stage, f"{partition}#{version[:SHORT_ID]}", version)

    def load(self, inputs: Sequence[Input]) -> list[Manifest]:
        return [refs.load_manifest(self.store, item.id) for item in inputs]

    def newest(self, partition: Partition) -> Manifest:
        """The newest version of a partition."""
        return refs.load_manifest(self.store, refs.resolve(self.store, partition))

    def documents(self, side_table: Manifest) -> Sequence[File]:
        """The documents shards that a side table covers, in its order."""
        (snapshot,) = snapshots_of(self.store, side_table).values()
        by_digest = {file.sha256: file for file in snapshot.files}
        return [by_digest[file.documents] for file in side_table.files]


def strictest(manifests: Sequence[Manifest]) -> str:
    """The access class of what is made from these."""
    classes: list[str] = [manifest.facts["access"] for manifest in manifests]
    return max(classes, key=ACCESS_CLASSES.index, default="public")


def united(manifests: Sequence[Manifest]) -> Manifest:
    """The same side table of several snapshots, as one list of files."""
    return replace(manifests[0], files=tuple(file for manifest in manifests for file in manifest.files))
