"""From documents to all that was derived from them below a mix: children, their children, and where these stand.

A few documents are looked up in the index of each derived snapshot; many are sorted together with the claims of its
documents, on disk beyond a memory limit, so that a whole source may be asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.lineage.index import find
from dagster_project.corpus.lineage.rows import Ancestry, row_at
from dagster_project.corpus.lineage.walk import parents_of
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

LOOKED_UP_SINGLY = 64  # documents; above this a column is read instead
BATCH_ROWS = 1 << 16
MEMORY_BYTES = 64 << 20
IDS = np.dtype([("key", "<u8"), ("low", "<u8")])  # the two halves of a doc_id
CLAIM = np.dtype([*IDS.descr, ("side", "u1"), ("child_key", "<u8"), ("child_low", "<u8")])
PLACE = np.dtype([*IDS.descr, ("side", "u1"), ("index", "<i8")])


def derived_from(store: Store, mixed: Manifest, origins: Iterable[bytes]) -> NDArray[np.int64]:
    """Positions in a mix of documents that were made from some others, at any remove; sorted."""
    snapshots = derived_snapshots(store, mixed)
    if not snapshots:
        return np.empty(0, np.int64)
    with Spool(IDS, MEMORY_BYTES) as reached, Spool(IDS, MEMORY_BYTES) as found:
        for batch in _batched(origins):
            reached.append(batch)
        for snapshot in snapshots:
            for batch in _children(store, snapshot, reached):
                reached.append(batch)
                found.append(batch)
        return _positions(store, mixed, found)


def derived_snapshots(store: Store, mixed: Manifest) -> list[Manifest]:
    """Those below a mix whose documents have parents, parents before their children."""
    below = {manifest.id: manifest for _, manifest in Ancestry(store, mixed).of_stage("snapshots")}
    order: dict[str, Manifest] = {}

    def visit(snapshot: Manifest) -> None:
        above = parents_of(store, snapshot)
        for parent in above.values():
            visit(parent)
        if above:
            order.setdefault(snapshot.id, snapshot)

    for snapshot in below.values():
        visit(snapshot)
    return list(order.values())


def _children(store: Store, snapshot: Manifest, reached: Spool) -> Iterator[NDArray[np.void]]:
    """Documents of a snapshot that name one of those reached as a parent; these are read before the first is given."""
    if reached.rows <= LOOKED_UP_SINGLY:
        few = np.unique(np.concatenate([np.empty(0, IDS), *reached.chunks()]))
        yield from _batched(_looked_up(store, snapshot, few))
        return
    with Spool(CLAIM, MEMORY_BYTES) as claims:
        for chunk in reached.chunks():
            claims.append(_widened(chunk, CLAIM))
        for file in snapshot.files:
            for batch in iterate_shard(store, file, ["doc_id", "parents"], BATCH_ROWS):
                claims.append(_claims(batch))
        for chunk in claims.sorted():
            met = chunk[_met(chunk)]
            children = np.empty(len(met), IDS)
            children["key"], children["low"] = met["child_key"], met["child_low"]
            yield np.unique(children)


def _looked_up(store: Store, snapshot: Manifest, parents: NDArray[np.void]) -> Iterator[bytes]:
    for parent in parents:
        wanted = parent.tobytes()
        for shard, row in find(store, snapshot, "parents", wanted):
            values = row_at(store, snapshot.files[shard], row)
            if any(item["doc_id"] == wanted for item in values["parents"]):
                yield values["doc_id"]


def _positions(store: Store, mixed: Manifest, found: Spool) -> NDArray[np.int64]:
    """Where documents stand in a mix."""
    if not found.rows:
        return np.empty(0, np.int64)
    positions, start = [np.empty(0, np.int64)], 0
    with Spool(PLACE, MEMORY_BYTES) as places:
        for chunk in found.chunks():
            places.append(_widened(chunk, PLACE))
        for file in mixed.files:
            for batch in iterate_shard(store, file, ["doc_id"], BATCH_ROWS):
                here = _widened(_ids(batch.column("doc_id")), PLACE)
                here["side"], here["index"] = 1, start + np.arange(len(here))
                start += len(here)
                places.append(here)
        for chunk in places.sorted():
            positions.append(chunk["index"][_met(chunk)])
    return np.sort(np.concatenate(positions))


def _met(chunk: NDArray[np.void]) -> NDArray[np.bool_]:
    """The rows of side 1 whose id side 0 has, too; a chunk holds all rows of its ids, side 0 first."""
    changes = (chunk["key"][1:] != chunk["key"][:-1]) | (chunk["low"][1:] != chunk["low"][:-1])
    first = np.concatenate([[0], np.flatnonzero(changes) + 1])[np.concatenate([[0], np.cumsum(changes)])]
    met: NDArray[np.bool_] = (chunk["side"] == 1) & (chunk["side"][first] == 0)
    return met


def _claims(batch: pa.RecordBatch) -> NDArray[np.void]:
    column = batch.column("parents")
    lengths = column.value_lengths().to_numpy()
    found = _widened(_ids(column.flatten().field("doc_id")), CLAIM)
    children = np.repeat(_ids(batch.column("doc_id")), lengths)
    found["side"], found["child_key"], found["child_low"] = 1, children["key"], children["low"]
    return found


def _widened(ids: NDArray[np.void], kind: np.dtype[np.void]) -> NDArray[np.void]:
    found = np.zeros(len(ids), kind)
    found["key"], found["low"] = ids["key"], ids["low"]
    return found


def _ids(column: pa.Array) -> NDArray[np.void]:
    return np.frombuffer(b"".join(column.to_pylist()), IDS)


def _batched(documents: Iterable[bytes]) -> Iterator[NDArray[np.void]]:
    held: list[bytes] = []
    for document in documents:
        held.append(document)
        if len(held) >= BATCH_ROWS:
            yield _joined(held)
            held = []
    yield _joined(held)


def _joined(documents: Sequence[bytes]) -> NDArray[np.void]:
    raw = b"".join(documents)
    assert len(raw) == ID_BYTES * len(documents)
    return np.frombuffer(raw, IDS)
