"""Who stays: of every family one survivor among the kept documents, by a declared order and never by chance.

Every other kept document is suppressed and names its survivor. The effective license of a document is united over
its exact copies; near copies and unknowns are flagged and never poison it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.tables import Column, align, zipped
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.licenses.obligations import Effective, effective
from dagster_project.corpus.licenses.table import class_of, strictness
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import write_shard

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field(
            "status", pa.string(), nullable=False
        ),  # survivor, suppressed (a copy of one), or rejected (by its policy)
        pa.field("survivor", ID),  # itself, the document that it is a copy of, or null when rejected
        pa.field("kind", pa.string()),  # of the copy: exact, or near
        pa.field("similarity", pa.float64()),  # 1 for exact; null where only others link it to its survivor
        pa.field("family", ID),
        pa.field("family_size", pa.int64(), nullable=False),
        pa.field("license", pa.string(), nullable=False),  # effective
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("license_findings", pa.list_(pa.string()), nullable=False),
    ]
)
FAMILY_COLUMNS = ("family", "family_size", "same_text", "edges")
READ = ("keep", "license", "license_kind", "characters")  # besides license_class and license_findings


@dataclass(frozen=True)
class Member:
    """One document of a family, with all that the choice depends on."""

    doc_id: bytes
    source: int  # position in the corpus recipe
    keep: bool
    license: str
    license_kind: str | None
    characters: int
    same_text: bytes | None
    edges: Mapping[bytes, float]


@dataclass(frozen=True)
class Choice:
    """What a family decided: its survivor, and for each text that stands more than once the effective license."""

    survivor: Member | None
    licenses: Mapping[bytes, Effective]
    contrary: bool  # whether its members are under different licenses


def choose_survivors(
    work: Work, documents: Sequence[tuple[str, File]], columns: Sequence[Column], prefer: Sequence[str]
) -> Manifest:
    """One row for every document of the corpus. `documents` names the source of each shard, in the recipe's order."""
    shards = align([file for _, file in documents], columns)
    position = {source: number for number, source in enumerate(dict.fromkeys(source for source, _ in documents))}
    families: dict[bytes, list[Member]] = {}
    for (source, _), (_, parts) in zip(documents, shards, strict=True):
        for family, member in _members(zipped(work.store, parts), position[source]):
            families.setdefault(family, []).append(member)
    choices = {family: choose(members, prefer) for family, members in families.items()}
    return assemble(work, _write(work, documents, shards, choices))


def choose(members: Sequence[Member], prefer: Sequence[str]) -> Choice:
    """The first of the kept members in the declared order; doc_id settles what the order leaves open."""
    kept = [member for member in members if member.keep]
    survivor = min(kept, key=lambda member: _preference(member, prefer), default=None)
    texts: dict[bytes, list[Member]] = {}
    for member in members:
        if member.same_text is not None:
            texts.setdefault(member.same_text, []).append(member)
    licenses = {
        text: effective(sorted({(m.license, m.license_kind) for m in same}, key=str)) for text, same in texts.items()
    }
    return Choice(survivor, licenses, len({member.license for member in members}) > 1)


def _preference(member: Member, prefer: Sequence[str]) -> tuple[Any, ...]:
    values = {
        "license": strictness(class_of(member.license)),
        "source": member.source,
        "longest": -member.characters,
    }
    return (*[values[name] for name in prefer], member.doc_id)


def _members(table: pa.Table, source: int) -> Iterator[tuple[bytes, Member]]:
    copies = table.filter(pc.is_valid(table.column("family")))
    for row in copies.select(["doc_id", "family", "same_text", "edges", *READ]).to_pylist():
        yield (
            row["family"],
            Member(
                doc_id=row["doc_id"],
                source=source,
                keep=row["keep"],
                license=row["license"],
                license_kind=row["license_kind"],
                characters=row["characters"],
                same_text=row["same_text"],
                edges={edge["doc_id"]: edge["similarity"] for edge in row["edges"]},
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
        table = statuses(read, choices)
        written = write_shard(work.store, table, access=work.access, documents=file.sha256)
        yield ShardResult(written, profile(table, source), entries(table).tobytes())
        work.progress(number, len(documents))


def statuses(read: pa.Table, choices: Mapping[bytes, Choice]) -> pa.Table:
    """The verdicts of a shard: whole columns for documents that stand alone, row by row for members of families."""
    keep, ids = read.column("keep"), read.column("doc_id")
    rows: dict[str, list[Any]] = {
        "doc_id": ids.to_pylist(),
        "status": pc.if_else(keep, "survivor", "rejected").to_pylist(),
        "survivor": pc.if_else(keep, ids, pa.scalar(None, ID)).to_pylist(),
        "kind": [None] * read.num_rows,
        "similarity": [None] * read.num_rows,
        "family": read.column("family").to_pylist(),
        "family_size": read.column("family_size").to_pylist(),
        "license": read.column("license").to_pylist(),
        "license_class": read.column("license_class").to_pylist(),
        "license_findings": read.column("license_findings").to_pylist(),
    }
    same_text, edges = read.column("same_text"), read.column("edges")
    for row in np.flatnonzero(read.column("family").is_valid().to_numpy()).tolist():
        _settle(rows, row, choices[rows["family"][row]], same_text[row].as_py(), edges[row].as_py())
    return pa.table([pa.array(rows[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def _settle(
    rows: dict[str, list[Any]], row: int, choice: Choice, same_text: bytes | None, edges: Sequence[Mapping[str, Any]]
) -> None:
    findings = list(rows["license_findings"][row])
    if same_text is not None and same_text in choice.licenses:
        license = choice.licenses[same_text]
        rows["license"][row], rows["license_class"][row] = license.expression, class_of(license.expression)
        findings += license.findings
    elif choice.contrary:
        findings.append("near copies stand under other licenses")
    rows["license_findings"][row] = sorted(set(findings))
    survivor = choice.survivor
    if rows["status"][row] == "rejected" or survivor is None or survivor.doc_id == rows["doc_id"][row]:
        return
    exact = same_text is not None and same_text == survivor.same_text
    linked = {edge["doc_id"]: edge["similarity"] for edge in edges}
    similarity = linked.get(survivor.doc_id, survivor.edges.get(rows["doc_id"][row]))
    rows["status"][row], rows["survivor"][row] = "suppressed", survivor.doc_id
    rows["kind"][row] = "exact" if exact else "near"
    rows["similarity"][row] = 1.0 if exact else similarity


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
