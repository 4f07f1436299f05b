"""Decisions: the members of a family meet in one bucket, and what is decided of each goes back to its shard.

Families are spread over buckets by the leading bits of their ids, so a bucket chooses for whole families; into how many
they are spread, and how shards lie in batches, does not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.choices import VARIANT, Choice, Member, Survivor, choose, edges_of, link
from dagster_project.corpus.deduplication.keys import first_of_each, ids_of
from dagster_project.corpus.deduplication.memberships import EDGES
from dagster_project.corpus.deduplication.statuses import is_survivor
from dagster_project.corpus.engine.tables import Part, zipped
from dagster_project.corpus.licenses.rules import EXACT_COPIES
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.exchange import Address, Piece, Range, read_rows
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.takedowns.entries import SCOPES
from dagster_project.corpus.takedowns.gone import Withdrawn

SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field(
            "status", pa.string(), nullable=False
        ),  # survivor, suppressed (a copy of one), rejected (by its policy), or withdrawn (by the takedown register)
        pa.field("survivor", ID),  # itself, the document that it is a copy of, or null when rejected
        # of the copy: exact, normalized, near or url; `linked` where others link them; `variant` of one that survives;
        # of what is withdrawn, whether it was meant itself (document), a copy of it (near), or of its family (family)
        pa.field("kind", pa.string()),
        pa.field("similarity", pa.float64()),  # null where only a URL or others link it to its survivor
        pa.field("survivor_source", pa.string()),
        pa.field("survivor_license", pa.string()),  # as concluded of that document alone
        pa.field("family", ID),
        pa.field("family_size", pa.int64(), nullable=False),
        pa.field("license", pa.string(), nullable=False),  # effective
        pa.field("license_class", pa.string(), nullable=False),
        pa.field("license_rule", pa.string(), nullable=False),  # that of its conclusion, or of its exact copies
        pa.field("license_findings", pa.list_(pa.string()), nullable=False),
    ]
)
PARENTS = "parents"
DATES = ("published_at", "collected_at")  # the first that is known
PLACE = [("batch", pa.int32()), ("shard", pa.int32()), ("row", pa.int32())]
READ = {
    "doc_id": ID,
    "family": ID,
    "family_size": pa.int64(),
    "same_text": ID,
    "edges": pa.list_(EDGES),
    "keep": pa.bool_(),
    "license": pa.string(),
    "license_class": pa.string(),
    "license_kind": pa.string(),
    "license_rule": pa.string(),
    "license_findings": pa.list_(pa.string()),
    "characters": pa.int64(),
}
MEMBER = pa.schema(
    [*PLACE, ("source", pa.int32()), *READ.items(), ("date", pa.int64()), ("scope", pa.int8()), ("parent", ID)]
)
STANDING = pa.schema(
    [
        ("family", ID),
        ("doc_id", ID),
        ("source", pa.string()),
        ("license", pa.string()),
        ("same_text", ID),
    ]
)
DECIDED = pa.schema([*PLACE, *SCHEMA])
AT_ONCE = 1 << 15  # members chosen among at once, or one family


class Shard(NamedTuple):
    """One documents shard: its number in the corpus, the number of its source, and what covers it."""

    number: int
    source: int
    documents: File
    parts: tuple[Part, ...]
    withdrawn: Withdrawn | None = None  # what the takedown register means by itself


class Standing(NamedTuple):
    """One shard of an earlier layer: its source, the families of its documents and what was decided of them."""

    source: str
    families: File
    deduplicated: File


@dataclass(frozen=True)
class MembersTask:
    """Some shards whose members are to be sent to their families."""

    address: Address
    batch: int
    shards: tuple[Shard, ...]
    buckets: int


@dataclass(frozen=True)
class StandingTask:
    """Some shards of earlier layers, and the file of the families that have grown."""

    address: Address
    batch: int
    shards: tuple[Standing, ...]
    grown: File
    buckets: int


@dataclass(frozen=True)
class DecideTask:
    """What one bucket has received; `batches` is the number of those that wait for it."""

    address: Address
    bucket: int
    members: tuple[Range, ...]
    standing: tuple[Range, ...]
    prefer: tuple[str, ...]
    sources: tuple[str, ...]
    batches: int
    keeps_variants: bool


def send_members(task: MembersTask) -> Piece:
    """The documents of some shards that have copies, by the buckets of their families."""
    table = pa.concat_tables([_members(task, shard) for shard in task.shards])
    return to_families(task.address, f"members-{task.batch:06d}", table, task.buckets)


def send_standing(task: StandingTask) -> Piece:
    """The survivors of earlier layers in families that have grown; a document without copies was a family of its
    own."""
    grown = read_shard(task.address.store, task.grown, ["family"]).column("family")
    table = pa.concat_tables([_standing(task, shard, grown) for shard in task.shards])
    return to_families(task.address, f"standing-{task.batch:06d}", table, task.buckets)


def to_families(address: Address, name: str, table: pa.Table, buckets: int) -> Piece:
    """Rows by the buckets of their families."""
    return address.send_rows(name, table, buckets_of(table.column("family"), buckets), buckets)


def buckets_of(families: pa.ChunkedArray, buckets: int) -> NDArray[np.int64]:
    """The bucket of each family, by the leading bits of its id."""
    leading, _ = ids_of(families)
    return ((leading >> np.uint64(32)) * np.uint64(buckets) >> np.uint64(32)).astype(np.int64)


def decide(task: DecideTask) -> Piece:
    """What becomes of every member in one bucket, by the batches of their shards."""
    store = task.address.store
    members = pa.concat_tables([MEMBER.empty_table(), *read_rows(store, task.members)])
    standing = standing_of(read_rows(store, task.standing))
    decided = [_decided(part, standing, task) for part in _whole_families(members)]
    table = pa.concat_tables([DECIDED.empty_table(), *decided])
    return task.address.send_rows(f"decisions-{task.bucket:06d}", table, table.column("batch").to_numpy(), task.batches)


def standing_of(tables: Sequence[pa.Table]) -> dict[bytes, Survivor]:
    """Who stands for families in earlier layers; of several the latest."""
    rows = (row for table in tables for row in table.to_pylist())
    return {row["family"]: Survivor(row["doc_id"], row["source"], row["license"], row["same_text"]) for row in rows}


def _members(task: MembersTask, shard: Shard) -> pa.Table:
    read = zipped(task.address.store, shard.parts)
    rows = np.flatnonzero(read.column("family").is_valid().to_numpy())
    read = read.take(pa.array(rows))
    dates = pc.coalesce(*(read.column(name) for name in DATES)).cast(pa.int64())
    place = [np.full(len(rows), number) for number in (task.batch, shard.number)]
    scopes = scopes_of(shard.withdrawn, shard.documents.rows)[rows]
    columns = [*place, rows, np.full(len(rows), shard.source), *(read.column(name) for name in READ), dates, scopes]
    columns.append(_parents(read))
    return pa.table(columns, names=MEMBER.names).cast(MEMBER)


def _parents(read: pa.Table) -> pa.Array:
    """The first parent of each document; null for natural text, and where no source is derived."""
    if PARENTS not in read.column_names:
        return pa.nulls(len(read), ID)
    said = read.column(PARENTS).combine_chunks()
    starts = np.where(pc.list_value_length(said).to_numpy() > 0, said.offsets.to_numpy()[:-1], -1)
    return said.values.field("doc_id").take(pa.array(starts, mask=starts < 0))


def scopes_of(withdrawn: Withdrawn | None, rows: int) -> NDArray[np.int8]:
    """Of every row of a shard its place in SCOPES, or -1 where it is not withdrawn."""
    scopes = np.full(rows, -1, np.int8)
    if withdrawn is not None:
        scopes[withdrawn.rows] = withdrawn.scopes
    return scopes


def _standing(task: StandingTask, shard: Standing, grown: pa.ChunkedArray) -> pa.Table:
    parts = (Part(shard.families, ("family", "same_text")), Part(shard.deduplicated, ("status", "license", "kind")))
    read = zipped(task.address.store, parts)
    read = read.filter(pc.and_(is_survivor(read), pc.is_null(read.column("kind"))))  # a variant leads no family
    ids, source = read.column("doc_id"), pa.array([shard.source] * read.num_rows, pa.string())
    families, texts = (pc.coalesce(read.column(name), ids) for name in ("family", "same_text"))
    columns = [families, ids, source, read.column("license"), texts]
    table = pa.table(columns, names=STANDING.names).cast(STANDING)
    return table.filter(pc.is_in(families, grown))


def _whole_families(members: pa.Table) -> Iterator[pa.Table]:
    """Members by their families and then as they came, about AT_ONCE at a time."""
    high, low = ids_of(members.column("family"))
    order = np.lexsort((low, high))
    begins = np.flatnonzero(first_of_each(high[order], low[order]))
    bounds = begins[np.diff(begins // AT_ONCE, prepend=-1) > 0]
    for start, end in pairwise([*bounds, len(order)]):
        yield members.take(pa.array(order[start:end]))


def _decided(members: pa.Table, standing: Mapping[bytes, Survivor], task: DecideTask) -> pa.Table:
    found = []
    for family, group in groupby(members.to_pylist(), key=itemgetter("family")):
        rows = list(group)
        choice = choose(
            [member_of(row) for row in rows],
            task.prefer,
            task.sources,
            standing.get(family),
            keeps_variants=task.keeps_variants,
        )
        found += [decision_of(row, task.sources[row["source"]], choice) for row in rows]
    return pa.Table.from_pylist(found, DECIDED)


def member_of(row: Mapping[str, Any]) -> Member:
    names = ("doc_id", "source", "license", "license_kind", "characters", "date", "same_text", "parent")
    keep = row["keep"] and row["scope"] < 0
    return Member(**{name: row[name] for name in names}, keep=keep, edges=edges_of(row["edges"]))


def decision_of(row: Mapping[str, Any], source: str, choice: Choice) -> dict[str, Any]:
    """A row of DECIDED. A document that stands in several snapshots survives in one of them."""
    found = {**dict.fromkeys(DECIDED.names), **{name: row[name] for name in row if name in DECIDED.names}}
    found |= _license(row, choice)
    edges = edges_of(row["edges"])
    survivor = choice.stands_for(row["doc_id"], row["same_text"], edges)
    if not row["keep"]:
        return found | {"status": "rejected"}
    if row["scope"] >= 0:
        return found | {"status": "withdrawn", "kind": SCOPES[row["scope"]]}
    assert survivor is not None
    if (survivor.doc_id, survivor.source) == (row["doc_id"], source):
        kind = VARIANT if choice.is_variant(row["doc_id"], source) else None
        return found | {"status": "survivor", "survivor": row["doc_id"], "kind": kind}
    kind, similarity = link(row["same_text"], edges, survivor)
    return found | {
        "status": "suppressed",
        "survivor": survivor.doc_id,
        "kind": kind,
        "similarity": similarity,
        "survivor_source": survivor.source,
        "survivor_license": survivor.license,
    }


def _license(row: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
    """The effective one, where others have the same text, the rule by which it came, and what is to be said of it."""
    license, rule = row["license"], row["license_rule"]
    findings = [*row["license_findings"], *choice.others.findings(license, row["same_text"])]
    if binding := choice.licenses.get(row["same_text"]):
        findings += binding.findings
        license, rule = binding.expression, rule if binding.expression == license else EXACT_COPIES
    return {
        "license": license,
        "license_class": class_of(license) if binding else row["license_class"],
        "license_rule": rule,
        "license_findings": sorted(set(findings)),
    }
