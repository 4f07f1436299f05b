"""How documents are distributed over the values of a trait before a filter and after it, and how far that lies apart.

Distances are taken over the rows that are told, so that anybody can take them again: a trait without an order has a
row for each of the LISTED values with most documents, and one for all others. Over every rare value a filter that
removed half of the documents at random would seem to change everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.filtering.distances import jensen_shannon, total_variation
from dagster_project.corpus.filtering.tallies import UNITS, Tallied
from dagster_project.corpus.filtering.traits import TRAITS

LISTED = 20  # values of a trait that have a row of their own
LOST_MOST = 3
A_FALL = 0.001  # of a share, from which on it is told
DIGITS = 6
WHEN = ("before", "after")
WEIGHED = UNITS[:2]  # documents and words
COUNTS = tuple(f"{when}_{unit}" for when in WHEN for unit in WEIGHED)
Facts = dict[str, Any]


def distributions(tallied: Tallied, missing: Mapping[str, str]) -> list[Facts]:
    """Every trait; of one that no version tells, which partition would (`missing`)."""
    by_trait: dict[str, list[Facts]] = {name: [] for name in TRAITS}
    for row in tallied.table.to_pylist():
        by_trait[row["trait"]].append(row)
    return [
        {
            "trait": name,
            "title": TRAITS[name].title,
            "missing": missing.get(name, ""),
            "short": tallied.short,
            **_distribution([] if name in missing else rows, TRAITS[name].is_ordered),
        }
        for name, rows in by_trait.items()
    ]


def _distribution(rows: Sequence[Facts], is_ordered: bool) -> Facts:
    """Rows with shares before and after; distances of both; and whose share of documents fell most."""
    told = list(_told(rows, is_ordered))
    totals = {name: sum(row[name] for row in told) for name in COUNTS}
    shares = [_shares(row, totals) for row in told]
    fallen = [row for row in shares if row["share_before"] - row["share_after"] >= A_FALL]
    most = sorted(fallen, key=lambda row: row["share_after"] - row["share_before"])[:LOST_MOST]
    distance = {unit: _distance(*([row[f"{when}_{unit}"] for row in told] for when in WHEN)) for unit in WEIGHED}
    return {"rows": shares, "distance": distance, "lost_most": [shares.index(row) for row in most]}


def _distance(before: Sequence[int], after: Sequence[int]) -> Facts:
    found = {
        "jensen_shannon": jensen_shannon(before, after),
        "total_variation": total_variation(before, after),
    }
    return {name: None if value is None else round(value, DIGITS) for name, value in found.items()}


def _told(rows: Sequence[Facts], is_ordered: bool) -> Iterator[Facts]:
    """The rows that are told apart: by their order, the unknown one last; or the largest, and one for all others."""
    known = [row for row in rows if not row["rest"]]
    if is_ordered:
        known.sort(key=lambda row: (row["value"] is None, int(row["value"] or 0)))
        yield from ({**row, "kind": _kind(row)} for row in known)
        return
    known.sort(key=lambda row: (-row["before_documents"], row["value"] is None, row["value"] or ""))
    yield from ({**row, "kind": _kind(row)} for row in known[:LISTED])
    others = [*known[LISTED:], *(row for row in rows if row["rest"])]
    if others:
        yield {**{name: sum(row[name] for row in others) for name in COUNTS}, "value": None, "kind": "others"}


def _kind(row: Facts) -> str:
    return "unknown" if row["value"] is None else "value"


def _shares(row: Facts, totals: Mapping[str, int]) -> Facts:
    """A row with its share of all documents before and of those kept, and the share of its own that was kept."""
    before, after = row["before_documents"], row["after_documents"]
    return {
        "value": row["value"],
        "kind": row["kind"],
        "before": {unit: row[f"before_{unit}"] for unit in WEIGHED},
        "after": {unit: row[f"after_{unit}"] for unit in WEIGHED},
        "share_before": round(before / (totals["before_documents"] or 1), DIGITS),
        "share_after": round(after / (totals["after_documents"] or 1), DIGITS),
        "kept": round(after / before, DIGITS),
    }
