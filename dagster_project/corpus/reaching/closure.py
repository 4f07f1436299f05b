"""What goes with documents whatever the corpus: texts of the same words, and documents that were made from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.index import find_by_shard
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.reaching.holdings import Holdings
from dagster_project.corpus.reaching.marks import Marks, Sought, beyond, by_shard, together
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.takedowns.texts import DIGESTS, WORDLESS, digests_of


def closed(held: Holdings, marks: Marks) -> Marks:
    """Documents with all exact twins of them (the same words), all that were made from any, and so on until nothing
    is added."""
    known = new = marks
    while len(new):
        new = beyond(together([*_twins(held, new), *_children(held, new)]), known)
        known = together([known, new])
    return known


def digests_at(held: Holdings, marks: Marks) -> pa.Table:
    """DIGESTS of the text of each."""
    found = [DIGESTS.empty_table()]
    for shard, here in by_shard(marks):
        rows, file = here["row"].tolist(), held.printed(shard)
        if file:
            found.append(read_rows(held.store, file, rows, DIGESTS.names).select(DIGESTS.names))
        else:
            found.append(digests_of(held.store, held.files[shard], held.access).take(rows))
    return pa.concat_tables(item.cast(DIGESTS) for item in found)


def _twins(held: Holdings, marks: Marks) -> Iterator[Marks]:
    """Documents of the same words; those without any word by the text itself. What has no text, for it was erased
    before it was let in, is no copy of anything."""
    digests = digests_at(held, marks)
    is_worded, is_text = (
        pc.not_equal(digests.column(name), pa.scalar(WORDLESS, ID)).to_numpy()
        for name in ("normalized_digest", "text_digest")
    )
    for column, is_asked in (("normalized_digest", is_worded), ("text_digest", ~is_worded & is_text)):
        if is_asked.any():
            yield from _alike(held, column, Sought(digests.column(column).filter(is_asked), marks["entry"][is_asked]))


def _alike(held: Holdings, column: str, sought: Sought) -> Iterator[Marks]:
    for manifest in held.tables.values():
        for shard, rows in find_by_shard(held.store, manifest, column, sought.values):
            file = manifest.files[shard]
            values = read_rows(held.store, file, rows.tolist(), [column]).column(column)
            yield sought.marks(held.number[file.documents], rows, values)
    for shard, file in enumerate(held.files):
        if not held.printed(shard):
            values = digests_of(held.store, file, held.access).column(column)
            yield sought.marks(shard, np.arange(file.rows), values)


def _children(held: Holdings, marks: Marks) -> Iterator[Marks]:
    """Documents that were made from any of these."""
    derived = [item for item in held.snapshots.values() if any(of.stage == "snapshots" for of in item.inputs)]
    if not derived or not len(marks):
        return
    ids = [
        read_rows(held.store, held.files[shard], here["row"].tolist(), ["doc_id"]).column("doc_id")
        for shard, here in by_shard(marks)
    ]
    sought = Sought(pa.chunked_array([chunk for column in ids for chunk in column.chunks], ID), marks["entry"])
    for snapshot in derived:
        for shard, rows in find_by_shard(held.store, snapshot, "parents", sought.values):
            file = snapshot.files[shard]
            said = read_rows(held.store, file, rows.tolist(), ["parents"]).column("parents").combine_chunks()
            children = rows[pc.list_parent_indices(said).to_numpy()]
            yield sought.marks(held.number[file.sha256], children, said.flatten().field("doc_id"))
