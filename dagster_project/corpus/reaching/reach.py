"""What the takedown register, as it stood when it was asked, takes out of corpora.

An entry means documents, in whatever snapshot they stand, with what was made from them. With the scope `near` their
exact twins go, too, and the near copies of all these by one step; with `family` also the families of what that
reaches. What each step reaches is closed over exact twins and over children (closure.py), across corpora: near copies
of near copies stay, unless they have the words of one that goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.walk import inputs_of
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.reaching.closure import closed
from dagster_project.corpus.reaching.families import whole_families
from dagster_project.corpus.reaching.holdings import Holdings, Newest
from dagster_project.corpus.reaching.marks import Marks, beyond, marks_of, of_entries, together
from dagster_project.corpus.reaching.near import near_copies
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import SCOPES, Entry
from dagster_project.corpus.takedowns.erased import erased_in
from dagster_project.corpus.takedowns.gone import Gone, TakenDown, Withdrawn
from dagster_project.corpus.takedowns.hits import Looked, by_shard, hits_of
from dagster_project.corpus.takedowns.kept import kept_table
from dagster_project.corpus.takedowns.register import read_register

CODE_VERSION = "2"
REACHED = pa.schema(
    [
        pa.field("documents", pa.string(), nullable=False),  # digest of the shard
        pa.field("row", pa.int32(), nullable=False),
        pa.field("scope", pa.int8(), nullable=False),  # why it goes, a place in SCOPES
        pa.field("entry", pa.string(), nullable=False),  # its id
    ]
)
NEAREST = "document"


class Reach:
    """One state of the register, or some of its entries, and what was found to be meant by them."""

    def __init__(self, store: Store, asked: Sequence[Entry] | None = None):
        self.store, self.newest = store, Newest(store)
        self.asked = asked = read_register(store).removing if asked is None else asked
        self.nearest = [entry for entry in asked if entry.scope == NEAREST]
        self.further = sorted((entry for entry in asked if entry.scope != NEAREST), key=lambda entry: entry.id)

    def __bool__(self) -> bool:
        return bool(self.nearest or self.further)

    def taken_down(self, families: Manifest, looked: Sequence[Looked]) -> TakenDown:
        """Of a corpus that is to be built, whose shards count on from one snapshot to the next; `families` are its."""
        if not self:
            return TakenDown({}, [], "")
        files = [file for item in looked for file in item.snapshot.files]
        reached = self._reached(looked, [families])
        found = _by_documents(pa.concat_tables([reached, *self._erased(looked)]), files)
        rows = {shard: _withdrawn(found[file.sha256]) for shard, file in enumerate(files) if file.sha256 in found}
        return TakenDown(rows, _entries(found), self._digest(found, _by_documents(reached, files), files))

    def gone_from(self, corpora: Sequence[Manifest]) -> Gone:
        """Of versions of `deduplicated`, with all layers that they stand on among them, whatever the register said when
        they were built."""
        found = self.reached_in(corpora) if self else {}
        return Gone({documents: _withdrawn(table).rows for documents, table in found.items()}, _entries(found))

    def reached_in(self, corpora: Sequence[Manifest]) -> dict[str, pa.Table]:
        """The same by the digest of the documents shard as REACHED: which entry reaches each row, and why."""
        families = [item for corpus in corpora for item in inputs_of(self.store, corpus, "families")]
        looked = [item for corpus in corpora for item in looked_of(self.store, corpus)]
        files = [file for item in looked for file in item.snapshot.files]
        return _by_documents(pa.concat_tables([self._reached(looked, families), *self._erased(looked)]), files)

    def reached_among(self, looked: Sequence[Looked]) -> dict[str, pa.Table]:
        """The same of snapshots, in a corpus or not."""
        files = [file for item in looked for file in item.snapshot.files]
        return _by_documents(self._reached(looked, []), files)

    def _reached(self, looked: Sequence[Looked], families: Sequence[Manifest]) -> pa.Table:
        """REACHED of all entries: of those that mean documents alone, in these snapshots; of others, everywhere."""
        found = [REACHED.empty_table(), *self._hit(looked)]
        if self.further:
            held = Holdings(self.newest, looked, families)
            names = [entry.id for entry in self.further]
            key = digest(["takedown reach", CODE_VERSION, names, held.made_of])
            found.append(kept_table(self.store, key, REACHED, held.access, lambda: resolved(held, self.further)))
        return pa.concat_tables(found)

    def _hit(self, looked: Sequence[Looked]) -> Iterator[pa.Table]:
        for item in looked if self.nearest else ():
            for shard, hits in by_shard(hits_of(self.store, self.nearest, item)):
                documents = [item.snapshot.files[shard].sha256] * len(hits)
                columns = [pa.array(documents), hits.column("row"), np.zeros(len(hits), np.int8), hits.column("entry")]
                yield pa.table(columns, schema=REACHED)

    def _erased(self, looked: Sequence[Looked]) -> Iterator[pa.Table]:
        """What was erased for these entries, wherever it stands: as far as each may reach, so that the
        nearer reason counts where one is found by itself."""
        places = {entry.id: SCOPES.index(entry.scope) for entry in self.asked}
        for item in erased_in(self.store, self.asked, [item.snapshot for item in looked]):
            documents = [item.documents] * len(item.rows)
            scopes = np.array([places[name] for name in item.entries.to_pylist()], np.int8)
            columns = [pa.array(documents, pa.string()), item.rows.astype(np.int32), scopes, item.entries]
            yield pa.table(columns, schema=REACHED)

    def _digest(self, found: Mapping[str, pa.Table], reached: Mapping[str, pa.Table], files: Sequence[File]) -> str:
        """Of the documents that go and why, where an entry reaches them that goes further than what it means, or where
        they only go because they were erased elsewhere."""
        is_further = set(_entries(found)) & {entry.id for entry in self.further}
        if not is_further and _rows_of(found) == _rows_of(reached):
            return ""
        said: set[tuple[str, int]] = set()
        for file in (file for file in files if file.sha256 in found):
            rows, scopes = _withdrawn(found[file.sha256])
            ids = read_rows(self.store, file, rows.tolist(), ["doc_id"]).column("doc_id").to_pylist()
            said.update((doc_id.hex(), scope) for doc_id, scope in zip(ids, scopes.tolist(), strict=True))
        return digest(sorted(said))


def resolved(held: Holdings, entries: Sequence[Entry]) -> Iterator[pa.Table]:
    """The documents that entries with a scope beyond what they mean take out of a store."""
    numbers = {entry.id: number for number, entry in enumerate(entries)}
    with_families = np.array([numbers[entry.id] for entry in entries if entry.scope == "family"], np.int64)
    hit = together(_hits(held, entries, numbers))
    meant = closed(held, hit)
    near = closed(held, together([meant, *near_copies(held, meant)]))
    of_families = of_entries(near, with_families)
    whole = closed(held, together([of_families, *whole_families(held, of_families)]))
    for scope, marks in zip(SCOPES, (hit, beyond(near, hit), beyond(whole, together([near, hit]))), strict=True):
        documents = pa.array([file.sha256 for file in held.files], pa.string()).take(pa.array(marks["shard"]))
        names = pa.array([entry.id for entry in entries], pa.string()).take(pa.array(marks["entry"]))
        places = np.full(len(marks), SCOPES.index(scope), np.int8)
        yield pa.table([documents, marks["row"].astype(np.int32), places, names], schema=REACHED)


def looked_of(store: Store, deduplicated: Manifest) -> list[Looked]:
    """The snapshots of a layer as it was built, with the tables beside them."""
    (family,) = inputs_of(store, deduplicated, "families")
    prints = inputs_of(store, family, "fingerprints")
    licensed = [item for item in deduplicated.inputs if item.stage == "licensed"]
    found = []
    for item, fingerprints in zip(licensed, prints, strict=True):
        (snapshot,) = inputs_of(store, fingerprints, "snapshots")
        found.append(Looked(item.partition.partition("/")[2], snapshot, load_manifest(store, item.id), fingerprints))
    return found


def _hits(held: Holdings, entries: Sequence[Entry], numbers: Mapping[str, int]) -> Iterator[Marks]:
    for item in held.looked:
        for shard, hits in by_shard(hits_of(held.store, entries, item)):
            meant = np.array([numbers[name] for name in hits.column("entry").to_pylist()], np.int64)
            yield marks_of(held.number[item.snapshot.files[shard].sha256], hits.column("row").to_numpy(), meant)


def _by_documents(reached: pa.Table, files: Sequence[File]) -> dict[str, pa.Table]:
    """What of it lies in some shards, by these."""
    known = pa.array([file.sha256 for file in files], pa.string())
    found = reached.filter(pc.is_in(reached.column("documents"), known)).sort_by("documents")
    counted = pc.run_end_encode(found.column("documents").combine_chunks()) if len(found) else None
    ends = [0, *counted.run_ends.to_pylist()] if counted else [0]
    names = counted.values.to_pylist() if counted else []
    return {name: found.slice(first, end - first) for name, (first, end) in zip(names, pairwise(ends), strict=True)}


def _withdrawn(found: pa.Table) -> Withdrawn:
    """The rows of one shard, each by the nearest reason."""
    nearest = found.group_by("row").aggregate([("scope", "min")]).sort_by("row")
    return Withdrawn(nearest.column("row").to_numpy().astype(np.int64), nearest.column("scope_min").to_numpy())


def _rows_of(found: Mapping[str, pa.Table]) -> dict[str, list[int]]:
    return {documents: _withdrawn(table).rows.tolist() for documents, table in found.items()}


def _entries(found: Mapping[str, pa.Table]) -> list[str]:
    return sorted({name for table in found.values() for name in table.column("entry").unique().to_pylist()})
