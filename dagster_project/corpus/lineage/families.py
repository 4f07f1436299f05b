"""The families of a document in the corpora below a mix, with their members in all layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dagster_project.corpus.lineage.rows import Ancestry, Placed, Row, matching, row_at
from dagster_project.corpus.lineage.walk import inputs_of, layers_of
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.stores import Store

FAMILY_SHOWN = 50


def families_of(ancestry: Ancestry, documents: str, document: Placed) -> list[dict[str, Any]]:
    """What became of a document in each corpus, with the members of its family in all layers of the mix."""
    return [
        {
            "partition": item.partition,
            "id": manifest.id,
            "status": values["status"],
            "survivor": hex_of(values["survivor"]),
            "kind": values["kind"],
            "similarity": values["similarity"],
            "family": hex_of(values["family"]),
            "size": values["family_size"],
            "members": _family_members(ancestry, _whole(ancestry, manifest), values["family"] or values["doc_id"]),
        }
        for item, manifest, values in ancestry.side_rows("deduplicated", documents, document.row)
    ]


def _whole(ancestry: Ancestry, layer: Manifest) -> list[Manifest]:
    """All layers of the corpus that a layer belongs to, those above it, too."""
    found = [layers_of(ancestry.store, manifest) for _, manifest in ancestry.of_stage("deduplicated")]
    return max((layers for layers in found if layer.id in {item.id for item in layers}), key=len)


def _family_members(ancestry: Ancestry, layers: Sequence[Manifest], leader: bytes) -> list[dict[str, Any]]:
    """The first members of the family that a document leads, with source, license and what became of them."""
    tables = [(layer, _table_of(ancestry, layer)) for layer in layers]
    named = [
        (layer, families, found)
        for layer, families in tables
        for found in matching(ancestry.store, families, "family", leader)[:FAMILY_SHOWN]
    ]
    if named and all(found.values["doc_id"] != leader for _, _, found in named):
        named = [*_alone(ancestry, tables, leader), *named]
    return [_member(ancestry, *place) for place in named[:FAMILY_SHOWN]]


def _alone(
    ancestry: Ancestry, tables: Sequence[tuple[Manifest, Manifest]], leader: bytes
) -> Iterator[tuple[Manifest, Manifest, Placed]]:
    """A leader that had no copies in its own layer: it names no family there."""
    for _, snapshot, place in ancestry.documents(leader):
        for layer, families in tables:
            for number, file in enumerate(families.files):
                if file.documents == snapshot.files[place.shard].sha256:
                    row = row_at(ancestry.store, file, place.row)
                    yield layer, families, Placed(number, place.row, row)


def _table_of(ancestry: Ancestry, layer: Manifest) -> Manifest:
    (found,) = inputs_of(ancestry.store, layer, "families")
    return found


def _member(ancestry: Ancestry, layer: Manifest, families: Manifest, found: Placed) -> dict[str, Any]:
    documents = families.files[found.shard].documents
    item, _, _ = ancestry.snapshot_of(documents)
    (verdict,) = _rows_of(ancestry.store, layer, documents, found.row)
    return {
        "doc_id": found.values["doc_id"].hex(),
        "snapshot": item.partition,
        "status": verdict["status"],
        "license": verdict["license"],
        "same_text": hex_of(found.values["same_text"]),
    }


def _rows_of(store: Store, manifest: Manifest, documents: str, row: int) -> Sequence[Row]:
    return [row_at(store, file, row) for file in manifest.files if file.documents == documents]


def hex_of(identifier: bytes | None) -> str | None:
    return identifier.hex() if identifier is not None else None
