"""A corpus as it stands in the store: its layers, the earliest first, and what tells of each of their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.walk import inputs_of, layers_of
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

Columns = Mapping[str, Sequence[str]]  # names by the stage whose table has them


@dataclass(frozen=True)
class Shard:
    """Some documents of a source, given by the key of its snapshot; their shard and its side tables by stage."""

    source: str
    files: Mapping[str, File]
    edits: File | None = None  # what its policy does to every text, kept or not


class Place(NamedTuple):
    """Where a document stands."""

    shard: Shard
    row: int


@dataclass(frozen=True)
class Standing:
    """One layer; shards in the order of its families, by which its tables of keys number them."""

    deduplicated: Manifest
    families: Manifest
    snapshots: Mapping[str, Manifest]  # by their keys
    shards: tuple[Shard, ...]

    @property
    def prints(self) -> FingerprintRecipe:
        return FingerprintRecipe(**self.families.identity.recipe["fingerprints"])


def standing_layers(store: Store, deduplicated: Manifest) -> list[Standing]:
    """The layers of a version of a corpus."""
    return [_layer(store, layer) for layer in layers_of(store, deduplicated)]


def places_of(store: Store, layers: Sequence[Standing], doc_id: bytes) -> list[Place]:
    """Every place of a document, by the indexes of the snapshots; one that stands in several has several."""
    return [
        Place(shard, row)
        for layer in layers
        for snapshot in layer.snapshots.values()
        for number, row in find(store, snapshot, "doc_id", doc_id)
        for shard in layer.shards
        if shard.files["snapshots"] == snapshot.files[number]
        and read_rows(store, shard.files["families"], [row], ["doc_id"]).column(0)[0].as_py() == doc_id
    ]


def read_places(store: Store, places: Sequence[Place], columns: Columns) -> pa.Table:
    """One row for each of some places, at least one, in their order."""
    by_shard: dict[str, list[int]] = {}
    for number, place in enumerate(places):
        by_shard.setdefault(place.shard.files["families"].path, []).append(number)
    tables = [_read(store, [places[number] for number in numbers], columns) for numbers in by_shard.values()]
    return pa.concat_tables(tables).take(np.argsort(np.concatenate([*by_shard.values()])))


def read_texts(store: Store, places: Sequence[Place]) -> list[str]:
    """The texts of some documents as the edits of their policies leave them: what is redacted is not told."""
    return [_text(store, place) for place in places]


def _text(store: Store, place: Place) -> str:
    table = read_rows(store, place.shard.files["snapshots"], [place.row], ["text"])
    if place.shard.edits:
        found = read_rows(store, place.shard.edits, [place.row], ["edits"]).column("edits")
        table = edited(table.append_column("edits", found))
    text: str = table.column("text")[0].as_py()
    return text


def _read(store: Store, places: Sequence[Place], columns: Columns) -> pa.Table:
    """The same of one shard."""
    rows = [place.row for place in places]
    parts = [read_rows(store, places[0].shard.files[stage], rows, names) for stage, names in columns.items()]
    return pa.table({name: part.column(name) for part in parts for name in part.column_names})


def _layer(store: Store, deduplicated: Manifest) -> Standing:
    (families,) = inputs_of(store, deduplicated, "families")
    prints = [(manifest, *_snapshot(store, manifest)) for manifest in inputs_of(store, families, "fingerprints")]
    programs = [program for judged in inputs_of(store, deduplicated, "filtered") for program in _program(store, judged)]
    edits = {file.documents: file for manifest in programs for file in manifest.files}
    verdicts, concluded = (
        {file.documents: file for manifest in manifests for file in manifest.files}
        for manifests in ([deduplicated], inputs_of(store, deduplicated, "licensed"))
    )
    shards = [
        (key, {"snapshots": documents, "fingerprints": covering})
        for manifest, key, snapshot in prints
        for documents, covering in zip(snapshot.files, manifest.files, strict=True)
    ]
    return Standing(
        deduplicated,
        families,
        {key: snapshot for _, key, snapshot in prints},
        tuple(
            Shard(
                key,
                {**files, "families": file, **_covering(file.documents, verdicts, concluded)},
                edits.get(file.documents),
            )
            for (key, files), file in zip(shards, families.files, strict=True)
        ),
    )


def _covering(documents: str, verdicts: Mapping[str, File], concluded: Mapping[str, File]) -> dict[str, File]:
    return {"deduplicated": verdicts[documents], "licensed": concluded[documents]}


def _program(store: Store, judged: Manifest) -> list[Manifest]:
    """The whole edit program of a policy: those of rules before its end are parts of it."""
    made = [item for item in inputs_of(store, judged, "signals") if "edits" in dict(item.identity.schema)]
    return sorted(made, key=lambda item: len(item.identity.recipe["program"]))[-1:]


def _snapshot(store: Store, prints: Manifest) -> tuple[str, Manifest]:
    (item,) = (item for item in prints.inputs if item.stage == "snapshots")
    return item.partition.partition("/")[2], load_manifest(store, item.id)
