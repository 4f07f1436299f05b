"""What a snapshot that is built after an erasure leaves out: rows whose text must not come back into the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.blanking import Mask, blank, blankable
from dagster_project.corpus.erasing.replacements import Why, followed, replace_object, row_digests
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard, write_own_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, Erasures, erased_for, read_erasures
from dagster_project.corpus.takedowns.matching import matched
from dagster_project.corpus.takedowns.register import read_register


@dataclass(frozen=True)
class LeftOut:
    """Entries that were applied with erasure and still remove, and the table of what was erased."""

    erasures: Erasures
    entries: tuple[Entry, ...]


class Out(NamedTuple):
    """Rows that are left out, and (doc_id, entry) of each."""

    chosen: Mask
    erased: pa.Table


def left_out(store: Store) -> LeftOut | None:
    """What builds leave out from now on; None where nothing was ever erased."""
    erasures = read_erasures(store)
    if not erasures.number:
        return None
    applied = set(erasures.entries)
    return LeftOut(erasures, tuple(entry for entry in read_register(store).removing if entry.id in applied))


def out_of(store: Store, documents: pa.Table, said: LeftOut, key: str) -> Out:
    """Which of these documents are left out: by their ids, or by what an entry means. `key`: their name@version."""
    table = erased_for(store, said.erasures, [entry.id for entry in said.entries])
    ids = documents.column("doc_id")
    chosen = pc.is_in(ids, table.column("doc_id")).to_numpy().copy()
    found = [table.filter(pc.is_in(table.column("doc_id"), ids))]
    for entry, rows in matched(documents, said.entries, (key,)):
        chosen[rows] = True
        hit = ids.take(pa.array(rows)).combine_chunks()
        found.append(pa.table([hit, pa.array([entry] * len(rows), pa.string())], schema=ERASED))
    return Out(chosen, pa.concat_tables(found))


def erase_rows(store: Store, file: File, out: Out, access: str) -> tuple[File, pa.Table]:
    """The shard that stands in the place of one that was found, and its table, without what is left out: blanked where
    it was not yet."""
    standing = followed(store, file) or file
    table = read_shard(store, standing)
    blanked = blank(table, out.chosen)
    if blanked.select(blankable(table.schema)).equals(table.select(blankable(table.schema))):
        return standing, table
    rows = np.flatnonzero(out.chosen).tolist()
    doc_ids = [item.hex() for item in table.column("doc_id").take(pa.array(rows)).to_pylist()]
    new = write_own_shard(store, blanked, access=access, documents=file.documents)
    why = Why(rows, doc_ids, out.erased.column("entry").to_pylist(), row_digests(table, rows))
    replace_object(store, standing, new, why)
    return new, blanked
