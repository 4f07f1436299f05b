"""From a mix to all about one of its documents: verdict, family, record, raw object, license, shard and row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.lineage.descent import parents_told
from dagster_project.corpus.lineage.families import families_of
from dagster_project.corpus.lineage.rows import Ancestry, Placed, Row, matching, placed_at, position, row_at
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.model.urls import canonical_url
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.stores import Store

PASSAGES_SHOWN = 50


def trace(store: Store, mix: Partition, doc_id: bytes, version: str | None = None) -> dict[str, Any]:
    """Everything that is known of a document of a mix; a document that was left out is traced to where it went.

    Raises PartitionError when no snapshot below the mix holds it.
    """
    identifier = refs.resolve(store, mix, version)
    mixed = refs.load_manifest(store, identifier)
    ancestry = Ancestry(store, mixed)
    places = matching(store, mixed, "doc_id", doc_id)
    snapshot, held, row = _placed(ancestry, places[0]) if places else _document(ancestry, doc_id)
    documents = held.files[row.shard].sha256
    return {
        "mix": {"partition": str(mix), "id": mixed.id},
        "document": _described(row.values),
        "snapshot": {"partition": snapshot, "id": held.id, "shard": held.files[row.shard].path, "row": row.row},
        "raw": {
            "object": row.values["raw_object"],
            "position": row.values["raw_position"],
            **_raw_object(held, row.values),
        },
        "license": _license(ancestry, documents, row),
        "parents": parents_told(ancestry, row.values),
        "verdicts": _verdicts(ancestry, documents, row.row),
        "families": families_of(ancestry, documents, row),
        "passages": _passages(ancestry, documents, row.row),
        "members": _members(store, mix, mixed, places),
        "replayed": _replayed(ancestry, doc_id),
    }


def documents_by_url(store: Store, mix: Partition, url: str, version: str | None = None) -> list[bytes]:
    """Documents below a mix that came from a URL, given as the page has it or in canonical form."""
    return _look_up(store, mix, version, "snapshots", {"url": canonical_url(url), "locator": url})


def documents_by_text(store: Store, mix: Partition, text: str, version: str | None = None) -> list[bytes]:
    """Documents below a mix with exactly this text."""
    digest = hashlib.sha256(text.encode()).digest()[:ID_BYTES]
    return _look_up(store, mix, version, "fingerprints", {"text_digest": digest})


def _look_up(
    store: Store, mix: Partition, version: str | None, stage: str, keys: Mapping[str, bytes | str]
) -> list[bytes]:
    ancestry = Ancestry(store, refs.load_manifest(store, refs.resolve(store, mix, version)))
    return sorted(
        {
            item.values["doc_id"]
            for _, manifest in ancestry.of_stage(stage)
            for column, value in keys.items()
            for item in matching(store, manifest, column, value)
        }
    )


def _placed(ancestry: Ancestry, member: Placed) -> tuple[str, Manifest, Placed]:
    """The document of a member: of several versions of its snapshot the one that it was taken of."""
    item, snapshot, number = ancestry.snapshot_of(member.values["documents"])
    row = member.values["row"]
    return item.partition, snapshot, Placed(number, row, row_at(ancestry.store, snapshot.files[number], row))


def _document(ancestry: Ancestry, doc_id: bytes) -> tuple[str, Manifest, Placed]:
    for item, manifest in ancestry.of_stage("snapshots"):
        for found in matching(ancestry.store, manifest, "doc_id", doc_id):
            return item.partition, manifest, found
    raise PartitionError(
        f"no snapshot below mix {ancestry.manifest.id[:12]} holds document {doc_id.hex()}: check the id"
    )


def _described(document: Row) -> dict[str, Any]:
    shown = (
        "source",
        "locator",
        "url",
        "title",
        "language",
        "reservations",
        "boilerplate_characters",
        "generator",
        "metadata",
    )
    text = document["text"]
    return {
        "doc_id": document["doc_id"].hex(),
        "record_id": document["record_id"].hex(),
        **{name: document[name] for name in shown},
        **_dates(document),
        "characters": len(text),
    }


def _dates(document: Row) -> dict[str, Any]:
    """When it was collected and published, how far that can be trusted, and what says so."""
    dates: dict[str, Any] = {
        "date_evidence": [{**said, "at": said["at"].isoformat()} for said in document["date_evidence"]]
    }
    for date in ("collected", "published"):
        at = document[f"{date}_at"]
        dates |= {f"{date}_at": at.isoformat() if at else None, f"{date}_confidence": document[f"{date}_confidence"]}
    return dates


def _raw_object(snapshot: Manifest, document: Row) -> dict[str, Any]:
    for item in snapshot.facts["raw_objects"]:
        if item["uri"] == document["raw_object"]:
            return {"sha256": item["sha256"], "size": item["size"]}
    return {}


def _license(ancestry: Ancestry, documents: str, document: Placed) -> dict[str, Any]:
    """What the document's evidence led to, and what binds after its exact copies had their say."""
    concluded = [
        {
            "expression": row["license"],
            "class": row["license_class"],
            "kind": row["license_kind"],
            "value": row["license_value"],
            "findings": row["license_findings"],
            "licensed": manifest.id,
        }
        for _, manifest, row in ancestry.side_rows("licensed", documents, document.row)
    ]
    effective = [
        {
            "corpus": item.partition,
            "expression": row["license"],
            "class": row["license_class"],
            "findings": row["license_findings"],
        }
        for item, _, row in ancestry.side_rows("deduplicated", documents, document.row)
    ]
    evidence = document.values["license_evidence"]
    return {"concluded": concluded[0] if concluded else None, "effective": effective, "evidence": evidence}


def _verdicts(ancestry: Ancestry, documents: str, row: int) -> list[dict[str, Any]]:
    return [
        {
            "partition": item.partition,
            "id": manifest.id,
            "keep": values["keep"],
            "rule": values["rule"],
            "value": values["value"],
            "code_version": manifest.identity.code_version,
            "rules": manifest.identity.recipe["rules"],
        }
        for item, manifest, values in ancestry.side_rows("filtered", documents, row)
    ]


def _passages(ancestry: Ancestry, documents: str, row: int) -> list[dict[str, Any]]:
    """What the document shares with others, in bytes of the text that its policy leaves, and how much of it is cut."""
    return [
        {
            "partition": item.partition,
            "id": manifest.id,
            **{name: values[name] for name in ("status", "repeated_bytes", "repeated_lines", "cut_bytes", "words")},
            "shared": [{**found, "first": found["first"].hex()} for found in values["passages"][:PASSAGES_SHOWN]],
        }
        for item, manifest, values in ancestry.side_rows("passages", documents, row)
    ]


def _members(store: Store, mix: Partition, mixed: Manifest, places: Sequence[Placed]) -> list[dict[str, Any]]:
    """Every place of the document in the order of the mix, and in the shards that were published from it."""
    exported = published_from(store, mix, mixed.id)
    components = mixed.identity.recipe["components"]
    replays = {item["name"]: f"mixed/{item['replay']}" for item in components if item.get("replay")}
    ids = {item.partition: item.id for item in mixed.inputs}
    members = []
    for place in places:
        member = {"index": place.values["index"], "component": place.values["component"], "copy": place.values["copy"]}
        if origin := replays.get(member["component"]):
            member["replays"] = {"partition": str(parse(origin)[0]), "id": ids[origin]}
        if exported:
            shard, row = placed_at(exported.files, position(mixed.files, place.shard, place.row))
            member |= {"published": exported.id, "shard": shard, "row": row, "path": exported.files[shard].path}
        members.append(member)
    return members


def _replayed(ancestry: Ancestry, doc_id: bytes) -> list[dict[str, Any]]:
    """The places of the document in each of the mixes that were replayed, the latest first."""
    found = []
    for item, manifest in ancestry.of_stage("mixed"):
        if manifest.id == ancestry.manifest.identity.recipe.get(ORDER_OF):
            continue  # whose order it has, and which it does not replay
        if places := matching(ancestry.store, manifest, "doc_id", doc_id):
            mix, _ = parse(item.partition)
            members = _members(ancestry.store, mix, manifest, places)
            found.append({"partition": str(mix), "id": manifest.id, "members": members})
    return found


def published_from(store: Store, mix: Partition, mixed_id: str) -> Manifest | None:
    """The newest publication made from one version of a mix."""
    for ref in reversed(refs.history(store, Partition("published", mix.key))):
        manifest = refs.load_manifest(store, ref.id)
        if manifest.identity.inputs == (mixed_id,):
            return manifest
    return None
