"""The first pass of an export: the text of members, as its edits leave it, sent to where it belongs in the mix.

A document is edited once, however many copies of it are members, and its copies are sent a slice of bounded bytes at a
time: memory grows with documents shards and not with copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.publishing.turns import moved, read_turns
from dagster_project.corpus.storage.exchange import Address, Piece
from dagster_project.corpus.storage.shards import open_shard, read_opened, read_shard
from dagster_project.corpus.storage.stores import Store

TEXTS = ("text", "url", "title")
SENT = (*TEXTS, "turns")
SLICE_BYTES = 64 << 20  # of texts, sent in one piece
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Scatter:
    """Members that lie in one documents shard and have the edits of one shard, if any: their rows there, and their
    positions in the mix."""

    address: Address
    number: int
    file: File
    edits: File | None
    rows: Numbers
    index: Numbers
    starts: Numbers  # of every destination: export shards, or groups of them (relaying.py)


@dataclass(frozen=True)
class Sent:
    """What came of one task: its pieces, and the bytes that it sent to every destination, int64[destinations]."""

    group: int  # of export shards, to which the destinations belong
    pieces: tuple[Piece, ...]
    sizes_bytes: Numbers


def scatter(task: Scatter) -> Sent:
    """Send the text of the members in one documents shard to the destinations that want it."""
    distinct, place = np.unique(task.rows, return_inverse=True)
    texts = read_texts(task.address.store, task.file, task.edits, distinct)
    order = np.argsort(task.index)
    place, index = place[order], task.index[order]
    tables = (
        texts.take(pa.array(place[start:end])).append_column("index", pa.array(index[start:end]))
        for start, end in slices(sizes_of(texts)[place], SLICE_BYTES)
    )
    return send(task.address, f"texts-{task.number:06d}", tables, task.starts)


def send(address: Address, name: str, tables: Iterable[pa.Table], starts: Numbers, group: int = 0) -> Sent:
    """Send tables, a piece of each, to the destinations that begin at these places in the mix."""
    pieces, received = [], np.zeros(len(starts), np.int64)
    for number, table in enumerate(tables):
        to = np.searchsorted(starts, table.column("index").to_numpy(), side="right") - 1
        pieces.append(address.send_rows(f"{name}-{number:06d}", table, to, len(starts), compression="lz4"))
        np.add.at(received, to, sizes_of(table))
    return Sent(group, tuple(pieces), received)


def sizes_of(texts: pa.Table) -> Numbers:
    """The bytes of everything that is sent of each row, int64[n]."""
    lengths = [pc.binary_length(texts.column(name)).cast(pa.int64()).fill_null(0) for name in TEXTS]
    sizes: Numbers = reduce(pc.add, lengths).to_numpy()
    return sizes


def slices(sizes: Numbers, most: int) -> Iterator[tuple[int, int]]:
    """(start, end) of rows in their order, of at most so many bytes together, or of one row."""
    reached, start = np.cumsum(sizes), 0
    while start < len(sizes):
        before = int(reached[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(reached, before + most, side="right")))
        yield start, end
        start = end


def read_texts(store: Store, file: File, edits: File | None, rows: Numbers) -> pa.Table:
    """Some rows of a documents shard, none of them twice, the text as its edits leave it, and where its turns are
    then."""
    documents = open_shard(store, file, whole=False)
    table = read_opened(documents, file, ["doc_id", *TEXTS]).append_column("turns", read_turns(documents, file))
    if edits:
        found = read_shard(store, edits, ["doc_id", "edits"])
        if not found.column("doc_id").equals(table.column("doc_id")):
            raise IntegrityError(
                f"{edits.path} does not list the documents that it should cover: rebuild its partition"
            )
        table = table.append_column("edits", found.column("edits"))
    chosen = table if len(rows) == table.num_rows else table.take(pa.array(rows))
    return edited(moved(chosen))
