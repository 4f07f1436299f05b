"""Side tables of some documents made again from what they were made of, each by the code of its own stage: conclusions
on licenses, signals, fingerprints, verdicts and their edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.deduplication import fingerprints as prints
from dagster_project.corpus.deduplication import passages, weights
from dagster_project.corpus.deduplication.passage_rows import EMPTIED
from dagster_project.corpus.deduplication.weights import Segment
from dagster_project.corpus.engine.blocks import blocks
from dagster_project.corpus.engine.tables import Column
from dagster_project.corpus.filtering import verdicts
from dagster_project.corpus.filtering.replaying import first_failing, judged_again, replay
from dagster_project.corpus.kernels.counts import count
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.licenses.inheritance import kind_of_parent
from dagster_project.corpus.lineage.index import find_all, path_of
from dagster_project.corpus.lineage.rows import matching, row_at
from dagster_project.corpus.lineage.walk import inputs_of, parents_of
from dagster_project.corpus.model.documents import EVIDENCE
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.scorers.artifacts import artifact_of
from dagster_project.corpus.signals import groups
from dagster_project.corpus.storage.lists import StoredList
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store


class Remake(NamedTuple):
    """Some documents, and the version that one side table of them is of."""

    store: Store
    manifest: Manifest
    partition: str
    documents: pa.Table  # of all columns
    shard: str  # digest of their shard
    rows: Sequence[int]


def remade(task: Remake) -> pa.Table | None:
    """The rows as they are made today; None where that would be by other code than they were."""
    stage = task.manifest.stage
    if stage not in MAKERS or _code_of(task.manifest) != task.manifest.identity.code_version:
        return None
    return MAKERS[stage](task)


def _code_of(manifest: Manifest) -> str | None:
    if manifest.stage != "signals":
        return CODE[manifest.stage]
    group = groups.GROUPS.get(manifest.identity.recipe.get("group", ""))
    if group is None or not group.recipe().items() <= _decided(manifest).items():
        return None  # libraries or models that decide it are others now
    return group.code_version


def _decided(manifest: Manifest) -> Mapping[str, Any]:
    recipe = manifest.identity.recipe
    if recipe.get("group") == "language" and any(item.stage == "artifacts" for item in manifest.inputs):
        return {**recipe, **groups.GROUPS["language"].recipe()}  # of the model of the artifact instead
    return recipe


def _licensed(task: Remake) -> pa.Table:
    table, parents = task.documents, parents_of(task.store, task.manifest)
    if parents:
        evidence = pa.array(list(_with_parents(task, parents)), pa.list_(EVIDENCE))
        table = table.set_column(table.column_names.index("license_evidence"), "license_evidence", evidence)
    return licensed.conclusions(table, task.manifest.identity.recipe)[0]


def _with_parents(task: Remake, parents: Mapping[str, Manifest]) -> Iterator[list[Any]]:
    """The evidence of each document with what was concluded of each of its parents."""
    for row in task.documents.select(["license_evidence", "parents"]).to_pylist():
        said = list(row["license_evidence"])
        for parent in row["parents"]:
            for concluded in _concluded(task.store, parents, parent["doc_id"]):
                kind = kind_of_parent(concluded["license"], concluded["license_kind"])
                said.append({"kind": kind, "value": concluded["license"], "where": ""})
        yield said


def _concluded(store: Store, parents: Mapping[str, Manifest], doc_id: bytes) -> Iterator[Mapping[str, Any]]:
    for manifest in parents.values():
        (snapshot,) = inputs_of(store, manifest, "snapshots")
        for place in matching(store, snapshot, "doc_id", doc_id):
            yield row_at(store, manifest.files[place.shard], place.row)


def looked_up(
    store: Store, manifest: Manifest, column: str, values: Sequence[bytes | str]
) -> dict[bytes | str, list[tuple[int, int]]]:
    """What an index of the catalog says, where it can be read: it is made again once it is gone."""
    try:
        return find_all(store, manifest, column, values)
    except (pa.ArrowException, OSError, KeyError, ValueError):
        path = path_of(manifest.id, column)
        raise IntegrityError(f"{path} was altered: delete it, and it is made again") from None


def _fingerprints(task: Remake) -> pa.Table:
    return prints.fingerprints(task.documents, task.manifest.identity.recipe)[0]


def _signals(task: Remake) -> pa.Table:
    recipe = dict(task.manifest.identity.recipe)
    group = groups.GROUPS[recipe["group"]]
    table = task.documents.select(["doc_id", *group.columns])
    taken: dict[str, Any] = {}
    for item in task.manifest.inputs:
        if item.stage == "signals":
            (edits,) = inputs_of(task.store, task.manifest, "signals")
            table = table.append_column("edits", _at(task, edits, ["edits"]).column("edits"))
        elif item.stage == "artifacts":
            (artifact,) = inputs_of(task.store, task.manifest, "artifacts")
            taken["artifact"] = artifact_of(task.store, artifact)
    if group.takes == "edits":
        taken["program"] = [(name, dict(settings)) for name, settings in recipe["program"]]
    if group.takes == "list":
        taken["listed"] = list_of(task.store, task.manifest)
    if group.sites:
        taken["sites"] = group.sites(task.store, inputs_of(task.store, task.manifest, "snapshots")[0])
    return groups.Measuring(group.measure, taken)(table, recipe)[0].select(group.schema.names).cast(group.schema)


def list_of(store: Store, signals: Manifest) -> StoredList:
    """The list that texts were searched for."""
    sha256, access = signals.identity.recipe["list"], signals.facts["access"]
    path = f"data/{access}/sha256/{sha256[:2]}/{sha256}.txt"
    return StoredList(store, path, "phrases", File(path, sha256, store.size(path) or 0, 0))


def _filtered(task: Remake) -> pa.Table:
    """Judged on the signals that are stored, which are made again themselves."""
    found = replay(task.store, task.partition, task.manifest)
    table = pa.table({"doc_id": task.documents.column("doc_id")})
    table = _beside(task, table, found.columns)
    judged = judged_again(table, found.judgings)
    first = first_failing(judged, table.num_rows)
    keep = first < 0
    names = pa.array([judging.name for judging in found.judgings], pa.string())
    values = np.array([judged[at].value[row] if at >= 0 else np.nan for row, at in enumerate(first)], np.float64)
    edits = verdicts.NO_EDITS.take(pa.array(np.zeros(len(keep), np.int64)))
    if found.exported:
        made = _at(task, found.exported.manifest, ["edits"]).column("edits").combine_chunks()
        edits = pc.if_else(pa.array(keep), made, verdicts.NO_EDITS[0])
    columns = [table.column("doc_id"), pa.array(keep), names.take(pa.array(first, mask=keep))]
    return pa.table([*columns, pa.array(values, mask=keep), edits], schema=verdicts.SCHEMA)


def _beside(task: Remake, table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    for column in columns:
        part = _at(task, column.manifest, ["doc_id", *column.names])
        if not part.column("doc_id").equals(table.column("doc_id")):
            raise IntegrityError(f"{column.manifest.stage} {column.manifest.id[:12]} does not list these documents")
        for name in column.names:
            table = table.append_column(column.prefix + name, part.column(name))
    return table


def _at(task: Remake, manifest: Manifest, names: Sequence[str]) -> pa.Table:
    """The same rows of another side table."""
    for file in manifest.files:
        if file.documents == task.shard:
            return read_rows(task.store, file, task.rows, names)
    raise IntegrityError(f"{manifest.stage} {manifest.id[:12]} does not cover documents shard {task.shard[:12]}")


def _weights(task: Remake) -> pa.Table:
    """Weighed by the segments that the version tells, which are cut again themselves."""
    segments = tuple(Segment(**item) for item in task.manifest.facts["segments"])
    counts = _covering(task, "passages", "words") or _covering(task, "signals", "words")
    table = pa.table({"doc_id": task.documents.column("doc_id")})
    for manifest, names in (
        (_covering(task, "passages", "status") or _covering(task, "deduplicated", "status"), ["status"]),
        (counts, ["words"]),
        (_covering(task, "signals", "log_prob"), ["log_prob", "scored_words"]),
    ):
        if manifest is None:
            raise IntegrityError(f"nothing below the weights tells {names[0]} of documents shard {task.shard[:12]}")
        for name, column in zip(names, _at(task, manifest, names).columns, strict=True):
            table = table.append_column(name, column)
    return weights.Weighing(segments)(table, {})[0]


def _passages(task: Remake) -> pa.Table:
    """What follows from the edits of passages: what they cut, the words that are left, and who has none. Where nothing
    is cut, the edits are those of the verdict."""
    verdicts_, survived = (_covering(task, stage, "doc_id") for stage in ("filtered", "deduplicated"))
    if verdicts_ is None or survived is None:
        raise IntegrityError(f"nothing below the passages covers documents shard {task.shard[:12]}")
    documents = task.documents.select(["doc_id", "text"])
    before, said = (_at(task, item, ["edits"]).column("edits") for item in (verdicts_, task.manifest))
    sizes = [
        pc.binary_length(edited(documents.append_column("edits", edits)).column("text")).to_numpy()
        for edits in (before, said)
    ]
    table = documents.append_column("edits", said)
    words = np.concatenate([count(*block.texts, block.words)["words"] for block in blocks(table)])
    cut, status = sizes[0] - sizes[1], _at(task, survived, ["status"]).column("status").combine_chunks()
    is_emptied = pa.array((cut > 0) & (words == 0))
    is_cut = pa.array(cut != 0)
    columns = {
        "status": pc.if_else(is_emptied, pa.scalar(EMPTIED), status),
        "cut_bytes": pa.array(cut.astype(np.int64)),
        "words": pa.array(words.astype(np.int64)),
        "edits": pc.if_else(is_cut, said.combine_chunks(), before.combine_chunks()),
    }
    return pa.table(columns)


def _covering(task: Remake, stage: str, column: str) -> Manifest | None:
    """The first input of a stage that has a column of the documents."""
    for manifest in inputs_of(task.store, task.manifest, stage):
        if column in dict(manifest.identity.schema) and any(f.documents == task.shard for f in manifest.files):
            return manifest
    return None


MAKERS: Mapping[str, Callable[[Remake], pa.Table]] = {
    "licensed": _licensed,
    "signals": _signals,
    "fingerprints": _fingerprints,
    "filtered": _filtered,
    "passages": _passages,
    "weights": _weights,
}
CODE: Mapping[str, str] = {
    "licensed": licensed.CODE_VERSION,
    "fingerprints": prints.CODE_VERSION,
    "filtered": verdicts.CODE_VERSION,
    "passages": passages.CODE_VERSION,
    "weights": weights.CODE_VERSION,
}
