"""What was erased, and for whom: `erasures/00000003.json` names the third state of the table of erased documents.

The conditional PUT of the next number is the moment from which builds leave the text out: it comes before the first
object is touched. Ids alone are kept; they are hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.index import find_by_shard
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry

PREFIX = "erasures/"
ERASED = pa.schema([pa.field("doc_id", ID, nullable=False), pa.field("entry", pa.string(), nullable=False)])
Numbers = NDArray[np.int64]
ORDER = [(name, "ascending") for name in ERASED.names]


@dataclass(frozen=True)
class Erasures:
    """One state of the table; 0 is the empty one that every store begins with."""

    number: int = 0
    documents: File | None = None
    entries: tuple[str, ...] = ()  # ids of those that were applied so, whether they meant any document or none


class Erased(NamedTuple):
    """Rows of a documents shard, by its digest, that were erased, int64[n], and the id of the entry for each."""

    documents: str
    rows: Numbers
    entries: pa.ChunkedArray


def read_erasures(store: Store) -> Erasures:
    """The table as it stands."""
    record = records.last_record(store, PREFIX)
    if record is None:
        return Erasures()
    return Erasures(record["number"], File(**record["documents"]), tuple(record["entries"]))


def last_erasure(store: Store) -> int:
    """The number of the state that stands, without reading it."""
    return records.last_number(store, PREFIX)


def record_erased(store: Store, entries: Iterable[str], found: pa.Table, access: str) -> Erasures:
    """Add entries and documents, a row of ERASED for each and each of its entries, to what was erased before."""
    asked = {*entries}

    def added(_: int) -> dict[str, Any] | None:
        old = read_erasures(store)
        known = erased_table(store, old)
        new = pa.concat_tables([known, found.cast(ERASED)]).group_by(ERASED.names).aggregate([])
        new = new.select(ERASED.names).sort_by(ORDER).cast(ERASED)
        if new.num_rows == known.num_rows and asked <= {*old.entries}:
            return None
        file = write_shard(store, new, access=access)
        return {"documents": asdict(file), "entries": sorted({*old.entries, *asked})}

    records.append(store, PREFIX, added)
    return read_erasures(store)


def erased_table(store: Store, erasures: Erasures) -> pa.Table:
    """All rows of a state."""
    return read_shard(store, erasures.documents) if erasures.documents else ERASED.empty_table()


def erased_for(store: Store, erasures: Erasures, entries: Iterable[str]) -> pa.Table:
    """The rows of some entries, by their ids."""
    table = erased_table(store, erasures)
    return table.filter(pc.is_in(table.column("entry"), pa.array(sorted(entries), pa.string())))


def erased_in(store: Store, asked: Sequence[Entry], snapshots: Sequence[Manifest]) -> Iterator[Erased]:
    """The rows of snapshots that were erased for entries which remove, once for each of these."""
    erasures = read_erasures(store)
    if not erasures.number:
        return
    found = erased_for(store, erasures, [entry.id for entry in asked])
    ids = found.column("doc_id").combine_chunks().unique()
    for snapshot in snapshots if len(ids) else ():
        for shard, numbers in find_by_shard(store, snapshot, "doc_id", ids):
            rows = pa.array(numbers)
            held = read_shard(store, snapshot.files[shard], ["doc_id"]).take(rows).append_column("row", rows)
            meant = held.join(found, "doc_id", join_type="inner").sort_by(
                [("row", "ascending"), ("entry", "ascending")]
            )
            if len(meant):
                yield Erased(snapshot.files[shard].sha256, meant.column("row").to_numpy(), meant.column("entry"))
