"""How what is made of one source is built: its snapshot, and the side tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from dagster_project.corpus.building.measuring import taken_by
from dagster_project.corpus.building.planner import Plan, Planner, strictest
from dagster_project.corpus.deduplication import fingerprints as prints
from dagster_project.corpus.licenses import licensed as conclusions
from dagster_project.corpus.model.documents import DOCUMENTS
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.measurements import view_of
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.recipes import ACCESS_CLASSES, as_data
from dagster_project.corpus.signals import groups
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.snapshots.refresh import look, look_again
from dagster_project.corpus.snapshots.retain import Kept
from dagster_project.corpus.sources.files import open_raw
from dagster_project.corpus.sources.registry import source_for
from dagster_project.corpus.statistics import languages
from dagster_project.corpus.storage import refs


def snapshots(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.source(partition.key)
    source = source_for(recipe.format)
    recorded = _recorded(planner, partition)
    known = chain(recorded, _recorded_otherwise(planner, partition))
    fixed = bool(recorded) and not partition.is_moving
    looked = look_again(source, recipe, recorded, known) if fixed else look(source, recipe, known)
    gone = {item.uri: item for item in looked.gone}
    copies = {item["uri"]: item["copy"] for item in recorded if "copy" in item and item["uri"] in gone}
    kept = Kept(source, planner.store, gone, copies, looked.trouble) if gone else source
    inputs = planner.inputs(partition)
    parents = planner.load(inputs)
    access = max(recipe.access, strictest(parents), key=ACCESS_CLASSES.index)
    return Plan(
        schema=DOCUMENTS,
        code_version=freeze.CODE_VERSION,
        recipe={"source": recipe.name, "access": access},
        inputs=inputs,
        run=lambda work: freeze.freeze(work, recipe, kept, looked.objects, copies, open_raw, parents),
        access=access,
        made_of=[
            recipe.reading,
            [[item.uri, item.sha256] for item in looked.objects],
            *([recipe.retain] if freeze.retains(recipe) else []),
        ],
        bounds={"max_bad_records": recipe.max_bad_records},
        differs=str(looked.changes) if looked.changes.changed or looked.changes.added else "",
    )


def licensed(planner: Planner, partition: Partition) -> Plan:
    recipe = planner.recipes.source(partition.key)
    declared = {name: value for name, value in as_data(recipe).items() if name in conclusions.REGISTRY}
    return _side_table(
        *(planner, partition, conclusions.SCHEMA, conclusions.CODE_VERSION, declared, conclusions.conclude_licenses)
    )


def fingerprints(planner: Planner, partition: Partition) -> Plan:
    recipe = prints.recipe_of(planner.dependencies.asked_prints[partition.part])
    return _side_table(planner, partition, prints.SCHEMA, prints.CODE_VERSION, recipe, prints.fingerprint)


def signals(planner: Planner, partition: Partition) -> Plan:
    asked = planner.measuring.named(partition.part)
    group = groups.GROUPS[asked.group]
    inputs = planner.inputs(partition)
    snapshot, *others = planner.load(inputs)
    edits = next((item for item in others if item.stage == "signals"), None)
    artifact = next((item for item in others if item.stage == "artifacts"), None)
    taken = taken_by(planner.store, asked, artifact)
    return Plan(
        schema=group.schema,
        code_version=group.code_version,
        # two groups may be alike in all else that a build key names
        recipe={"group": asked.group, "view": view_of(asked.edits), **group.recipe(), **taken.recipe},
        inputs=inputs,
        run=lambda work: groups.measure(work, snapshot, group, edits, **taken.given(work)),
        shards=(lambda work: groups.tasks_of(work, snapshot, group, edits, **taken.given(work)))
        if group.has_views
        else None,
        access=strictest([snapshot]),
        bounds={"documents": snapshot.rows},
    )


def statistics(planner: Planner, partition: Partition) -> Plan:
    inputs = planner.inputs(partition)
    snapshot, concluded, *measured = planner.load(inputs)
    return Plan(
        schema=languages.SCHEMA,
        code_version=languages.CODE_VERSION,
        recipe={},
        inputs=inputs,
        run=lambda work: languages.measure_languages(work, snapshot, concluded, measured),
        access=strictest([snapshot]),
        bounds={"documents": snapshot.rows},
    )


def _side_table(
    planner: Planner,
    partition: Partition,
    schema: pa.Schema,
    code_version: str,
    recipe: Mapping[str, Any],
    build: Callable[..., Manifest],
) -> Plan:
    """One row per document, made of the documents alone, or with the same table of their parents."""
    inputs = planner.inputs(partition)
    snapshot, *parents = planner.load(inputs)
    return Plan(
        schema=schema,
        code_version=code_version,
        recipe=recipe,
        inputs=inputs,
        run=lambda work: build(work, snapshot, *([parents] if parents else [])),
        access=strictest([snapshot, *parents]),
        bounds={"documents": snapshot.rows},
    )


def _recorded(planner: Planner, partition: Partition) -> Sequence[Mapping[str, Any]]:
    """Raw objects as the newest version of a snapshot recorded them."""
    newest = refs.latest(planner.store, partition)
    return refs.load_manifest(planner.store, newest.id).facts["raw_objects"] if newest else ()


def _recorded_otherwise(planner: Planner, partition: Partition) -> Iterator[Mapping[str, Any]]:
    """The same of the other versions of its source: what lies where it lay is not read again for its checksum. At
    a landing place every version lies elsewhere."""
    if planner.recipes.landing_place(partition.name):
        return
    for other in refs.published(planner.store, partition.stage):
        if other.name == partition.name and other != partition:
            yield from _recorded(planner, other)
