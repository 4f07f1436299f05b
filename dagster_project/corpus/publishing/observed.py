"""What only the rows of a mix can say: evidence behind each license, languages, lengths, findings, copies by source."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.rows import Wanted, beside, blocks, joined
from dagster_project.corpus.publishing.subject import Member, Subject
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

EXAMPLES = 10
IDENTITY = np.dtype([("key", "<u8"), ("low", "<u8")])  # a doc_id
CHOICE = "a choice between licenses was made"
DATES = ("published", "collected")
UNDATED = "unknown"
WANTED = {
    "licensed": ("license_kind",),
    "language": ("language",),
    "deduplicated": ("license_findings",),
    "snapshots": tuple(f"{name}_{part}" for name in DATES for part in ("at", "confidence")),
}


@dataclass
class Finding:
    """Documents of one source with one kind of finding, and those with the smallest ids as examples."""

    documents: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)

    def add(self, found: list[tuple[str, str]]) -> None:
        self.documents += len(found)
        self.examples = heapq.nsmallest(EXAMPLES, self.examples + found)


@dataclass
class Observed:
    """Counts over the members of a mix; findings over its distinct documents."""

    evidence: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    languages: Counter[str] = field(default_factory=Counter)
    words_histogram: Counter[str] = field(default_factory=Counter)
    years: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # by date; or UNDATED
    confidence: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # by date
    flows: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: dict[tuple[str, str], Finding] = field(default_factory=lambda: defaultdict(Finding))


def observe(subject: Subject) -> Observed:
    """One pass over the members of a mix."""
    observed = Observed()
    for member, table in joined(subject, WANTED):
        kinds = pc.fill_null(table.column("license_kind"), "none")
        for row in _counts(pa.table({"license": table.column("license"), "kind": kinds})):
            observed.evidence[row["license"]][row["kind"]] += row["count"]
        for row in _counts(table.select(["language"])):
            observed.languages[row["language"]] += row["count"]
        observed.words_histogram.update(histogram(table.column("words")))
        for name in DATES:
            observed.years[name].update(_years(table.column(f"{name}_at")))
            observed.confidence[name].update(_values(table.column(f"{name}_confidence")))
        for place, sums in _flows(table):
            observed.flows[place].update(sums)
        for label, found in _findings(table.filter(pc.equal(table.column("copy"), 0))).items():
            observed.findings[member.key, label].add(found)
    return observed


def distinct_documents(subject: Subject) -> int:
    """Documents of a mix, each once however many components and epochs hold it; sorted on disk when they are many."""
    with Spool(IDENTITY) as spool:
        for block in blocks(subject):
            spool.append(np.frombuffer(b"".join(block.column("doc_id").to_pylist()), IDENTITY))
        return sum(len(np.unique(chunk)) for chunk in spool.sorted())


def histogram(words: pa.ChunkedArray) -> dict[str, int]:
    """Documents by powers of two of their words, as the `counts` signals bin them."""
    numbers = words.to_numpy()
    bins = np.where(numbers > 0, np.floor(np.log2(np.maximum(numbers, 1))), -1).astype(int)
    names, counts = np.unique(bins, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def standing(store: Store, member: Member) -> dict[str, dict[str, int]]:
    """Documents and words of one source in a corpus that are rejected, withdrawn, survivors, or copies of some kind of
    one; where passages are cut, what is left of words, and the documents that are emptied."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: {"documents": 0, "words": 0})
    left: Wanted = {"passages": ("status", "words")} if "passages" in member.tables else {"counts": ("words",)}
    for table in beside(store, member, {"deduplicated": ("status", "kind"), **left}):
        suppressed = pc.equal(table.column("status"), "suppressed")
        names = pc.if_else(suppressed, table.column("kind"), table.column("status"))
        grouped = pa.table({"name": names, "words": table.column("words")}).group_by("name")
        for row in grouped.aggregate([("words", "count"), ("words", "sum")]).to_pylist():
            totals[row["name"]]["documents"] += row["words_count"]
            totals[row["name"]]["words"] += row["words_sum"]
    return totals


def kind_of(finding: str) -> str:
    """The kind of a finding, without its values: `evidence disagrees` of `evidence disagrees: registry=MIT`."""
    return CHOICE if finding.startswith("chose ") else visible(finding.partition(":")[0], 60)


def _years(moments: pa.ChunkedArray) -> dict[str, int]:
    """Entries by year, and those without a date."""
    return _values(pc.fill_null(pc.year(moments).cast(pa.string()), UNDATED))


def _values(column: pa.ChunkedArray) -> dict[str, int]:
    return {item["values"]: item["counts"] for item in column.value_counts().to_pylist()}


def _flows(table: pa.Table) -> Iterator[tuple[tuple[str, str], dict[str, int]]]:
    """By (component, phase): entries and their words, and of these the first of each document in its component."""
    is_first = pc.equal(table.column("copy"), 0)
    table = table.append_column("first", is_first.cast(pa.int64()))
    table = table.append_column("first_words", pc.if_else(is_first, table.column("words"), 0))
    sums = [("words", "count"), ("words", "sum"), ("first", "sum"), ("first_words", "sum")]
    for row in table.group_by(["component", "phase"]).aggregate(sums).to_pylist():
        yield (
            (row["component"], row["phase"]),
            {
                "documents": row["words_count"],
                "words": row["words_sum"],
                "first": row["first_sum"],
                "first_words": row["first_words_sum"],
            },
        )


def _findings(table: pa.Table) -> dict[str, list[tuple[str, str]]]:
    """By kind: (document, first finding of that kind) of every document that has one."""
    having = table.filter(pc.greater(pc.list_value_length(table.column("license_findings")), 0))
    found: dict[str, list[tuple[str, str]]] = {}
    for row in having.select(["doc_id", "license_findings"]).to_pylist():
        first = {kind_of(finding): finding for finding in sorted(row["license_findings"], reverse=True)}
        for label, finding in first.items():
            found.setdefault(label, []).append((row["doc_id"].hex(), visible(finding, 300)))
    return found


def _counts(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.group_by(table.column_names).aggregate([([], "count_all")]).to_pylist()
    return [{**row, "count": row["count_all"]} for row in rows]
