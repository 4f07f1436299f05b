"""Choices: who stays of a family, and how every other member is a copy of that one, by a declared order alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from dagster_project.corpus.licenses.obligations import SHOWN, Effective, effective
from dagster_project.corpus.licenses.table import class_of, strictness

LINKED = "linked"  # by others, each a copy of the next
VARIANT = "variant"  # of the survivor, and meant to be like it: it survives, too
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
    parent: bytes | None = None  # the first, of a derived document

    @property
    def root(self) -> bytes:
        """What its variants share with it: their parent, which may be itself."""
        return self.parent or self.doc_id


@dataclass(frozen=True)
class Survivor:
    """Who stands for a family."""

    doc_id: bytes
    source: str
    license: str
    same_text: bytes | None
    edges: Edges = field(default_factory=dict)


class Others:
    """The licenses of a family that stand beside a document: of its members with another text, and of whom an earlier
    layer has."""

    def __init__(
        self, members: Sequence[Member], texts: Mapping[bytes, Sequence[Member]], standing: Survivor | None = None
    ):
        self.all = Counter(member.license for member in members)
        self.sorted = sorted(self.all)
        self.of_text = {text: Counter(member.license for member in same) for text, same in texts.items()}
        self.standing = standing
        self.known: dict[bytes | None, tuple[str, ...]] = {}

    def findings(self, license: str, same_text: bytes | None) -> list[str]:
        """What is to be said of a document under this license: nobody is made stricter by it."""
        near = [other for other in self._near(license, same_text) if other != license]
        shown = [*near[:SHOWN], *(["and more"] if len(near) > SHOWN else [])]
        said = [f"near copies stand under other licenses: {', '.join(shown)}"] if near else []
        if self.standing and self.standing.license != license:
            said.append(f"the copy of an earlier layer keeps its license: {self.standing.license}")
        return said

    def _near(self, license: str, same_text: bytes | None) -> tuple[str, ...]:
        """The first licenses of members with another text, two more than are shown."""
        if same_text is None:
            return tuple(islice((other for other in self.sorted if other != license), SHOWN + 2))
        if same_text not in self.known:
            own = self.of_text[same_text]
            found = (other for other in self.sorted if self.all[other] > own[other])
            self.known[same_text] = tuple(islice(found, SHOWN + 2))
        return self.known[same_text]


@dataclass(frozen=True)
class Choice:
    """What a family decided: its survivor, and for each text that stands more than once the effective license."""

    survivor: Survivor | None
    licenses: Mapping[bytes, Effective]
    others: Others  # whose licenses are to be told, and bind nobody
    variants: Sequence[Survivor] = ()  # that survive beside it

    def is_variant(self, doc_id: bytes, source: str) -> bool:
        return any((item.doc_id, item.source) == (doc_id, source) for item in self.variants)

    def stands_for(self, doc_id: bytes, same_text: bytes | None, edges: Edges) -> Survivor | None:
        """Whose copy a document is: the variant that has its words, or else the survivor."""
        return next((item for item in self.variants if is_twin(item, doc_id, same_text, edges)), self.survivor)


def choose(
    members: Sequence[Member],
    prefer: Sequence[str],
    sources: Sequence[str],
    standing: Survivor | None = None,
    *,
    keeps_variants: bool = False,
) -> Choice:
    """Who stands already, or the first of the kept members in the declared order; doc_id settles what that leaves
    open. Beside the latter its variants, as far as they have words of their own."""
    kept = sorted((member for member in members if member.keep), key=lambda member: _preference(member, prefer))
    chosen = _survivor(kept[0], sources) if kept else None
    variants = _variants(kept, sources) if keeps_variants and not standing else []
    texts: dict[bytes, list[Member]] = {}
    for member in members:
        if member.same_text is not None:
            texts.setdefault(member.same_text, []).append(member)
    licenses = {text: effective([(m.license, m.license_kind) for m in same]) for text, same in texts.items()}
    others = Others(members, texts, standing)
    return Choice(standing or chosen, licenses, others, variants)


def is_twin(survivor: Survivor, doc_id: bytes, same_text: bytes | None, edges: Edges) -> bool:
    """Whether a document has the same words as a survivor."""
    if doc_id == survivor.doc_id or (same_text is not None and same_text == survivor.same_text):
        return True
    return any(edge[0] in TWINS for edge in (edges.get(survivor.doc_id), survivor.edges.get(doc_id)) if edge)


def _variants(kept: Sequence[Member], sources: Sequence[str]) -> list[Survivor]:
    """Who survives beside the first of the kept members."""
    found = [_survivor(member, sources) for member in kept[:1]]
    for member in kept[1:]:
        is_new = not any(is_twin(item, member.doc_id, member.same_text, member.edges) for item in found)
        if is_new and member.root == kept[0].root:
            found.append(_survivor(member, sources))
    return found[1:]


def _survivor(member: Member, sources: Sequence[str]) -> Survivor:
    return Survivor(member.doc_id, sources[member.source], member.license, member.same_text, member.edges)


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
