"""Who stays: of every family one survivor among the kept documents, by a declared order and never by chance.

Every other kept document is suppressed and names its survivor. The effective license of a document is united over
its exact copies; near copies and unknowns are flagged and never poison it. Where the corpus stands on another one, the
survivors of that one stay: whoever joins the family of one is suppressed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.tables import Column, Part, align, zipped
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.licenses.obligations import Effective, effective
from dagster_project.corpus.licenses.table import class_of, strictness
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "2"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field(
            "status", pa.string(), nullable=False
        ),  # survivor, suppressed (a copy of one), or rejected (by its policy)
        pa.field("survivor", ID),  # itself, the document that it is a copy of, or null when rejected
        pa.field("kind", pa.string()),  # of the copy: exact, normalized, near or url; `linked` where others link them
        pa.field("similarity", pa.float64()),  # null where only a URL or others link it to its survivor
        pa.field("survivor_source", pa.string()),
        pa.field("survivor_license", pa.string()),  # as concluded of that document alone
        pa.field("family", ID),
        pa.field("family_size", pa.int64(), nullable=False),
        pa.field("license", pa.string(), nullable=False),  # effective
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("license_findings", pa.list_(pa.string()), nullable=False),
    ]
)
DATES = ("published_at", "collected_at")  # the first that is known
LINKED = "linked"  # by others, each a copy of the next
FAMILY_COLUMNS = ("family", "family_size", "same_text", "edges")
READ = ("keep", "license", "license_kind", "characters", *DATES)  # besides license_class and license_findings


Edge = tuple[str, float | None]  # kind, similarity
Edges = Mapping[bytes, Edge]  # by the other document
TWINS = ("exact", "normalized")


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


def choose_survivors(
    work: Work,
    documents: Sequence[tuple[str, File]],
    columns: Sequence[Column],
    prefer: Sequence[str],
    standing: Mapping[bytes, Survivor],
) -> Manifest:
    """One row for every document of the corpus. `documents` names the source of each shard, in the recipe's order;
    `standing` are the survivors of earlier layers, by the families that this one adds to."""
    shards = align([file for _, file in documents], columns)
    sources = list(dict.fromkeys(source for source, _ in documents))
    families: dict[bytes, list[Member]] = {}
    for (source, _), (_, parts) in zip(documents, shards, strict=True):
        for family, member in _members(zipped(work.store, parts), sources.index(source)):
            families.setdefault(family, []).append(member)
    choices = {family: choose(members, prefer, sources, standing.get(family)) for family, members in families.items()}
    manifest = assemble(work, _write(work, documents, shards, choices))
    return replace(manifest, facts={**manifest.facts, "sources": [source for source, _ in documents]})


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


def standing_survivors(
    store: Store, families: Sequence[Manifest], deduplicated: Sequence[Manifest], grown: File
) -> dict[bytes, Survivor]:
    """The survivors of earlier layers in the families that a later one has added to; each layer's two tables lie side
    by side."""
    wanted = set(read_shard(store, grown).column("family").to_pylist())
    if not wanted:
        return {}
    found: dict[bytes, Survivor] = {}
    for one, other in zip(families, deduplicated, strict=True):
        for source, left, right in zip(other.facts["sources"], one.files, other.files, strict=True):
            parts = (Part(left, ("family", "same_text")), Part(right, ("status", "license")))
            table = zipped(store, parts)
            for row in table.filter(pc.equal(table.column("status"), "survivor")).to_pylist():
                family = row["family"] or row["doc_id"]
                if family in wanted:
                    found[family] = Survivor(row["doc_id"], source, row["license"], row["same_text"] or row["doc_id"])
    return found


def _preference(member: Member, prefer: Sequence[str]) -> tuple[Any, ...]:
    values = {
        "license": strictness(class_of(member.license)),
        "source": member.source,
        "longest": -member.characters,
        "newest": (member.date is None, -(member.date or 0)),
        "oldest": (member.date is None, member.date or 0),
    }
    return (*[values[name] for name in prefer], member.doc_id)


def _members(table: pa.Table, source: int) -> Iterator[tuple[bytes, Member]]:
    copies = table.filter(pc.is_valid(table.column("family")))
    for row in copies.select(["doc_id", "family", "same_text", "edges", *READ]).to_pylist():
        dates = (row[name] for name in DATES)
        yield (
            row["family"],
            Member(
                doc_id=row["doc_id"],
                source=source,
                keep=row["keep"],
                license=row["license"],
                license_kind=row["license_kind"],
                characters=row["characters"],
                date=next((int(date.timestamp()) for date in dates if date is not None), None),
                same_text=row["same_text"],
                edges=edges_of(row["edges"]),
            ),
        )


def _write(
    work: Work,
    documents: Sequence[tuple[str, File]],
    shards: Sequence[tuple[File, Any]],
    choices: Mapping[bytes, Choice],
) -> Iterator[ShardResult]:
    for number, ((source, file), (_, parts)) in enumerate(zip(documents, shards, strict=True), 1):
        read = zipped(work.store, parts)
        table = statuses(read, source, choices)
        written = write_shard(work.store, table, access=work.access, documents=file.sha256)
        yield ShardResult(written, profile(table, source), entries(table).tobytes())
        work.progress(number, len(documents))


def statuses(read: pa.Table, source: str, choices: Mapping[bytes, Choice]) -> pa.Table:
    """The verdicts of a shard: whole columns for documents that stand alone, row by row for members of families. A
    document that stands in several snapshots survives in one of them."""
    keep, ids = read.column("keep"), read.column("doc_id")
    rows: dict[str, list[Any]] = {
        "doc_id": ids.to_pylist(),
        "status": pc.if_else(keep, "survivor", "rejected").to_pylist(),
        "survivor": pc.if_else(keep, ids, pa.scalar(None, ID)).to_pylist(),
        "kind": [None] * read.num_rows,
        "similarity": [None] * read.num_rows,
        "survivor_source": [None] * read.num_rows,
        "survivor_license": [None] * read.num_rows,
        "family": read.column("family").to_pylist(),
        "family_size": read.column("family_size").to_pylist(),
        "license": read.column("license").to_pylist(),
        "license_class": read.column("license_class").to_pylist(),
        "license_findings": read.column("license_findings").to_pylist(),
    }
    same_text, edges = read.column("same_text"), read.column("edges")
    for row in np.flatnonzero(read.column("family").is_valid().to_numpy()).tolist():
        _settle(rows, (row, source), choices[rows["family"][row]], same_text[row].as_py(), edges[row].as_py())
    return pa.table([pa.array(rows[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def _settle(
    rows: dict[str, list[Any]],
    place: tuple[int, str],
    choice: Choice,
    same_text: bytes | None,
    edges: Sequence[Mapping[str, Any]],
) -> None:
    row, source = place
    findings = list(rows["license_findings"][row])
    if same_text is not None and same_text in choice.licenses:
        license = choice.licenses[same_text]
        rows["license"][row], rows["license_class"][row] = license.expression, class_of(license.expression)
        findings += license.findings
    if choice.contrary and (same_text not in choice.licenses or choice.stands):
        findings.append("copies stand under other licenses")
    rows["license_findings"][row] = sorted(set(findings))
    survivor = choice.survivor
    if rows["status"][row] == "rejected" or survivor is None:
        return
    if (survivor.doc_id, survivor.source) == (rows["doc_id"][row], source):
        return
    rows["status"][row], rows["survivor"][row] = "suppressed", survivor.doc_id
    rows["kind"][row], rows["similarity"][row] = link(same_text, edges_of(edges), survivor)
    rows["survivor_source"][row], rows["survivor_license"][row] = survivor.source, survivor.license


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


def profile(table: pa.Table, source: str) -> dict[str, Any]:
    """Documents, words of each status, copies by kind, and licenses of the survivors."""
    status = table.column("status").to_pylist()
    licenses = table.filter(pc.equal(table.column("status"), "survivor"))
    return {
        "status": dict(sorted(Counter(status).items())),
        "by_source": {source: dict(sorted(Counter(status).items()))},
        "copies": dict(sorted(Counter(filter(None, table.column("kind").to_pylist())).items())),
        "licenses": dict(sorted(Counter(licenses.column("license").to_pylist()).items())),
        "license_classes": dict(sorted(Counter(licenses.column("license_class").to_pylist()).items())),
        "with_findings": int((pc.list_value_length(licenses.column("license_findings")).to_numpy() > 0).sum()),
    }
