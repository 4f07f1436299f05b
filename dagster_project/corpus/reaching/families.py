"""Whole families of documents, in every corpus in which these stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.lineage.index import find_by_shard
from dagster_project.corpus.lineage.walk import inputs_of, snapshots_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.reaching.holdings import Holdings
from dagster_project.corpus.reaching.marks import Marks, Sought, by_shard
from dagster_project.corpus.storage.shards import read_rows

NAMED = ("family", "doc_id")


def whole_families(held: Holdings, marks: Marks) -> Iterator[Marks]:
    """All members of the families of these. A document of an earlier layer that had no copies there leads the family of
    those that joined it later, and is called after itself."""
    for layers in held.chains:
        sought = _families_of(held, layers, marks)
        for layer in layers if len(sought.values) else ():
            yield from _members(held, layer, sought)


def _families_of(held: Holdings, layers: Sequence[Manifest], marks: Marks) -> Sought:
    files = {number: file for layer in layers for number, file in held.layer_files(layer)}
    names, entries = [], [np.empty(0, np.int64)]
    for shard, here in by_shard(marks):
        if shard in files:
            said = read_rows(held.store, files[shard], here["row"].tolist(), NAMED)
            names += pc.coalesce(*(said.column(name) for name in NAMED)).chunks
            entries.append(here["entry"])
    return Sought(pa.chunked_array(names, ID), np.concatenate(entries))


def _members(held: Holdings, layer: Manifest, sought: Sought) -> Iterator[Marks]:
    for shard, rows in find_by_shard(held.store, layer, "family", sought.values):
        file = layer.files[shard]
        said = read_rows(held.store, file, rows.tolist(), ["family"]).column("family")
        yield sought.marks(held.number[file.documents], rows, said)
    for prints in inputs_of(held.store, layer, "fingerprints"):
        for snapshot in snapshots_of(held.store, prints).values():
            for shard, rows in find_by_shard(held.store, snapshot, "doc_id", sought.values):
                file = snapshot.files[shard]
                said = read_rows(held.store, file, rows.tolist(), ["doc_id"]).column("doc_id")
                yield sought.marks(held.number[file.sha256], rows, said)
