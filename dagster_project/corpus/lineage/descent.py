"""What a derived document was made from: its parents, theirs, and so on, as far as they lie below the mix."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.lineage.rows import Ancestry, Row
from dagster_project.corpus.lineage.told import cut
from dagster_project.corpus.model.manifests import File

SHOWN = 50  # parents of one document
DEEPEST = 8  # generations


def parents_told(ancestry: Ancestry, document: Row, depth: int = 1) -> list[dict[str, Any]]:
    """Of each parent its span, where it lies, what is concluded of its license, its generator and its own parents.
    Empty for natural text."""
    return [
        {
            "doc_id": parent["doc_id"].hex(),
            "start": parent["start"],
            "end": parent["end"],
            **_found(ancestry, parent["doc_id"], depth),
        }
        for parent in document["parents"][:SHOWN]
    ]


def _found(ancestry: Ancestry, doc_id: bytes, depth: int) -> dict[str, Any]:
    for item, snapshot, place in ancestry.documents(doc_id):
        values, file = place.values, snapshot.files[place.shard]
        above = parents_told(ancestry, values, depth + 1) if depth < DEEPEST else []
        return {
            "source": values["source"],
            **cut(dict(values)),
            "snapshot": item.partition,
            "license": _license(ancestry, file, place.row),
            "generator": values["generator"],
            "parents": above,
        }
    return {"source": None, "snapshot": None, "license": None, "generator": None, "parents": []}


def _license(ancestry: Ancestry, documents: File, row: int) -> dict[str, Any] | None:
    for _, _, values in ancestry.side_rows("licensed", documents.sha256, row):
        return {"expression": values["license"], "class": values["license_class"], "kind": values["license_kind"]}
    return None
