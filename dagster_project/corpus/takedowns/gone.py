"""What the register takes out of a corpus that is to be built, and out of versions of corpora that stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.walk import inputs_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.hits import HITS, NO_ROWS, Looked, Numbers, Withdrawn, hits_of, withdrawn_of
from dagster_project.corpus.takedowns.reach import ids_hit, near_copies, whole_families
from dagster_project.corpus.takedowns.register import read_register

WITHDRAWN = "withdrawn"  # where a recipe names what the register took out


class TakenDown(NamedTuple):
    """What the register means of a corpus: rows by the number of the shard, and the entries that hit any."""

    withdrawn: Mapping[int, Withdrawn]
    entries: list[str]


class Gone(NamedTuple):
    """Rows that may be in no mix any more, int64[n] ascending, by the digest of their documents shard, and the entries
    for which they go."""

    rows: Mapping[str, Numbers]
    entries: list[str]


def taken_down(store: Store, families: Manifest, looked: Sequence[Looked], below: Sequence[Manifest] = ()) -> TakenDown:
    """Of the snapshots of a corpus, whose shards count on from one to the next. What is meant in the layers below has
    near copies here, too; whole families go where they are chosen from."""
    asked = read_register(store).removing
    if not asked:
        return TakenDown({}, [])
    hits = [hits_of(store, asked, item) for item in looked]
    earlier = [(hits_of(store, asked, item), item) for layer in below for item in looked_of(store, layer)]
    near = near_copies(store, families, _ids(store, [*zip(hits, looked, strict=True), *earlier], asked))
    here = _together(hits, looked)
    entries = set(here.column("entry").to_pylist())
    if near:
        reached = {name for found, _ in earlier for name in found.column("entry").to_pylist()}
        entries |= {entry.id for entry in asked if entry.scope == "near" and entry.id in reached}
    return TakenDown(withdrawn_of(here, asked, near), sorted(entries))


def gone_from(store: Store, corpora: Sequence[Manifest]) -> Gone:
    """Of versions of `deduplicated`, with all layers that they stand on among them, whatever the register said when
    they were built."""
    asked = read_register(store).removing
    if not asked:
        return Gone({}, [])
    layers = [(manifest, looked_of(store, manifest)) for manifest in corpora]
    hits = [[hits_of(store, asked, item) for item in looked] for _, looked in layers]
    pairs = [pair for (_, looked), found in zip(layers, hits, strict=True) for pair in zip(found, looked, strict=True)]
    ids = _ids(store, pairs, asked)
    families = [family for manifest, _ in layers for family in inputs_of(store, manifest, "families")]
    together = [_together(found, looked) for (_, looked), found in zip(layers, hits, strict=True)]
    scoped = pa.array([entry.id for entry in asked if entry.scope == "family"], pa.string())
    names = [_families(store, family, found, scoped) for family, found in zip(families, together, strict=True)]
    whole = pa.chunked_array([chunk for column in names for chunk in column.chunks], ID).unique()
    rows: dict[str, Numbers] = {}
    for family, found in zip(families, together, strict=True):
        near, members = near_copies(store, family, ids), whole_families(store, family, whole)
        reached = {
            shard: np.union1d(near.get(shard, NO_ROWS), members.get(shard, NO_ROWS)) for shard in {*near, *members}
        }
        for shard, item in withdrawn_of(found, asked, reached).items():
            documents = family.files[shard].documents
            rows[documents] = np.union1d(rows.get(documents, NO_ROWS), item.rows)
    return Gone(rows, sorted({name for found in together for name in found.column("entry").to_pylist()}))


def looked_of(store: Store, deduplicated: Manifest) -> list[Looked]:
    """The snapshots of a layer as it was built, with the tables beside them."""
    (family,) = inputs_of(store, deduplicated, "families")
    prints = inputs_of(store, family, "fingerprints")
    licensed = [item for item in deduplicated.inputs if item.stage == "licensed"]
    found = []
    for item, fingerprints in zip(licensed, prints, strict=True):
        table = load_manifest(store, item.id)
        (snapshot,) = inputs_of(store, fingerprints, "snapshots")
        found.append(Looked(item.partition.partition("/")[2], snapshot, table, fingerprints))
    return found


def _ids(store: Store, pairs: Sequence[tuple[pa.Table, Looked]], asked: Sequence[Entry]) -> pa.Array:
    """The documents whose near copies go, too."""
    found = [ids_hit(store, hits, looked, asked) for hits, looked in pairs]
    return pa.concat_arrays([pa.array([], ID), *found]).unique()


def _together(hits: Sequence[pa.Table], looked: Sequence[Looked]) -> pa.Table:
    """Hits of several snapshots, shards counted on from one to the next."""
    firsts = np.cumsum([0, *(len(item.snapshot.files) for item in looked)])[:-1]
    moved = [
        table.set_column(0, HITS.field("shard"), pc.add(table.column("shard"), pa.scalar(int(first), pa.int32())))
        for table, first in zip(hits, firsts, strict=True)
    ]
    return pa.concat_tables([HITS.empty_table(), *moved])


def _families(store: Store, families: Manifest, hits: pa.Table, scoped: pa.Array) -> pa.ChunkedArray:
    """The families of which a member is hit with all of them."""
    hits = hits.filter(pc.is_in(hits.column("entry"), scoped))

    def found() -> Iterator[pa.ChunkedArray]:
        for shard in hits.column("shard").unique().to_pylist():
            rows = hits.filter(pc.equal(hits.column("shard"), shard)).column("row")
            yield read_shard(store, families.files[shard], ["family"]).column("family").take(rows).drop_null()

    return pa.chunked_array([chunk for column in found() for chunk in column.chunks], ID)
