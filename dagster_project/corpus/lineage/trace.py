"""From a mix to all about one of its documents: verdict, family, record, raw object, license, shard and row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from dagster_project.corpus.lineage.decisions import decisions_of
from dagster_project.corpus.lineage.descent import parents_told
from dagster_project.corpus.lineage.families import families_of
from dagster_project.corpus.lineage.license_rules import licenses_in_mix
from dagster_project.corpus.lineage.overview import Overview, overview
from dagster_project.corpus.lineage.places import members_of_group
from dagster_project.corpus.lineage.questions import Question, documents_meant
from dagster_project.corpus.lineage.rows import Ancestry, Overseen, Placed, Row, matching, placed_at, position, row_at
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.orders import ORDER_OF
from dagster_project.corpus.model.partitions import Partition, parse
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

PASSAGES_SHOWN = 50
MOST = 10  # documents that are told of one question
LOOKED_AT = 8  # members for each of these: a document may stand in a mix several times


class Meant(NamedTuple):
    """The first of the documents that a question means, and how many there are."""

    documents: list[bytes]
    total: int


def trace(
    store: Store, mix: Partition, doc_id: bytes, version: str | None = None, *, seen: Overview | None = None
) -> dict[str, Any]:
    """Everything that is known of a document of a mix; a document that was left out is traced to where it went.

    Raises PartitionError when no snapshot below the mix holds it.
    """
    seen = seen or overview(store)
    mixed = seen.manifest(seen.version_of(mix, version))
    ancestry = Overseen(seen, mixed)
    places = matching(store, mixed, "doc_id", doc_id)
    snapshot, held, row = _placed(ancestry, places[0]) if places else _document(ancestry, doc_id)
    documents = held.files[row.shard].sha256
    traced = {
        "mix": {"partition": str(mix), "id": mixed.id},
        "document": _described(row.values),
        "snapshot": {"partition": snapshot, "id": held.id, "shard": held.files[row.shard].path, "row": row.row},
        "raw": {
            "object": row.values["raw_object"],
            "position": row.values["raw_position"],
            **_raw_object(held, row.values),
        },
        "license": _license(ancestry, documents, row, places),
        "parents": parents_told(ancestry, row.values),
        "verdicts": _verdicts(ancestry, documents, row.row),
        "families": families_of(ancestry, documents, row),
        "passages": _passages(ancestry, documents, row.row),
        "members": _members(seen, mixed, places),
        "replayed": _replayed(ancestry, doc_id),
    }
    return {**traced, "decisions": decisions_of(seen, mixed, traced)}


def documents_in(seen: Overview, mixed: str, question: Question, most: int = MOST) -> Meant:
    """The documents of a version of a mix that a question means: those below it, whether it took them or not. Of hosts,
    sources and licenses, which mean many, its members; or those below it where it has none."""
    if question.is_group:
        if places := members_of_group(seen, question, [mixed]).get(mixed):
            first = places.positions[: most * LOOKED_AT].tolist()
            found = list(dict.fromkeys(_at(seen, mixed, first)))
            return Meant(found[:most], len(places.positions) - places.repeated)
        if question.kind not in ("host", "domain"):
            return Meant([], 0)
    below = documents_meant(seen, question, seen.below([mixed]))
    documents = sorted({item.doc_id for item in below})
    return Meant(documents[:most], len(documents))


def _at(seen: Overview, mixed: str, positions: Sequence[int]) -> Iterator[bytes]:
    files = seen.files([mixed])[mixed]
    by_shard: dict[int, list[int]] = {}
    for index in positions:
        shard, row = placed_at(files, index)
        by_shard.setdefault(shard, []).append(row)
    for shard, rows in by_shard.items():
        yield from read_rows(seen.store, files[shard], rows, ["doc_id"]).column("doc_id").to_pylist()


def _placed(ancestry: Ancestry, member: Placed) -> tuple[str, Manifest, Placed]:
    """The document of a member: of several versions of its snapshot the one that it was taken of."""
    item, snapshot, number = ancestry.snapshot_of(member.values["documents"])
    row = member.values["row"]
    return item.partition, snapshot, Placed(number, row, row_at(ancestry.store, snapshot.files[number], row))


def _document(ancestry: Ancestry, doc_id: bytes) -> tuple[str, Manifest, Placed]:
    for item, manifest, found in ancestry.documents(doc_id):
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


def _license(ancestry: Ancestry, documents: str, document: Placed, places: Sequence[Placed]) -> dict[str, Any]:
    """What the document's evidence led to, what binds after its exact copies had their say, and what the mix has; each
    with the rule by which it came."""
    concluded = [
        {
            "expression": row["license"],
            "class": row["license_class"],
            "kind": row["license_kind"],
            "value": row["license_value"],
            "rule": row.get("license_rule"),
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
            "rule": row.get("license_rule"),
            "findings": row["license_findings"],
        }
        for item, _, row in ancestry.side_rows("deduplicated", documents, document.row)
    ]
    evidence = document.values["license_evidence"]
    in_mix = licenses_in_mix(ancestry, places, [item["expression"] for item in effective])
    told = {"effective": effective, "in_mix": in_mix, "evidence": evidence}
    return {"concluded": concluded[0] if concluded else None, **told}


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


def _members(seen: Overview, mixed: Manifest, places: Sequence[Placed]) -> list[dict[str, Any]]:
    """Every place of the document in the order of the mix, and in the shards that were published from it."""
    published = next((mix.published for mix in seen.mixes if mix.id == mixed.id and mix.published), None)
    files = seen.files([published])[published] if published else []
    components = mixed.identity.recipe["components"]
    replays = {item["name"]: f"mixed/{item['replay']}" for item in components if item.get("replay")}
    ids = {item.partition: item.id for item in mixed.inputs}
    members = []
    for place in places:
        member = {"index": place.values["index"], "component": place.values["component"], "copy": place.values["copy"]}
        if origin := replays.get(member["component"]):
            member["replays"] = {"partition": str(parse(origin)[0]), "id": ids[origin]}
        if published:
            shard, row = placed_at(files, position(mixed.files, place.shard, place.row))
            member |= {"published": published, "shard": shard, "row": row, "path": files[shard].path}
        members.append(member)
    return members


def _replayed(ancestry: Overseen, doc_id: bytes) -> list[dict[str, Any]]:
    """The places of the document in each of the mixes that were replayed, the latest first."""
    found = []
    for item, manifest in ancestry.of_stage("mixed"):
        if manifest.id == ancestry.manifest.identity.recipe.get(ORDER_OF):
            continue  # whose order it has, and which it does not replay
        if places := matching(ancestry.store, manifest, "doc_id", doc_id):
            mix, _ = parse(item.partition)
            members = _members(ancestry.seen, manifest, places)
            found.append({"partition": str(mix), "id": manifest.id, "members": members})
    return found


def published_from(store: Store, mix: Partition, mixed_id: str) -> Manifest | None:
    """The newest publication made from one version of a mix."""
    for ref in reversed(refs.history(store, Partition("published", mix.key))):
        manifest = refs.load_manifest(store, ref.id)
        if manifest.identity.inputs == (mixed_id,):
            return manifest
    return None
