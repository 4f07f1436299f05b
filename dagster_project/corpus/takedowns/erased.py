"""What was erased, and for whom: `erasures/00000003.json` names the third state of the table of erased documents.

The conditional PUT of the next number is the moment from which builds leave the text out: it comes before the first
object is touched. Ids alone are kept; they are hashes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.model.canonical import is_sealed, sealed
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError, Moved
from dagster_project.corpus.model.manifests import FORMAT, File, Manifest
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry

PREFIX = "erasures/"
TRIES = 20  # of writers that meet
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
    path = _last(store)
    if not path:
        return Erasures()
    record = json.loads(store.get(path))
    if record.get("format") != FORMAT:
        raise IntegrityError(f"{path} has format {record.get('format')}, and this release reads {FORMAT}: upgrade")
    if not is_sealed(record):
        raise IntegrityError(f"{path} is not what was written: it was altered; restore it")
    return Erasures(record["number"], File(**record["documents"]), tuple(record["entries"]))


def last_erasure(store: Store) -> int:
    """The number of the state that stands, without reading it."""
    path = _last(store)
    return int(path.removeprefix(PREFIX).partition(".")[0]) if path else 0


def record_erased(store: Store, entries: Iterable[str], found: pa.Table, access: str) -> Erasures:
    """Add entries and documents, a row of ERASED for each and each of its entries, to what was erased before."""
    entries = sorted(set(entries))
    for _ in range(TRIES):
        old = read_erasures(store)
        known = erased_table(store, old)
        new = pa.concat_tables([known, found.cast(ERASED)]).group_by(ERASED.names).aggregate([])
        new = new.select(ERASED.names).sort_by(ORDER).cast(ERASED)
        if new.num_rows == known.num_rows and set(entries) <= set(old.entries):
            return old
        file = write_shard(store, new, access=access)
        made = Erasures(old.number + 1, file, tuple(sorted({*old.entries, *entries})))
        record = {"format": FORMAT, "number": made.number, "documents": asdict(file), "entries": made.entries}
        if store.put_once(f"{PREFIX}{made.number:08d}.json", sealed(record)):
            return made
    raise Moved(f"documents were erased {TRIES} times meanwhile: try again")


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
    ids = found.column("doc_id").unique().to_pylist()
    for snapshot in snapshots if ids else ():
        places = sorted({place for places in find_all(store, snapshot, "doc_id", ids).values() for place in places})
        for shard, group in groupby(places, key=itemgetter(0)):
            rows = pa.array([row for _, row in group], pa.int64())
            held = read_shard(store, snapshot.files[shard], ["doc_id"]).take(rows).append_column("row", rows)
            meant = held.join(found, "doc_id", join_type="inner").sort_by(
                [("row", "ascending"), ("entry", "ascending")]
            )
            if len(meant):
                yield Erased(snapshot.files[shard].sha256, meant.column("row").to_numpy(), meant.column("entry"))


def _last(store: Store) -> str:
    return max((entry.path for entry in store.list(PREFIX)), default="")
