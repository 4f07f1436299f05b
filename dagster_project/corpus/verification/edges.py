"""Edges between copies made again: both ends are found, their fingerprints computed from their texts, and compared as
the recipe of the corpus asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dagster_project.corpus.deduplication.families import CODE_VERSION
from dagster_project.corpus.deduplication.fingerprints import fingerprints, rows_of
from dagster_project.corpus.deduplication.likeness import signatures_of
from dagster_project.corpus.deduplication.verification import margin_of
from dagster_project.corpus.kernels.sketches import sketch_jaccard
from dagster_project.corpus.lineage.walk import inputs_of, layers_of
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.takedowns.erased import erased_table, read_erasures
from dagster_project.corpus.verification.problems import told
from dagster_project.corpus.verification.remaking import Remake, looked_up

DIGESTS = {"exact": "text_digest", "normalized": "normalized_digest", "url": "url_digest"}
SIMILARITY = {"exact": 1.0, "normalized": 1.0, "url": None}
TEXTS = ["doc_id", "text", "url"]
Print = Mapping[str, Any]


class Untrue(NamedTuple):
    """Something that a row says of its copies and that is not so."""

    row: int
    what: str
    expected: str
    found: str


def is_known(families: Manifest) -> bool:
    """Whether this release finds copies as they were found then."""
    prints = {item.id for item in families.inputs if item.stage == "fingerprints"}
    return families.identity.code_version == CODE_VERSION and bool(prints)


def untrue(task: Remake, file: File) -> Iterator[Untrue]:
    """What some rows of families say otherwise than the texts of the documents that they name."""
    recipe = task.manifest.identity.recipe
    said = read_rows(task.store, file, task.rows, ["doc_id", "family", "family_size", "same_text", "edges"]).to_pylist()
    if not any(row["family"] for row in said):
        return
    own = _prints(task.documents.select(TEXTS), recipe)
    gone = _erased(task)  # whose texts are blank: nothing of them can be made again
    said = [{**row, "edges": [edge for edge in row["edges"] if edge["doc_id"] not in gone]} for row in said]
    wanted = {edge["doc_id"] for row in said for edge in row["edges"]} | {row["same_text"] for row in said} - {None}
    others = {**_others(task, sorted(wanted)), **own}
    for row, found in zip(task.rows, said, strict=True):
        one = own[found["doc_id"]]
        for edge in found["edges"]:
            yield from _untrue_edge(row, one, others.get(edge["doc_id"]), edge, recipe)
        if found["same_text"] is not None and found["same_text"] not in gone:
            twin = others.get(found["same_text"])
            if twin is None or twin["text_digest"] != one["text_digest"]:
                yield Untrue(row, "same_text", "a document with the same text", "another")
        if any(edge["kind"] == "exact" for edge in found["edges"]) and found["same_text"] is None:
            yield Untrue(row, "same_text", "told, for it has an exact copy", "nothing")
        if (
            found["edges"]
            and (found["family"] is None or found["family_size"] < 2)
            and recipe["near"]["chains"] != "split"
        ):
            yield Untrue(row, "family", "told, for it has copies", "nothing")
    yield from _sizes(task, said)


def _erased(task: Remake) -> set[bytes]:
    return set(erased_table(task.store, read_erasures(task.store)).column("doc_id").to_pylist())


def _untrue_edge(row: int, one: Print, other: Print | None, edge: Mapping[str, Any], recipe: Any) -> Iterator[Untrue]:
    what = f"its edge to {edge['doc_id'].hex()}"
    if other is None:
        yield Untrue(row, what, "to a document below it", "to none")
    elif (kind := edge["kind"]) in DIGESTS:
        if one[DIGESTS[kind]] is None or one[DIGESTS[kind]] != other[DIGESTS[kind]]:
            yield Untrue(row, what, f"between documents of one {DIGESTS[kind].replace('_', ' ')}", told(kind))
        elif edge["similarity"] != SIMILARITY[kind]:
            yield Untrue(row, what, f"of similarity {SIMILARITY[kind]}", told(edge["similarity"]))
    elif kind != "near" or edge["similarity"] not in (alike := _similarities(one, other, recipe)):
        yield Untrue(
            row,
            what,
            f"near, of similarity {alike[0]}" if kind == "near" else "of a known kind",
            told(f"{kind}, of {edge['similarity']}"),
        )
    elif edge["similarity"] < min(recipe["near"]["similarity"], recipe["near"]["cohesion"]):
        yield Untrue(row, what, f"at least {recipe['near']['similarity']}", told(edge["similarity"]))


def _similarities(one: Print, other: Print, recipe: Any) -> list[float]:
    """How alike two documents are: as candidates, and as a leader and a member of its family."""
    near, prints = recipe["near"], FingerprintRecipe(**recipe["fingerprints"])
    permutations = prints.bands * prints.rows
    estimate = float((one["signature"] == other["signature"]).mean())
    found = []
    for limit in (near["similarity"], min(near["cohesion"], near["similarity"])):
        is_unsure = abs(estimate - limit) <= margin_of(near["verify"], limit, permutations)
        found.append(_by_sketches(one, other) if is_unsure and prints.sketch else estimate)
    return found


def _by_sketches(one: Print, other: Print) -> float:
    sides = [np.ascontiguousarray(side[name])[None] for side in (one, other) for name in ("sketch",)]
    sizes = [np.array([side["size"]], np.int32) for side in (one, other)]
    return float(sketch_jaccard(sides[0], sizes[0], sides[1], sizes[1])[0])


def _prints(documents: pa.Table, recipe: Any) -> dict[bytes, Print]:
    """The fingerprints of documents by their ids."""
    said = FingerprintRecipe(**recipe["fingerprints"])
    table = fingerprints(documents, recipe["fingerprints"])[0].combine_chunks()
    signatures = signatures_of(table, said)
    sketches, sizes = rows_of(table.column("sketch"), "<u4", said.sketch)
    plain = table.select(["doc_id", *DIGESTS.values()]).to_pylist()
    return {
        row["doc_id"]: {**row, "signature": signatures[at], "sketch": sketches[at], "size": int(sizes[at])}
        for at, row in enumerate(plain)
    }


def _others(task: Remake, ids: list[bytes]) -> dict[bytes, Print]:
    """The fingerprints of documents wherever they lie below families."""
    found: dict[bytes, Print] = {}
    for snapshot in snapshots_below(task, task.manifest) if ids else ():
        by_shard: dict[int, list[int]] = {}
        for places in looked_up(task.store, snapshot, "doc_id", ids).values():
            for shard, row in places:
                by_shard.setdefault(shard, []).append(row)
        for shard, rows in by_shard.items():
            table = read_rows(task.store, snapshot.files[shard], sorted(rows), TEXTS)
            found |= _prints(table, task.manifest.identity.recipe)
    return found


def snapshots_below(task: Remake, families: Manifest) -> Iterator[Manifest]:
    """Those of all layers."""
    for layer in layers_of(task.store, families):
        for prints in inputs_of(task.store, layer, "fingerprints"):
            yield from inputs_of(task.store, prints, "snapshots")


def _sizes(task: Remake, said: list[dict[str, Any]]) -> Iterator[Untrue]:
    """Families have as many members as they say; of one that stands on another, not all are in its own tables."""
    if any(item.stage == "families" for item in task.manifest.inputs):
        return
    leaders = sorted({row["family"] for row in said} - {None})
    counted = dict.fromkeys(leaders, 0)
    places = looked_up(task.store, task.manifest, "family", leaders)
    for shard in sorted({shard for found in places.values() for shard, _ in found}):
        rows = [row for found in places.values() for at, row in found if at == shard]
        for leader in read_rows(task.store, task.manifest.files[shard], rows, ["family"]).column(0).to_pylist():
            counted[leader] = counted.get(leader, 0) + 1
    for row, found in zip(task.rows, said, strict=True):
        if found["family"] is not None and counted[found["family"]] != found["family_size"]:
            yield Untrue(row, "family_size", str(counted[found["family"]]), told(found["family_size"]))
