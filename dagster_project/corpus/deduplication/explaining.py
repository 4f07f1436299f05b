"""Why a document is a copy: its family, who survives of it, and how alike its members are to that one and to it.

What was recorded of two documents is told as it stands; where nothing was, their fingerprints are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.deduplication.choices import edges_of
from dagster_project.corpus.deduplication.differing import Difference, difference
from dagster_project.corpus.deduplication.keys import KINDS, NEAR
from dagster_project.corpus.deduplication.likeness import COLUMNS, likeness
from dagster_project.corpus.deduplication.standing import Place, Standing, places_of, read_places, read_texts
from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.told import TOLD, cut
from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.storage.stores import Store

SHOWN = {
    "families": ("doc_id", "edges"),
    "deduplicated": ("status", "survivor", "kind", "similarity", "license"),
    "snapshots": TOLD,
}
Facts = dict[str, Any]
Row = Mapping[str, Any]


class Member(NamedTuple):
    """One document of a family."""

    doc_id: bytes
    place: Place
    status: str
    kind: str | None  # of the copy that a suppressed one is


def explain(store: Store, layers: Sequence[Standing], place: Place, most: int) -> Facts:
    """The family of a document as plain data, with `most` of its members: first its survivor, itself and its leader."""
    ((asked, family),) = _members(store, [place])
    leader = family or asked.doc_id
    members = family_of(store, layers, leader) or [asked]
    survivor = next((member for member in members if member.status == "survivor"), None)
    firsts = [survivor.doc_id if survivor else b"", asked.doc_id, leader]
    ordered = sorted(members, key=lambda member: firsts.index(member.doc_id) if member.doc_id in firsts else 3)
    shown = _told(store, ordered[:most], place, survivor.place if survivor else None, layers[0].prints)
    return {
        "source": place.shard.source,
        "status": asked.status,
        "leader": leader.hex() if len(members) > 1 else None,
        "size": len(members),
        "survivor": survivor.doc_id.hex() if survivor else None,
        "counted": dict(sorted(Counter(member.status for member in members).items())),
        "members": shown,
        "more": len(members) - len(shown),
    }


def family_of(store: Store, layers: Sequence[Standing], leader: bytes) -> list[Member]:
    """The members of the family that a document leads, in all layers; none where it has no copies. A leader that had
    none in its own layer does not name the family there."""
    places = [
        Place(layer.shards[shard], row)
        for layer in layers
        for shard, row in find(store, layer.families, "family", leader)
    ]
    members = [member for member, family in _members(store, places) if family == leader]
    if members and leader not in {member.doc_id for member in members}:
        members = [*(member for member, _ in _members(store, places_of(store, layers, leader))), *members]
    return members


def _members(store: Store, places: Sequence[Place]) -> list[tuple[Member, bytes | None]]:
    """Each with the family that its row names."""
    if not places:
        return []
    columns = {"families": ("doc_id", "family"), "deduplicated": ("status", "kind")}
    rows = read_places(store, places, columns).to_pylist()
    return [
        (Member(row["doc_id"], place, row["status"], row["kind"]), row["family"])
        for place, row in zip(places, rows, strict=True)
    ]


def _told(
    store: Store, members: Sequence[Member], asked: Place, survivor: Place | None, recipe: FingerprintRecipe
) -> list[Facts]:
    places = [member.place for member in members]
    rows = read_places(store, places, SHOWN).to_pylist()
    to_asked, to_survivor = (relations(store, other, places, recipe) if other else None for other in (asked, survivor))
    return [
        {
            "doc_id": row["doc_id"].hex(),
            "source": place.shard.source,
            "status": row["status"],
            "license": row["license"],
            "to_survivor": _of_verdict(row, to_survivor[number]) if to_survivor and place != survivor else None,
            "to_document": to_asked[number] if to_asked and place != asked else None,
            **cut(row),
        }
        for number, (place, row) in enumerate(zip(places, rows, strict=True))
    ]


def _of_verdict(row: Row, related: Facts) -> Facts:
    """Its own words where they have a similarity, and the kind in any case."""
    if row["similarity"] is not None:
        return {"kind": row["kind"], "similarity": row["similarity"], "estimated": False}
    return {**related, "kind": row["kind"] or related["kind"]}


def relations(store: Store, one: Place, others: Sequence[Place], recipe: FingerprintRecipe) -> list[Facts]:
    """How one document is a copy of each of some others: the kind and the similarity, and whether that is an estimate.
    The kind is null where nothing links the two directly, the similarity where one is too short to tell."""
    columns = {"families": ("doc_id", "edges"), "fingerprints": COLUMNS}
    table = read_places(store, [one, *others], columns)
    prints = table.select(COLUMNS)
    alike = likeness(prints.slice(0, 1).combine_chunks(), prints.slice(1).combine_chunks(), recipe)
    asked, *rows = table.select(["doc_id", "edges"]).to_pylist()
    return [_relation(asked, row, int(alike.kinds[at]), float(alike.similarity[at])) for at, row in enumerate(rows)]


def _relation(one: Row, other: Row, digests: int, similarity: float) -> Facts:
    if digests != NEAR:
        return {"kind": KINDS[digests], "similarity": 1.0, "estimated": False}
    ends = ((one, other), (other, one))
    found = [edge for a, b in ends if (edge := edges_of(a["edges"]).get(b["doc_id"]))]
    kind, recorded = found[0] if found else (None, None)
    if recorded is not None:
        return {"kind": kind, "similarity": recorded, "estimated": False}
    return {"kind": kind, "similarity": None if np.isnan(similarity) else similarity, "estimated": True}


def text_difference(store: Store, one: Place, other: Place) -> Difference:
    """The difference of two documents' texts as the edits of their policies leave them."""
    return difference(*read_texts(store, [one, other]))
