"""Claims: every suppressed document names a survivor, and that one is looked for among the rows as they were stored.

Nothing of what chose the survivors is used: stored rows are read again, those of one family meet in one bucket, and
what is found is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.deduplication.decisions import to_families
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.exchange import Address, Piece, Range, read_rows
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

STORED = ("doc_id", "status", "survivor", "survivor_source", "kind", "family")
NAMED = ("family", "doc_id", "source")
CLAIM = pa.schema(
    [
        ("family", ID),
        ("doc_id", ID),
        ("source", pa.string()),
        ("stands", pa.int64()),  # 1: a survivor
        ("claims", pa.int64()),  # 1: a suppressed document that names it
        ("leads", pa.int64()),  # 1: a survivor that is no variant of another
    ]
)


@dataclass(frozen=True)
class ClaimsTask:
    """Some stored shards with their sources."""

    address: Address
    batch: int
    shards: tuple[tuple[str, File], ...]
    buckets: int


@dataclass(frozen=True)
class Claimed:
    """Where the claims of some shards lie, and how many rows they have of each status."""

    piece: Piece
    counted: Mapping[str, Any]


@dataclass(frozen=True)
class ProofTask:
    """The claims on the families of one bucket, and the survivors of earlier layers in them."""

    store: Store
    claims: tuple[Range, ...]
    standing: tuple[Range, ...]


def send_claims(task: ClaimsTask) -> Claimed:
    """Survivors and claims on them, by the buckets of their families."""
    found, counted = [CLAIM.empty_table()], Counter[str]()
    for source, file in task.shards:
        stored = read_shard(task.address.store, file, STORED)
        counted.update(stored.column("status").to_pylist())
        found += _claims(stored.filter(pc.is_valid(stored.column("family"))), source)
    table = pa.concat_tables(found)
    piece = to_families(task.address, f"claims-{task.batch:06d}", table, task.buckets)
    return Claimed(piece, {"stored": dict(sorted(counted.items()))})


def prove(task: ProofTask) -> dict[str, int]:
    """How many claims meet exactly one survivor, and how many families have several."""
    standing = [_filled(table, stands=1, leads=1) for table in read_rows(task.store, task.standing)]
    rows = pa.concat_tables([CLAIM.empty_table(), *read_rows(task.store, task.claims), *standing])
    named = rows.group_by(NAMED).aggregate([("stands", "sum"), ("claims", "sum")])
    once = named.filter(pc.equal(named.column("stands_sum"), 1))
    families = rows.group_by("family").aggregate([("leads", "sum")])
    return {
        "proved": pc.sum(once.column("claims_sum"), min_count=0).as_py(),
        "families_with_many_survivors": int(np.sum(families.column("leads_sum").to_numpy() > 1)),
    }


def _claims(members: pa.Table, source: str) -> Iterator[pa.Table]:
    survivors = members.filter(pc.equal(members.column("status"), "survivor"))
    for leads, is_of in ((1, pc.is_null), (0, pc.is_valid)):
        found = survivors.filter(is_of(survivors.column("kind"))).select(["family", "doc_id"])
        sources = pa.array([source] * len(found), pa.string())
        yield _filled(found.append_column("source", sources), stands=1, leads=leads)
    copies = members.filter(pc.equal(members.column("status"), "suppressed"))
    yield _filled(copies.select(["family", "survivor", "survivor_source"]).rename_columns(NAMED), claims=1)


def _filled(named: pa.Table, stands: int = 0, claims: int = 0, leads: int = 0) -> pa.Table:
    counts = (np.full(len(named), each) for each in (stands, claims, leads))
    return pa.table([*(named.column(name) for name in NAMED), *counts], names=CLAIM.names).cast(CLAIM)
