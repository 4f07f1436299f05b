"""The numbers of an artifact that expectations judge: its model, its examples, and how well it does."""

from __future__ import annotations

from typing import Any

from dagster_project.quality.counts import Counts, share
from dagster_project.quality.document_profiles import Numbers


def artifacts(counts: Counts) -> Numbers:
    examples = {
        f"{label}, {fate}": number
        for label, fates in counts.by_name("examples").items()
        for fate, number in fates.items()
    }
    told = counts.facts.get("artifact", {})
    hardly = _hardly(told.get("benchmarks", {}))
    measured = told.get("metrics", {}).get("roc_auc")
    numbers = {
        "rows": counts.rows,
        "model_bytes": _model_bytes(told),
        "unaccounted_examples": counts.rows - sum(examples.values()),
        "contradicting_examples": sum(number for name, number in examples.items() if name.endswith("contradictory")),
        "roc_auc": 1.0 if measured is None else measured,
        "empty_clusters": sum(not item["documents"] for item in told.get("clusters", ())),
        "benchmarks_hardly_searched_for": len(hardly),
    }
    offenders = {"unaccounted_examples": examples, "contradicting_examples": examples}
    return numbers, {**offenders, "benchmarks_hardly_searched_for": hardly}


def _hardly(benchmarks: dict[str, Any]) -> dict[str, float]:
    """Benchmarks of which most items are too short or mere templates, and the share that those are."""
    shares = {name: share(told["too_short"] + told["untold"], told["items"]) for name, told in benchmarks.items()}
    return {name: found for name, found in shares.items() if found > 0.5}


def _model_bytes(told: dict[str, object]) -> int:
    """Size of the model or of the index; 0 where code is the model, and -1 where there is none of them."""
    model, loading, index = told.get("model"), told.get("loading"), told.get("index")
    if isinstance(index, dict):
        return int(index["file"]["size_bytes"])
    if isinstance(model, dict):
        return sum(file["size_bytes"] for file in model["files"])
    return 0 if isinstance(loading, dict) and loading.get("factory") else -1
