"""What policies say of texts in memory: the signals they need and their verdicts, without any store.

This is what a peer's filters do whose texts are in memory, too; the kernels, rules and tables are those of every build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.measuring import EDITING, program_of
from dagster_project.corpus.filtering.cascade import Cascade
from dagster_project.corpus.filtering.verdicts import Edited, judging_of, verdicts
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.measurements import Edits, Measurement
from dagster_project.corpus.signals.groups import GROUPS, Measuring, measure_blocks
from tests.benchmarks.theirs import Verdict


class Judged(NamedTuple):
    """Seconds of the signals and of the verdicts of some policies, and the verdicts by policy."""

    signals: float
    verdicts: float
    found: Mapping[str, list[Verdict]]

    @property
    def seconds(self) -> float:
        return self.signals + self.verdicts


def judge_texts(library: Library, policies: Sequence[str], texts: pa.ChunkedArray) -> Judged:
    """The signals of some policies of a library, each view of the text read once, and then their verdicts."""
    measuring = library.planner.measuring
    cascades = {name: measuring.cascade_named(name)[0] for name in policies}
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(texts))], ID)
    documents = pa.table({"doc_id": ids, "text": texts})
    start = perf_counter()
    signals = measure(documents, dict.fromkeys(item for found in cascades.values() for item in measuring.of(found)))
    measured = perf_counter()
    tables = {name: _verdicts(library, cascade, signals) for name, cascade in cascades.items()}
    judged = perf_counter()
    rows = {name: table.select(["keep", "rule", "value"]).to_pylist() for name, table in tables.items()}
    return Judged(
        measured - start, judged - measured, {name: [Verdict(**row) for row in rows[name]] for name in policies}
    )


def measure(documents: pa.Table, wanted: Iterable[Measurement]) -> pa.Table:
    """Every signal of some measurements, each column named by its part; edits come before the views that they make."""
    by_view: dict[Edits, list[Measurement]] = {}
    for item in wanted:
        by_view.setdefault(() if item.group == EDITING else item.edits, []).append(item)
    columns = {"doc_id": documents.column("doc_id")}
    for view in sorted(by_view, key=len):
        read = documents
        if view:
            read = documents.append_column("edits", columns[Measurement(EDITING, view).part + "/edits"])
        tables = measure_blocks([(_at_work(item), {}) for item in by_view[view]], read)
        for item, (table, _) in zip(by_view[view], tables, strict=True):
            columns |= {f"{item.part}/{name}": table.column(name) for name in table.column_names[1:]}
    return pa.table(columns)


def _at_work(item: Measurement) -> Measuring:
    taken: dict[str, Any] = {"program": program_of(item.edits)} if item.group == EDITING else {}
    return Measuring(GROUPS[item.group].measure, taken)


def _verdicts(library: Library, cascade: Cascade, signals: pa.Table) -> pa.Table:
    place = library.planner.measuring.column
    edits = Measurement(EDITING, cascade.edits).part + "/edits" if cascade.edits else ""
    edited = Edited(edits, place(cascade.emptying, "words")) if cascade.emptying else None
    table, _ = verdicts(signals, {}, [judging_of(step, place) for step in cascade.steps], edited)
    return table
