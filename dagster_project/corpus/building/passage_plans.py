"""How the passages that survivors share are found, and cut where the recipe says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dagster_project.corpus.building.planner import Plan, Planner, strictest, united
from dagster_project.corpus.deduplication import passages as stage
from dagster_project.corpus.deduplication.ranking import Searched
from dagster_project.corpus.engine.tables import Column, align
from dagster_project.corpus.lineage.walk import layers_of, snapshots_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe


def passages(planner: Planner, partition: Partition) -> Plan:
    corpus = planner.recipes.corpus(partition.key)
    inputs = planner.inputs(partition)
    given = planner.load(inputs)
    base = [manifest for manifest in given if manifest.stage == "passages"]
    survived, *members = [manifest for manifest in given if manifest.stage != "passages"]
    layers = layers_of(planner.store, survived)
    below = [manifest for item in base for manifest in layers_of(planner.store, item)]
    _refuse_other_survivors(corpus, layers, below)
    earlier = [
        shard
        for number, (layer, cut) in enumerate(zip(layers, below, strict=False))
        for shard in _searched(planner, layer, number, [Column(cut, ("edits", "status", "words"))])
    ]
    columns = [
        Column(united(members[0::2]), ("edits",)),
        Column(survived, ("status",)),
        Column(united(members[1::2]), ("words",)),
    ]
    shards = [*earlier, *_searched(planner, survived, len(below), columns)]
    return Plan(
        schema=stage.SCHEMA,
        code_version=stage.CODE_VERSION,
        recipe=stage.recipe_of(corpus),
        inputs=inputs,
        run=lambda work: stage.build_passages(work, shards, len(earlier), corpus.passages),
        access=strictest([*members, *base]),
        bounds={
            "documents": survived.rows,
            "survivors": survived.profile["status"].get("survivor", 0),
            "max_cut": corpus.passages.max_cut,
            "max_parallel_loss": corpus.passages.max_parallel_loss,
        },
    )


def _searched(planner: Planner, survived: Manifest, layer: int, columns: Sequence[Column]) -> list[Searched]:
    """The shards of one layer: their texts, their licenses, and what `columns` tell of them."""
    own = tuple(item for item in survived.inputs if item.stage == "filtered")  # and none of an earlier layer
    snapshots = list(snapshots_of(planner.store, replace(survived, inputs=own)).values())
    sources = list(dict.fromkeys(survived.facts["sources"]))
    documents = {file.sha256: file for manifest in snapshots for file in manifest.files}
    files = [documents[file.documents] for file in survived.files]
    wanted = [Column(united(snapshots), ("text",)), *columns, Column(survived, ("license_class",))]
    return [
        Searched(file, parts, sources.index(name), name, layer)
        for name, (file, parts) in zip(survived.facts["sources"], align(files, wanted), strict=True)
    ]


def _refuse_other_survivors(corpus: CorpusRecipe, layers: Sequence[Manifest], below: Sequence[Manifest]) -> None:
    """Passages and survivors must stand on the same versions."""
    named = [{item.id for item in manifest.inputs if item.stage == "deduplicated"} for manifest in below]
    if any(layer.id not in found for layer, found in zip(layers, named, strict=False)) or len(layers) != len(below) + 1:
        raise Refused(
            f"passages/{corpus.base} are of other survivors than {corpus.key} stands on: rebuild passages/{corpus.base}"
        )
