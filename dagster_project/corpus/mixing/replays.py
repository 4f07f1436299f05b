"""The members of an earlier version of a mix as candidates of a new one: each document once, with the number of copies
that it has there, so that one pass over them is one run through the earlier mix in its own proportions.

Replay for continual pretraining: Ibrahim et al. 2024, arXiv:2403.08763. A document that stands in the earlier mix with
several texts (by policies of several components) has the place, the text and the component of its first member there.
Members that were cut are not replayed. Members are sorted by document, then by shard: 80 bytes for each, on disk beyond
a memory limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.mixing.distinct import Row, distinct_rows
from dagster_project.corpus.mixing.members import Members
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.rows import column_of
from dagster_project.corpus.storage.runs import Cursor, Runs
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

LABELS = ("source", "component", "phase", "license", "license_class", "license_kind", "language")
OFFERED = "license_offered"
TOLD = (*LABELS, "words", "tokens", "copies")  # what expressions may read of replayed members
SHARD = ("documents", "edits", "source")  # what the candidates of one table share
READ = (*dict.fromkeys(("doc_id", "family", "parent", "words", "tokens", "row", *LABELS, OFFERED, *SHARD)),)
COLUMNS = 10  # of member rows: id (2), index, shard, row, family, parent, words, tokens, label
FIRST_SHARD = 1  # a cursor asks for what is below a number of at least 1
MEMORY_BYTES = 256 << 20
BATCH_ROWS = 1 << 16
Numbers = NDArray[np.uint64]
NOTHING: Mapping[str, NDArray[np.int64]] = MappingProxyType({})


class Replayed(NamedTuple):
    """The documents of one shard that an earlier mix took: digests of the documents shard and of the shard with their
    edits, their source, and a table with a row for each, `row` its place in the documents shard."""

    documents: str
    edits: str
    source: str
    table: pa.Table


def replayed(store: Store, mix: Manifest, gone: Mapping[str, NDArray[np.int64]] = NOTHING) -> Iterator[Replayed]:
    """The distinct documents of a version of a mix by shard, in the order in which the mix first needs the shards,
    without those in rows that are gone, int64[n] ascending by the digest of their documents shard."""
    if lacking := sorted({*READ, "cut"} - {*dict(mix.identity.schema)}):
        raise Refused(f"mix {mix.id[:12]} does not tell {', '.join(lacking)}: replay a version that was built since")
    shards, labels = _Codes(), _Codes()
    with Runs(COLUMNS, MEMORY_BYTES // 2) as by_shard:
        with Runs(COLUMNS, MEMORY_BYTES // 2) as by_document:
            for rows in _members(store, mix, shards, labels):
                by_document.append(rows)
            for rows in _whole_documents(by_document.sorted()):
                by_shard.append(_distinct(rows))
        cursor = Cursor(COLUMNS, by_shard.sorted())
        for number, (documents, edits, source) in enumerate(shards.known):
            rows = cursor.before(number + FIRST_SHARD + 1)
            if documents in gone:
                rows = rows[~np.isin(rows[:, 1].astype(np.int64), gone[documents])]
            if len(rows):
                yield Replayed(documents, edits, source, _table(rows, labels))


class Places:
    """Where candidates lie in documents shards, of those tables that hold some of their rows: 4 bytes per document."""

    def __init__(self) -> None:
        self.rows: list[NDArray[np.int32] | None] = []

    def add(self, table: pa.Table) -> None:
        """The next table, in the order of the candidates."""
        self.rows.append(table.column("row").to_numpy() if "row" in table.column_names else None)

    def of(self, members: Members) -> NDArray[np.int32]:
        """The row of each member in its documents shard."""
        found = members["row"].astype(np.int32)
        for shard in np.unique(members["shard"]).tolist():
            if (rows := self.rows[shard]) is not None:
                chosen = members["shard"] == shard
                found[chosen] = rows[members["row"][chosen]]
        return found


class _Codes:
    """Rows of labels by number, in the order in which they were first met."""

    def __init__(self) -> None:
        self.known: dict[Row, int] = {}

    def of(self, columns: Sequence[pa.Array]) -> Numbers:
        rows, codes = distinct_rows(columns)
        known = np.array([self.known.setdefault(row, len(self.known)) for row in rows], np.uint64)
        return known[codes]


def _members(store: Store, mix: Manifest, shards: _Codes, labels: _Codes) -> Iterator[Numbers]:
    """Rows (id, index, shard, row, family, parent, words, tokens, label) of all members; tokens are one more than they
    are, 0 where they were not counted."""
    index = 0
    for file in mix.files:
        for read in iterate_shard(store, file, (*READ, "cut"), BATCH_ROWS):
            batch = read.filter(pc.is_null(read.column("cut")))
            tokens = pc.add(pc.fill_null(batch.column("tokens"), -1), 1)
            numbers = [batch.column(name).to_numpy() for name in ("row", "family", "parent", "words")]
            columns = [
                np.ascontiguousarray(ids_of(batch.column("doc_id"))).view("<u8").reshape(-1, 2),
                np.arange(index, index + batch.num_rows),
                shards.of([batch.column(name) for name in SHARD]) + np.uint64(FIRST_SHARD),
                *numbers,
                tokens.to_numpy(),
                labels.of([batch.column(name) for name in (*LABELS, OFFERED)]),
            ]
            yield np.column_stack([column.astype(np.uint64) for column in columns])
            index += batch.num_rows


def _as_offered(label: Row) -> Row:
    """LABELS of a member, with the license that there was before one was chosen."""
    told = dict(zip((*LABELS, OFFERED), label, strict=True))
    offered = told.pop(OFFERED)
    if offered != told["license"]:
        told |= {"license": offered, "license_class": class_of(str(offered))}
    return tuple(told.values())


def _whole_documents(chunks: Iterator[Numbers]) -> Iterator[Numbers]:
    """The same rows, sorted by document, in chunks that hold all rows of their documents."""
    held = np.empty((0, COLUMNS), np.uint64)
    for chunk in chunks:
        rows = np.concatenate([held, chunk])
        last = _starts(rows)[-1]
        yield rows[:last]
        held = rows[last:]
    yield held


def _distinct(rows: Numbers) -> Numbers:
    """Of each document its first row as (shard, row, id, family, parent, words, tokens, label, copies)."""
    starts = _starts(rows)
    copies = np.diff(starts, append=len(rows)).astype(np.uint64)
    return np.column_stack([rows[starts][:, [3, 4, 0, 1, 5, 6, 7, 8, 9]], copies])


def _starts(rows: Numbers) -> NDArray[np.int64]:
    """Where another document begins."""
    differs = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(rows)), bool), differs]))


def _table(rows: Numbers, labels: _Codes) -> pa.Table:
    """What candidates are read by. All of them survived, and repeat nothing of the benchmarks that the earlier mix was
    found to be clean of. The license policy chooses again of what was offered."""
    label, tokens = pa.array(rows[:, 8].astype(np.int64)), rows[:, 7].astype(np.int64)
    values = zip(*map(_as_offered, labels.known), strict=True)
    nothing = pa.ListArray.from_arrays(np.zeros(len(rows) + 1, np.int32), pa.array([], pa.string()))
    return pa.table(
        {
            "doc_id": column_of(rows[:, 2:4]),
            "row": pa.array(rows[:, 1].astype(np.int32)),
            "family": column_of(np.column_stack([rows[:, 4], np.zeros(len(rows), np.uint64)])),
            "parent": pa.array(rows[:, 5]),
            "words": pa.array(rows[:, 6].astype(np.int64)),
            "tokens": pa.array(tokens - 1, mask=tokens == 0),
            "copies": pa.array(rows[:, 9].astype(np.int64)),
            "status": pa.repeat("survivor", len(rows)),
            SEARCHED: nothing,
            **{name: pa.array(of, pa.string()).take(label) for name, of in zip(LABELS, values, strict=True)},
        }
    )
