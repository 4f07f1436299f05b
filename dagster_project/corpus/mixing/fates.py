"""What becomes of every document below a mix: a row for each, with how far it is from being a member, and why.

Of several components the one that a document came nearest to counts; of all reasons there is one, the first that the
gate has.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.contamination.answers import SEARCHED
from dagster_project.corpus.kernels.texts import ids_of
from dagster_project.corpus.mixing.candidates import rates_of, read_candidates, with_source
from dagster_project.corpus.mixing.distinct import distinct_rows
from dagster_project.corpus.mixing.replays import replayed
from dagster_project.corpus.mixing.selection import Gate, Rows
from dagster_project.corpus.mixing.standing import Standing, standing
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.storage.shards import iterate_shard
from dagster_project.corpus.storage.stores import Store

ROW = np.dtype(
    [
        ("key", "<u8"),  # the two halves of a doc_id
        ("low", "<u8"),
        ("side", "u1"),  # 0 before, 1 after
        ("distance", "u1"),  # from being a member, which is at 0
        ("reason", "<u4"),
        ("shard", "<u4"),  # of documents
        ("row", "<u4"),
        ("words", "<u4"),
    ]
)
MEMBER, ELIGIBLE, REFUSED, OUTSIDE, UNSEEN, UNHELD, GONE = range(7)  # distances
STATUS = {"suppressed": "a copy of another document", "emptied": "cuts left no word of it", "withdrawn": "taken down"}
LICENSE = "license: "  # before the reason of a license policy, as the gate says it
COLUMNS = ("doc_id", "documents", "row", "words")
BATCH_ROWS = 1 << 16


class Names:
    """Names by number and numbers by name, in the order of their first use."""

    def __init__(self, *names: str):
        self.numbers: dict[str, int] = {}
        for name in names:
            self.of(name)

    def of(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def members_of(store: Store, mix: Manifest, shards: Names) -> Iterator[NDArray[np.void]]:
    """ROWs of the members of a mix, `side` still to be filled in."""
    for file in mix.files:
        for batch in iterate_shard(store, file, COLUMNS, BATCH_ROWS):
            rows = _rows(batch)
            coded = batch.column("documents").dictionary_encode()
            numbers = np.array([shards.of(digest) for digest in coded.dictionary.to_pylist()], np.uint32)
            rows["shard"] = numbers[coded.indices.to_numpy()] if batch.num_rows else 0
            rows["row"], rows["distance"] = batch.column("row").to_numpy(), MEMBER
            yield rows


def candidates_of(store: Store, mix: Manifest, shards: Names, reasons: Names) -> Iterator[NDArray[np.void]]:
    """The same of all documents below it, with the reason of each as if it were no member."""
    found = standing(store, mix)
    gate = Gate(found.mix.components, found.mix.licenses)
    gate.find_bounds(lambda: ((table, corpus, source) for _, table, corpus, source in _tables(store, found)))
    for documents, read, corpus, source in _tables(store, found):
        table = gate.licenses.decided(read)
        rows = _rows(table)
        rows["shard"], rows["row"] = shards.of(documents), table.column("row").to_numpy()
        rows["distance"], rows["reason"] = UNSEEN, _statuses(table, reasons)
        _judge(found, gate, rows, table, (corpus, source), reasons)
        yield rows
    for origin, earlier in found.replayed.items():
        yield from _unheld(store, earlier, origin, shards, reasons)


def _tables(store: Store, found: Standing) -> Iterator[tuple[str, pa.Table, str, str]]:
    """The candidates of corpora, then those of replayed mixes: the digest of their documents shard, their columns with
    the rows there, and of what and which source they are."""
    for shard, (table, corpus, source) in zip(found.shards, read_candidates(store, found.shards), strict=True):
        yield shard.file.sha256, table.append_column("row", pa.array(np.arange(len(table)))), corpus, source
    for origin, mix in found.replayed.items():
        for item in replayed(store, mix):
            table = item.table.drop_columns([SEARCHED]).append_column("rule", pa.nulls(len(item.table), pa.string()))
            yield item.documents, with_source(table, item.source), origin, item.source


def _unheld(store: Store, earlier: Manifest, origin: str, shards: Names, reasons: Names) -> Iterator[NDArray[np.void]]:
    """All documents below a mix that is replayed, with the reason of each as if that mix did not hold it: farther than
    anything that is said of those which it holds."""
    own = Names()
    for rows in candidates_of(store, earlier, shards, own):
        told = np.array([reasons.of(f"not in {origin}, which is replayed: {why}") for why in own.numbers], np.uint32)
        rows["reason"], rows["distance"] = told[rows["reason"]], UNHELD
        yield rows


def _rows(table: pa.Table | pa.RecordBatch) -> NDArray[np.void]:
    rows = np.zeros(table.num_rows, ROW)
    halves = np.ascontiguousarray(ids_of(table.column("doc_id"))).view("<u8").reshape(-1, 2)
    rows["key"], rows["low"], rows["words"] = halves[:, 0], halves[:, 1], table.column("words").to_numpy()
    return rows


def _statuses(table: pa.Table, reasons: Names) -> NDArray[np.uint32]:
    """The reason of every document that no component looks at."""
    told, codes = distinct_rows([table.column("status"), table.column("rule")])
    return np.array([reasons.of(_status(status, rule)) for status, rule in told], np.uint32)[codes]


def _status(status: str, rule: str | None) -> str:
    if status == "rejected":
        return f"rejected by rule {rule}" if rule else "rejected"
    return STATUS.get(status, "of a source that no component takes from")


def _judge(
    found: Standing, gate: Gate, rows: NDArray[np.void], table: pa.Table, place: tuple[str, str], reasons: Names
) -> None:
    """Write down the farthest that a document gets with any component."""

    def note(component: str, why: str, of: Rows, distance: int = OUTSIDE) -> None:
        nearer = of[rows["distance"][of] > distance]
        rows["distance"][nearer], rows["reason"][nearer] = distance, reasons.of(why)

    def refused(component: str, reason: str, of: Rows) -> None:
        if reason.startswith(LICENSE):
            note(component, f"its license was refused: {reason.removeprefix(LICENSE)}", of, REFUSED)
        else:
            note(component, f"outside the selection of {component}: {reason}", of)

    gate.note = refused
    for eligible in gate.pass_through(table, *place):
        component = found.mix.components[eligible.component]
        clean, hit = _apart(found, table, eligible.rows)
        note(component.name, "it repeats a benchmark", hit, REFUSED)
        if component.sample:
            rates = rates_of(gate.components[eligible.component], table.take(pa.array(clean)))
            note(component.name, f"outside the selection of {component.name}: sample", clean[rates == 0])
            clean = clean[rates > 0]
        selected = "outside the selection or " if component.name in found.unanswered else ""
        note(component.name, f"{selected}beyond the budget of {component.name}", clean, ELIGIBLE)


def _apart(found: Standing, table: pa.Table, rows: Rows) -> tuple[Rows, Rows]:
    """Those that repeat no benchmark which the mix keeps out, and those that do."""
    names = [name for name in table.column_names if name.endswith(f"/{SEARCHED}")]
    is_hit = np.zeros(table.num_rows, bool)
    for name in names:
        is_hit |= np.diff(table.column(name).combine_chunks().offsets.to_numpy()) > 0
    return rows[~is_hit[rows]], rows[is_hit[rows]]
