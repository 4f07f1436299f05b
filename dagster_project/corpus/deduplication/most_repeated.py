"""The passages of a corpus that stand in most documents, with what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.told import TOLD, cut
from dagster_project.corpus.lineage.walk import layers_of, snapshots_of
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

SHOWN_BYTES = 2_000  # of a passage


class Holder(NamedTuple):
    """Where a document stands, and the shard with the edits of the text that was searched."""

    source: str
    documents: File
    edits: File
    row: int


def most_repeated(store: Store, passages: Manifest, most: int) -> list[dict[str, Any]]:
    """Of each kind so many, the most repeated first: who has it first, and its text there as the policy leaves it."""
    return [
        {"kind": kind, **found, **_said(store, _holder(store, passages, bytes.fromhex(found["doc_id"])), found)}
        for kind, told in passages.facts["most_repeated"].items()
        for found in told[:most]
    ]


def _holder(store: Store, passages: Manifest, doc_id: bytes) -> Holder:
    """Of an earlier layer the text was searched as its own cuts leave it."""
    layers = layers_of(store, passages)
    for layer in layers:
        edits = [layer] if layer is not layers[-1] else _verdicts(store, layer)
        covering = {file.documents: file for manifest in edits for file in manifest.files}
        for key, snapshot in snapshots_of(store, layer).items():
            for number, row in find(store, snapshot, "doc_id", doc_id):
                if (documents := snapshot.files[number]).sha256 in covering:
                    return Holder(key, documents, covering[documents.sha256], row)
    raise IntegrityError(f"no layer of {passages.id[:12]} holds document {doc_id.hex()}: rebuild its partition")


def _verdicts(store: Store, layer: Manifest) -> Iterator[Manifest]:
    return (load_manifest(store, item.id) for item in layer.inputs if item.stage == "filtered")


def _said(store: Store, holder: Holder, found: dict[str, Any]) -> dict[str, Any]:
    row = read_rows(store, holder.documents, [holder.row], ["text", *TOLD])
    edits = read_rows(store, holder.edits, [holder.row], ["edits"]).column("edits")
    text = edited(pa.table({"text": row.column("text"), "edits": edits})).column("text")[0].as_py().encode()
    said = text[found["start"] : found["end"]][:SHOWN_BYTES].decode(errors="ignore")
    return {"source": holder.source, **cut(row.select(TOLD).to_pylist()[0]), "text": said}
