"""The numbers of an artifact that expectations judge: its model, its examples, and how well it does."""

from __future__ import annotations

from dagster_project.quality.counts import Counts
from dagster_project.quality.document_profiles import Numbers


def artifacts(counts: Counts) -> Numbers:
    examples = {
        f"{label}, {fate}": number
        for label, fates in counts.by_name("examples").items()
        for fate, number in fates.items()
    }
    told = counts.facts.get("artifact", {})
    measured = told.get("metrics", {}).get("roc_auc")
    numbers = {
        "rows": counts.rows,
        "model_bytes": _model_bytes(told),
        "unaccounted_examples": counts.rows - sum(examples.values()),
        "contradicting_examples": sum(number for name, number in examples.items() if name.endswith("contradictory")),
        "roc_auc": 1.0 if measured is None else measured,
    }
    return numbers, {"unaccounted_examples": examples, "contradicting_examples": examples}


def _model_bytes(told: dict[str, object]) -> int:
    """Size of the model; 0 where code is the model, and -1 where there is neither."""
    model, loading = told.get("model"), told.get("loading")
    if isinstance(model, dict):
        return sum(file["size_bytes"] for file in model["files"])
    return 0 if isinstance(loading, dict) and loading.get("factory") else -1
