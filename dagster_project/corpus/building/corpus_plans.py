"""How the documents of a corpus are gathered into families, and the survivors of each are chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dagster_project.corpus.building.planner import Plan, Planner, strictest, united
from dagster_project.corpus.deduplication import families as duplicates
from dagster_project.corpus.deduplication import survivors
from dagster_project.corpus.deduplication.layers import Layer
from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.lineage.walk import inputs_of, layers_of, snapshots_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.corpus.reaching.reach import Reach
from dagster_project.corpus.takedowns.gone import WITHDRAWN
from dagster_project.corpus.takedowns.hits import Looked

INDEXED = ("fingerprints", "over", "same_url")  # what of its recipe the tables of a layer depend on


def families(planner: Planner, partition: Partition) -> Plan:
    corpus = planner.recipes.corpus(partition.key)
    inputs = planner.inputs(partition)
    given = planner.load(inputs)
    prints = [manifest for manifest in given if manifest.stage == "fingerprints"]
    verdicts = [manifest for manifest in given if manifest.stage == "filtered"]
    base = [manifest for manifest in given if manifest.stage == "families"]
    layers = [*(layer for manifest in base for layer in _layers(planner, manifest, corpus)), _layer(prints, None)]
    return Plan(
        schema=duplicates.SCHEMA,
        code_version=duplicates.CODE_VERSION,
        recipe=duplicates.recipe_of(corpus),
        inputs=inputs,
        run=lambda work: duplicates.build_families(
            work, layers, corpus, {file.documents: file for manifest in verdicts for file in manifest.files}
        ),
        access=strictest([*prints, *base]),
        bounds={"documents": sum(manifest.rows for manifest in prints)},
    )


def _layer(prints: Sequence[Manifest], families: Manifest | None) -> Layer:
    return Layer(tuple((_source(manifest), manifest) for manifest in prints), families)


def _source(prints: Manifest) -> str:
    """The name of the source that fingerprints are of, whatever the version."""
    (snapshot,) = (item for item in prints.inputs if item.stage == "snapshots")
    return snapshot.partition.partition("/")[2].partition("@")[0]


def _layers(planner: Planner, base: Manifest, corpus: CorpusRecipe) -> list[Layer]:
    """An earlier layer, and before it those that it stands on; one that looks at texts otherwise is refused."""
    asked = duplicates.recipe_of(corpus)
    for name in INDEXED:
        if (said := base.identity.recipe[name]) != asked[name]:
            raise Refused(
                f"{corpus.key} stands on {corpus.base}, whose index has other parameters: say {name}: {_spelled(said)}"
            )
    layers = layers_of(planner.store, base)
    return [_layer(inputs_of(planner.store, layer, "fingerprints"), layer) for layer in layers]


def _spelled(value: object) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value)


def deduplicated(planner: Planner, partition: Partition) -> Plan:
    corpus = planner.recipes.corpus(partition.key)
    keys = [key for key, _ in planner.recipes.members(corpus)]
    inputs = planner.inputs(partition)
    given = planner.load(inputs)
    base = [manifest for manifest in given if manifest.stage == "deduplicated"]
    family, *members = [manifest for manifest in given if manifest.stage != "deduplicated"]
    _refuse_other_base(corpus, family, base)
    filtered, concluded, counts = members[0::3], members[1::3], members[2::3]
    snapshots = [snapshot for item in filtered for snapshot in snapshots_of(planner.store, item).values()]
    is_derived = any(planner.recipes.source(key).derived_from for key in keys)
    documents = [
        (key, file) for key, verdict in zip(keys, filtered, strict=True) for file in planner.documents(verdict)
    ]
    columns = [
        Column(family, survivors.FAMILY_COLUMNS),
        Column(united(filtered), ("keep",)),
        Column(united(concluded), ("license", "license_class", "license_kind", "license_rule", "license_findings")),
        Column(united(counts), ("characters",)),
        Column(united(snapshots), (*survivors.DATES, *([survivors.PARENTS] if is_derived else []))),
    ]
    looked = [
        Looked(*item)
        for item in zip(keys, snapshots, concluded, inputs_of(planner.store, family, "fingerprints"), strict=True)
    ]
    taken = Reach(planner.store).taken_down(family, looked)
    return Plan(
        schema=survivors.SCHEMA,
        code_version=survivors.CODE_VERSION,
        recipe={
            "prefer": list(corpus.prefer),
            "sources": [key.partition("@")[0] for key in keys],
            **({"variants": corpus.variants} if is_derived else {}),
            **({WITHDRAWN: taken.recipe} if taken.entries else {}),
        },
        inputs=inputs,
        run=lambda work: survivors.choose_survivors(
            *(work, documents, columns, corpus.prefer, _below(planner, family, base), taken.withdrawn),
            keeps_variants=corpus.variants == "keep",
        ),
        access=strictest([*members, *base]),
        bounds={
            "documents": family.rows,
            "max_removed": corpus.max_removed,
            "min_survivors": corpus.min_survivors,
        },
    )


def _refuse_other_base(corpus: CorpusRecipe, family: Manifest, base: Sequence[Manifest]) -> None:
    """Families and survivors must stand on the same version."""
    below = [{item.id for item in manifest.inputs if item.stage == "families"} for manifest in (family, *base)]
    if base and below[0] != below[1]:
        raise Refused(f"families/{corpus.key} stand on another version of {corpus.base} than the newest: rebuild them")


def _below(planner: Planner, family: Manifest, base: Sequence[Manifest]) -> survivors.Below:
    """What was decided in the layers that a corpus stands on; each layer's two tables lie side by side."""
    layers = [manifest for item in base for manifest in layers_of(planner.store, item)]
    shards = [
        survivors.Standing(*shard)
        for layer in layers
        for families in inputs_of(planner.store, layer, "families")
        for shard in zip(layer.facts["sources"], families.files, layer.files, strict=True)
    ]
    return survivors.Below(shards, File(**family.facts["grown"]))
