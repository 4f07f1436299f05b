"""The first pass of an export: the text of members, as its edits leave it, sent to the shards that want it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.exchange import Address, Piece
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

SENT = ("text", "url", "title")


@dataclass(frozen=True)
class Scatter:
    """Members that lie in one documents shard and have the edits of one shard, if any: their rows there, and their
    positions in the mix."""

    address: Address
    number: int
    file: File
    edits: File | None
    rows: NDArray[np.int64]
    index: NDArray[np.int64]
    starts: NDArray[np.int64]  # of every export shard


def scatter(task: Scatter) -> Piece:
    """Send the text of the members in one documents shard to the export shards that want it."""
    table = read_texts(task.address.store, task.file, task.edits, task.rows)
    table = table.append_column("index", pa.array(task.index))
    shards = np.searchsorted(task.starts, task.index, side="right") - 1
    return task.address.send_rows(f"texts-{task.number:06d}", table, shards, len(task.starts), compression="lz4")


def read_texts(store: Store, file: File, edits: File | None, rows: NDArray[np.int64]) -> pa.Table:
    """Some rows of a documents shard, the text as its edits leave it."""
    table = read_shard(store, file, ["doc_id", *SENT])
    if edits:
        found = read_shard(store, edits, ["doc_id", "edits"])
        if not found.column("doc_id").equals(table.column("doc_id")):
            raise IntegrityError(
                f"{edits.path} does not list the documents that it should cover: rebuild its partition"
            )
        table = table.append_column("edits", found.column("edits"))
    return edited(table.take(pa.array(rows)))
