"""Near copies of what is taken down: the documents of a corpus whose edges lead to one, whatever family they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.hits import HITS, Looked, Numbers, ids_at

CODE_VERSION = "1"


def ids_hit(store: Store, hits: pa.Table, looked: Looked, entries: Sequence[Entry]) -> pa.Array:
    """The documents of a snapshot that entries hit whose near copies go, too."""
    near = pa.array([entry.id for entry in entries if entry.scope == "near"], pa.string())
    return ids_at(store, looked.snapshot, hits.filter(pc.is_in(hits.column("entry"), near)))


def near_copies(store: Store, families: Manifest, ids: pa.Array) -> dict[int, Numbers]:
    """The rows of documents with an edge to any of these, int64[n] ascending, by the number of the shard. Reads the
    edges of all documents, once for the same question."""
    if not len(ids):
        return {}
    asked = digest(sorted(item.hex() for item in ids.to_pylist()))
    key = digest(["near copies", CODE_VERSION, families.id, asked])
    if record := find_build(store, key):
        table = read_shard(store, File(**record["file"])) if record["file"] else HITS.empty_table()
    else:
        table = pa.concat_tables([HITS.empty_table(), *_reached(store, families, ids)])
        file = write_shard(store, table, access=families.facts["access"]) if table.num_rows else None
        record_build(store, key, {"file": asdict(file) if file else None})
    shards, rows = (table.column(name).to_numpy().astype(np.int64) for name in ("shard", "row"))
    return {int(shard): rows[shards == shard] for shard in np.unique(shards).tolist()}


def whole_families(store: Store, families: Manifest, names: pa.Array) -> dict[int, Numbers]:
    """The rows of all members of some families, int64[n] ascending, by the number of the shard."""
    found: dict[int, Numbers] = {}
    for shard, file in enumerate(families.files if len(names) else ()):
        is_member = pc.is_in(read_shard(store, file, ["family"]).column("family"), names).to_numpy()
        if is_member.any():
            found[shard] = np.flatnonzero(is_member)
    return found


def _reached(store: Store, families: Manifest, ids: pa.Array) -> Iterator[pa.Table]:
    for shard, file in enumerate(families.files):
        edges = read_shard(store, file, ["edges"]).column("edges").combine_chunks()
        others = edges.flatten().field("doc_id")
        parents = pc.list_parent_indices(edges).to_numpy()
        rows = np.unique(parents[pc.is_in(others, ids).to_numpy(zero_copy_only=False)]).astype(np.int32)
        names = pa.array([""] * len(rows), pa.string())
        yield pa.table([np.full(len(rows), shard, np.int32), rows, names], schema=HITS)
