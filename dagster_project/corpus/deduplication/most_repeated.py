"""The passages of a corpus that stand in most documents, with what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dagster_project.corpus.deduplication.standing import Place, Shard, read_texts
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.told import told_at
from dagster_project.corpus.lineage.walk import inputs_of, layers_of, snapshots_of
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.stores import Store

SHOWN_BYTES = 2_000  # of a passage


class View(NamedTuple):
    """One layer as it was searched: its snapshots by their keys, and by the digests of documents what edits them."""

    snapshots: Mapping[str, Manifest]
    edits: Mapping[str, File]


def most_repeated(store: Store, passages: Manifest, most: int) -> list[dict[str, Any]]:
    """Of each kind so many, the most repeated first: who has it first, and its text there as the policy leaves it."""
    views = _views(store, passages)
    return [
        {"kind": kind, **found, **_said(store, _place(store, passages, views, found["doc_id"]), found)}
        for kind, told in passages.facts["most_repeated"].items()
        for found in told[:most]
    ]


def _views(store: Store, passages: Manifest) -> list[View]:
    """Of an earlier layer the text was searched as its own cuts leave it."""
    *earlier, last = layers_of(store, passages)
    edits = [*([layer] for layer in earlier), inputs_of(store, last, "filtered")]
    return [
        View(snapshots_of(store, layer), {file.documents: file for item in made for file in item.files})
        for layer, made in zip([*earlier, last], edits, strict=True)
    ]


def _place(store: Store, passages: Manifest, views: Sequence[View], doc_id: str) -> Place:
    for view in views:
        for key, snapshot in view.snapshots.items():
            for number, row in find(store, snapshot, "doc_id", bytes.fromhex(doc_id)):
                if (documents := snapshot.files[number]).sha256 in view.edits:
                    return Place(Shard(key, {"snapshots": documents}, view.edits[documents.sha256]), row)
    raise IntegrityError(f"no layer of {passages.id[:12]} holds document {doc_id}: rebuild its partition")


def _said(store: Store, place: Place, found: Mapping[str, Any]) -> dict[str, Any]:
    (text,) = read_texts(store, [place])
    told = told_at(store, place.shard.files["snapshots"], place.row)
    said = text.encode()[found["start"] : found["end"]][:SHOWN_BYTES].decode(errors="ignore")
    return {"source": place.shard.source, **told, "text": said}
