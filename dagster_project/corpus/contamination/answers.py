"""The answer for each benchmark that somebody asked about: clean or hit, and of how many items nothing can be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLEAN, HIT = "clean", "hit"
TOLD = ("items", "ngrams", "whole", "too_short", "untold")  # of what is looked for
SEARCHED = "contaminated"  # in a profile: what was found, by benchmark


def promised(artifacts: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What is told of every benchmark of some artifacts (`stored.told_of`), by the name that promises have:
    `evals@1/gsm8k`."""
    return {f"{key}/{name}": told for key, benchmarks in artifacts.items() for name, told in benchmarks.items()}


def answers(told: Mapping[str, Mapping[str, Any]], counted: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One answer per benchmark, from what is told of it and from what a search counted. It is not of items that are too
    short or untold: of those nothing is known."""
    return [
        {
            "benchmark": name,
            "status": HIT if counted[name]["items"] else CLEAN,
            **{key: known[key] for key in TOLD},
            "items_hit": len(counted[name]["items"]),
            **{key: count for key, count in counted[name].items() if key != "items"},
        }
        for name, known in told.items()
    ]
