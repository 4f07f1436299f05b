"""Choices: who stays of a family, and how every other member is a copy of that one, by a declared order alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dagster_project.corpus.licenses.obligations import Effective, effective
from dagster_project.corpus.licenses.table import class_of, strictness

LINKED = "linked"  # by others, each a copy of the next
TWINS = ("exact", "normalized")
Edge = tuple[str, float | None]  # kind, similarity
Edges = Mapping[bytes, Edge]  # by the other document


@dataclass(frozen=True)
class Member:
    """One document of a family, with all that the choice depends on."""

    doc_id: bytes
    source: int  # position in the corpus recipe
    keep: bool
    license: str
    license_kind: str | None
    characters: int
    date: int | None  # seconds since the epoch
    same_text: bytes | None
    edges: Edges


@dataclass(frozen=True)
class Survivor:
    """Who stands for a family."""

    doc_id: bytes
    source: str
    license: str
    same_text: bytes | None
    edges: Edges = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What a family decided: its survivor, and for each text that stands more than once the effective license."""

    survivor: Survivor | None
    licenses: Mapping[bytes, Effective]
    contrary: bool  # whether its members are under different licenses
    stands: bool = False  # whether the survivor is of an earlier layer, whose license stays as it is


def choose(
    members: Sequence[Member], prefer: Sequence[str], sources: Sequence[str], standing: Survivor | None = None
) -> Choice:
    """Who stands already, or the first of the kept members in the declared order; doc_id settles what that leaves
    open."""
    kept = [member for member in members if member.keep]
    first = min(kept, key=lambda member: _preference(member, prefer), default=None)
    chosen = None
    if first:
        chosen = Survivor(first.doc_id, sources[first.source], first.license, first.same_text, first.edges)
    texts: dict[bytes, list[Member]] = {}
    for member in members:
        if member.same_text is not None:
            texts.setdefault(member.same_text, []).append(member)
    licenses = {
        text: effective(sorted({(m.license, m.license_kind) for m in same}, key=str)) for text, same in texts.items()
    }
    said = {member.license for member in members} | ({standing.license} if standing else set())
    return Choice(standing or chosen, licenses, len(said) > 1, standing is not None)


def edges_of(rows: Sequence[Mapping[str, Any]]) -> Edges:
    return {row["doc_id"]: (row["kind"], row["similarity"]) for row in rows}


def link(same_text: bytes | None, edges: Edges, survivor: Survivor) -> Edge:
    """How a document is a copy of its survivor: itself, or as its twin, which has the same words, or the survivor's."""
    if same_text is not None and same_text == survivor.same_text:
        return "exact", 1.0
    if survivor.doc_id in edges:
        return edges[survivor.doc_id]
    twins = [other for other, (kind, _) in edges.items() if kind in TWINS]
    others = [other for other, (kind, _) in survivor.edges.items() if kind in TWINS]
    found = [survivor.edges[twin] for twin in twins if twin in survivor.edges]
    found += [edges[twin] for twin in others if twin in edges]
    return min(found, key=lambda edge: (-(edge[1] or 0.0), edge[0]), default=(LINKED, None))


def _preference(member: Member, prefer: Sequence[str]) -> tuple[Any, ...]:
    values = {
        "license": strictness(class_of(member.license)),
        "source": member.source,
        "longest": -member.characters,
        "newest": (member.date is None, -(member.date or 0)),
        "oldest": (member.date is None, member.date or 0),
    }
    return (*[values[name] for name in prefer], member.doc_id)
