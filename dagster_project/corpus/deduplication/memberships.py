"""The rows of families: what every document of the last layer is a copy of, shard by shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.clusters import Clusters
from dagster_project.corpus.deduplication.keys import KINDS, Rows, id_bytes, ids_of
from dagster_project.corpus.deduplication.layers import GROWN, Ids, Lookup, unique_ids
from dagster_project.corpus.engine.work import ShardResult, Work
from dagster_project.corpus.kernels.components import NONE
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.rows import column_of, entries
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

EDGES = pa.struct([pa.field("doc_id", ID, nullable=False), ("kind", pa.string()), ("similarity", pa.float64())])
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("family", ID),  # the member with most copies when it arose; null for a document without copies
        pa.field("family_size", pa.int64(), nullable=False),
        pa.field("same_text", ID),  # one doc_id for all with exactly this text; null when there is no other
        pa.field("edges", pa.list_(EDGES), nullable=False),  # the copies that it was found to match; url has no measure
    ]
)
MEMBER = np.dtype(
    [
        ("key", "<u8"),
        ("shard", "<u4"),
        ("row", "<u4"),
        ("family", "V16"),
        ("size", "<i8"),  # 1: of no family
        ("same_text", "V16"),
        ("has_twin", "u1"),
    ]
)
LINK = np.dtype(
    [("key", "<u8"), ("shard", "<u4"), ("row", "<u4"), ("other", "V16"), ("kind", "u1"), ("similarity", "<f8")]
)
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Families:
    """By node: the family it belongs to, and how many documents that has."""

    ids: Ids
    sizes: NDArray[np.int64]


@dataclass(frozen=True)
class MembershipTask:
    """One shard with the documents in it that have copies, and their edges, as bytes."""

    store: Store
    access: str
    prints: File
    members: bytes
    links: bytes


def families_of(found: Clusters, lookup: Lookup, new: int) -> Families:
    """Of a family that an earlier layer has, its id, and its size with what the last layer adds."""
    is_new = found.nodes["shard"] >= new
    sizes = np.bincount(found.family, minlength=len(found.nodes))[found.family]
    ids = id_bytes(found.nodes["high"], found.nodes["low"])[found.leader[found.family]]
    old = found.color != NONE
    added = np.bincount(found.color[old & is_new], minlength=len(lookup.ids))
    if old.any():
        ids[old], sizes[old] = lookup.ids[found.color[old]], (lookup.sizes + added)[found.color[old]]
    return Families(ids, sizes)


def memberships(
    work: Work, files: Sequence[File], new: int, found: Clusters, families: Families
) -> Iterator[MembershipTask]:
    """A task for every shard of the last layer."""
    with Spool(MEMBER) as members, Spool(LINK) as links:
        for start in range(0, len(found.nodes), AT_ONCE):
            members.append(_members(found, families, slice(start, start + AT_ONCE), new, len(files)))
        for start in range(0, len(found.ends), AT_ONCE):
            for side in (0, 1):
                links.append(_links(found, slice(start, start + AT_ONCE), side, new, len(files)))
        member_parts, link_parts = ByShard(members), ByShard(links)
        for number in range(new, len(files)):
            yield MembershipTask(
                work.store,
                work.access,
                files[number],
                member_parts.take(number),
                link_parts.take(number),
            )


def write_memberships(task: MembershipTask) -> ShardResult:
    """The rows of one shard."""
    ids = read_shard(task.store, task.prints, ["doc_id"]).column("doc_id")
    members, links = np.frombuffer(task.members, MEMBER), np.frombuffer(task.links, LINK)
    table = table_of(ids, members, links)
    file = write_shard(task.store, table, access=task.access, documents=task.prints.documents)
    return ShardResult(file, _profile(members, links), entries(table).tobytes())


def table_of(ids: pa.ChunkedArray, members: Rows, links: Rows) -> pa.Table:
    rows = members["row"].astype(np.int64)
    in_family, twins = members["size"] > 1, members["has_twin"] > 0
    sizes = np.ones(len(ids), np.int64)
    sizes[rows] = members["size"]
    columns = [
        ids,
        _placed(len(ids), rows[in_family], members["family"][in_family]),
        pa.array(sizes),
        _placed(len(ids), rows[twins], members["same_text"][twins]),
        _lists(len(ids), links),
    ]
    return pa.table(columns, schema=SCHEMA)


def _placed(count: int, rows: NDArray[np.int64], ids: Ids) -> pa.Array:
    """Ids at their rows, and null at all others."""
    there, values = np.zeros(count, np.bool_), np.zeros(count, "V16")
    there[rows], values[rows] = True, ids
    validity = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.FixedSizeBinaryArray.from_buffers(ID, count, [validity, pa.py_buffer(values)])


def _lists(count: int, links: Rows) -> pa.Array:
    """Edges by row: the surest first, and of these by id."""
    high, low = ids_of(column_of(links["other"]))
    links = links[np.lexsort((low, high, links["kind"], links["row"]))]
    offsets = np.searchsorted(links["row"], np.arange(count + 1)).astype(np.int32)
    kinds = pa.array(KINDS).take(pa.array(links["kind"]))
    similarity = pa.array(links["similarity"], mask=links["similarity"] < 0)
    structs = pa.StructArray.from_arrays([column_of(links["other"]), kinds, similarity], fields=list(EDGES))
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _profile(members: Rows, links: Rows) -> Mapping[str, Any]:
    """Edges are counted at either end."""
    kinds = np.bincount(links["kind"], minlength=len(KINDS)).tolist()
    return {"in_families": int((members["size"] > 1).sum()), "edges": dict(zip(KINDS, kinds, strict=True))}


def _members(found: Clusters, families: Families, part: slice, new: int, shards: int) -> Rows:
    nodes = found.nodes[part]
    records = np.empty(len(nodes), MEMBER)
    records["shard"], records["row"], records["size"] = nodes["shard"], nodes["row"], families.sizes[part]
    records["family"] = families.ids[part]
    twin = found.nodes[found.same_text[part]]
    records["same_text"] = id_bytes(twin["high"], twin["low"])
    records["has_twin"] = found.has_twin[part]
    return _keyed(records[nodes["shard"] >= new], shards)


def _links(found: Clusters, part: slice, side: int, new: int, shards: int) -> Rows:
    holder, other = found.nodes[found.ends[part, side]], found.nodes[found.ends[part, 1 - side]]
    records = np.empty(len(holder), LINK)
    records["shard"], records["row"] = holder["shard"], holder["row"]
    records["other"] = id_bytes(other["high"], other["low"])
    records["kind"], records["similarity"] = found.kinds[part], found.similarity[part]
    return _keyed(records[holder["shard"] >= new], shards)


def _keyed(records: Rows, shards: int) -> Rows:
    """With keys in the order of shards and rows, spread over all numbers, as a spool wants them."""
    step = (1 << 64) // (shards + 1)
    records["key"] = records["shard"].astype(np.uint64) * np.uint64(step) + records["row"]
    return records


class ByShard:
    """Sorted records, shard by shard, which are asked for in order."""

    def __init__(self, spool: Spool):
        self._chunks = spool.sorted()
        self._held = np.empty(0, spool.dtype)

    def take(self, shard: int) -> bytes:
        found = []
        while True:
            end = int(np.searchsorted(self._held["shard"], shard, side="right"))
            found.append(self._held[:end].tobytes())
            self._held = self._held[end:]
            if len(self._held) or (chunk := next(self._chunks, None)) is None:
                return b"".join(found)
            self._held = chunk


def grown(work: Work, found: Clusters, families: Families, new: int) -> dict[str, Any]:
    """The file of the families of earlier layers that have new members, with their sizes now."""
    chosen = (found.color != NONE) & (found.nodes["shard"] >= new)
    ids, first, _ = unique_ids(families.ids[chosen])
    table = pa.table([column_of(ids), pa.array(families.sizes[chosen][first])], schema=GROWN)
    return asdict(write_shard(work.store, table, access=work.access))
