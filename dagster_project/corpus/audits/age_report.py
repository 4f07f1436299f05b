"""What is told of the ages of a mix: histograms, medians and their gap to a target, anachronisms, warnings."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.audits.ages import (
    AMOUNTS,
    ANACHRONISMS,
    DATES,
    Ages,
    after,
    date_of,
    median_of,
    newest,
    periods,
    sources_of,
)

MOSTLY_UNKNOWN = 0.5


def age_report(ages: Ages, *, target: int | None = None, gap_days: int = 365, quarters: bool = False) -> dict[str, Any]:
    """JSON-ready. The gap is from the median of the words to the target, in days; None where nothing has a date."""
    at = newest(ages.days) if target is None else target
    sources = [_source(ages, name, at, quarters) for name in sources_of(ages.days)]
    return {
        "target": date_of(at) if at is not None else None,
        "sources": sources,
        "after_target": after(ages.days, at) if at is not None else 0,
        "anachronisms": [
            {
                "what": name,
                "meaning": meaning,
                "by_source": {source: counts[name] for source, counts in ages.anachronisms.items()},
                "documents": _sum([counts[name] for counts in ages.anachronisms.values()]),
            }
            for name, meaning in ANACHRONISMS.items()
        ],
        "warnings": list(_warnings(sources, gap_days)),
    }


def _source(ages: Ages, name: str, target: int | None, quarters: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"source": name}
    for date in DATES:
        medians = {amount: median_of(ages.days, name, date, amount) for amount in AMOUNTS}
        median = medians["words"].day
        told[date] = {
            "median": {amount: found.day and date_of(found.day) for amount, found in medians.items()},
            "unknown": {amount: found.unknown for amount, found in medians.items()},
            "gap_days": target - median if target is not None and median is not None else None,
            "periods": periods(ages.days, name, date, quarters),
        }
    return told


def _warnings(sources: list[dict[str, Any]], gap_days: int) -> Any:
    for found in sources:
        gap, unknown = found["published"]["gap_days"], found["published"]["unknown"]["words"]
        if gap is not None and abs(gap) > gap_days:
            side = "before" if gap > 0 else "after"
            yield {"about": found["source"], "said": f"half of its words are from {abs(gap):,} days {side} the target"}
        if unknown > MOSTLY_UNKNOWN:
            yield {"about": found["source"], "said": f"{unknown:.0%} of its words have no date of publication"}


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
