"""What is told of support: sums by step, the histogram, warnings, and every phrase."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.audits.holdings import STEPS
from dagster_project.corpus.audits.support import DOCUMENTS, OCCURRENCES, Support, histogram, stages_of, support_table

EXAMPLES = 10


def support_report(found: Support) -> dict[str, Any]:
    """JSON-ready. Sums over phrases count a document once for each phrase that it supports."""
    stages = stages_of(found)
    return {
        "stages": {name: _stage(counts) for name, counts in stages.items()},
        "removed": [
            {
                "step": STEPS[reason.step],
                "reason": reason.said,
                "phrases": int((counts[:, DOCUMENTS] > 0).sum()),
                "documents": int(counts[:, DOCUMENTS].sum()),
                "occurrences": int(counts[:, OCCURRENCES].sum()),
            }
            for reason, counts in found.removed
            if counts.any()
        ],
        "edits": {"lost": int(found.lost_by_edits.sum()), "gained": int(found.gained_by_edits.sum())},
        "members": int(found.members.sum()),
        "occurrences": int(found.occurrences.sum()),
        "histogram": histogram(found.documents),
        "warnings": _warnings(found),
        "phrases": support_table(found).to_pylist(),
    }


def _stage(counts: Any) -> dict[str, int]:
    return {"documents": int(counts.sum()), "phrases": int((counts > 0).sum())}


def _warnings(found: Support) -> list[dict[str, Any]]:
    """Names that a model can hardly learn, and names that the steps took away altogether."""
    lost = (found.documents == 0) & (found.snapshots[:, DOCUMENTS] > 0)
    return [
        {
            "about": about,
            "phrases": int(chosen.sum()),
            "said": said,
            "examples": [name for name, is_it in zip(found.names, chosen, strict=True) if is_it][:EXAMPLES],
        }
        for about, chosen, said in (
            ("one context", found.documents == 1, "stand in one document alone, however often that comes"),
            ("lost", lost, "stand in the snapshots and nowhere in the mix"),
        )
        if chosen.any()
    ]
