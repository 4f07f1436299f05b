"""The conclusions on parents, brought to the shards of their children.

Parents and the claims of children are sorted together by doc_id, on disk beyond a memory limit, 33 bytes each, and what
was concluded goes back to the children in the order of their shards: 32 bytes for each parent of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.licenses.inheritance import kind_of_parent
from dagster_project.corpus.model.documents import EVIDENCE
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

MEMORY_BYTES = 128 << 20
MET = np.dtype(
    [
        ("key", "<u8"),  # the two halves of the parent's doc_id
        ("low", "<u8"),
        ("side", "u1"),  # 0 is the parent itself, 1 a claim on it
        ("said", "<u4"),  # of a parent: the number of what was concluded
        ("shard", "<u4"),  # of a claim: where it stands, and which parent of its document it is
        ("row", "<u4"),
        ("place", "<u4"),
    ]
)
Said = tuple[str, str]  # the kind of evidence that a conclusion is, and the license


class Handed(NamedTuple):
    """What the parents of one shard hand down: row, number of the parent and place in `said`, in this order."""

    said: tuple[Said, ...]
    rows: NDArray[np.uint64]


@dataclass(frozen=True)
class WithParents:
    """The evidence of a shard of derived documents with that of their parents: a function of its table."""

    handed: Handed

    def __call__(self, documents: pa.Table) -> pa.ListArray:
        parents = documents.column("parents").to_pylist()
        rows: list[list[Mapping[str, Any]]] = documents.column("license_evidence").to_pylist()
        met = set()
        for row, place, said in self.handed.rows.tolist():
            kind, value = self.handed.said[said]
            met.add((row, place))
            rows[row].append({"kind": kind, "value": value, "where": f"parent {parents[row][place]['doc_id'].hex()}"})
        if len(met) < sum(map(len, parents)):
            raise IntegrityError("parents of derived documents have no license conclusion: rebuild their sources")
        return pa.array(rows, pa.list_(EVIDENCE))


def handed_down(store: Store, children: Sequence[File], parents: Sequence[Manifest]) -> Iterator[Handed]:
    """For each shard of children what the conclusions of their parents (versions of `licensed`) say."""
    numbers: dict[Said, int] = {}
    with Spool(MET, MEMORY_BYTES) as spool, Runs(4, MEMORY_BYTES) as runs:
        for parent in parents:
            for file in parent.files:
                spool.append(_concluded(store, file, numbers))
        for shard, file in enumerate(children):
            spool.append(_claims(store, file, shard))
        for chunk in spool.sorted():
            runs.append(_met(chunk))
        said = list(numbers)
        cursor = Cursor(4, runs.sorted())
        for shard in range(len(children)):
            rows = cursor.before(shard + 1)
            used, places = np.unique(rows[:, 3], return_inverse=True)
            told = np.column_stack([rows[:, 1:3], places.astype(np.uint64)])
            yield Handed(tuple(said[number] for number in used.tolist()), told)


def _concluded(store: Store, file: File, numbers: dict[Said, int]) -> NDArray[np.void]:
    read = read_shard(store, file, ["doc_id", "license", "license_kind"])
    found = _of_ids(read.column("doc_id"))
    license_, kind = (read.column(name).combine_chunks() for name in ("license", "license_kind"))
    licenses, kinds = (pc.dictionary_encode(column, null_encoding="encode") for column in (license_, kind))
    pairs = np.column_stack([column.indices.to_numpy() for column in (licenses, kinds)])
    distinct, codes = np.unique(pairs, axis=0, return_inverse=True)
    known = [
        numbers.setdefault((kind_of_parent(expression, of), expression), len(numbers))
        for expression, of in (
            (licenses.dictionary[one].as_py(), kinds.dictionary[other].as_py()) for one, other in distinct.tolist()
        )
    ]
    found["said"] = np.array(known, np.uint32)[codes.ravel()]
    return found


def _claims(store: Store, file: File, shard: int) -> NDArray[np.void]:
    column = read_shard(store, file, ["parents"]).column("parents").combine_chunks()
    found = _of_ids(column.flatten().field("doc_id"))
    lengths = pc.list_value_length(column).to_numpy()
    found["side"], found["shard"] = 1, shard
    found["row"] = np.repeat(np.arange(len(lengths)), lengths)
    found["place"] = np.arange(len(found)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return found


def _met(chunk: NDArray[np.void]) -> NDArray[np.uint64]:
    """Shard, row, place and conclusion of every claim with every conclusion on its parent, which stand before it: a
    document may be in several snapshots."""
    changes = (chunk["key"][1:] != chunk["key"][:-1]) | (chunk["low"][1:] != chunk["low"][:-1])
    group = np.concatenate([[0], np.cumsum(changes)])
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    concluded = np.bincount(group[chunk["side"] == 0], minlength=len(starts))
    claims = np.flatnonzero(chunk["side"] == 1)
    times = concluded[group[claims]]
    each = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    parent = np.repeat(starts[group[claims]], times) + each
    places = [np.repeat(chunk[name][claims], times) for name in ("shard", "row", "place")]
    return np.column_stack([*places, chunk["said"][parent]]).astype(np.uint64)


def _of_ids(ids: pa.Array | pa.ChunkedArray) -> NDArray[np.void]:
    found = np.zeros(len(ids), MET)
    halves = np.frombuffer(b"".join(ids.to_pylist()), "<u8").reshape(-1, 2)
    found["key"], found["low"] = halves[:, 0], halves[:, 1]
    return found
