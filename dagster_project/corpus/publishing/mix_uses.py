"""How a mix uses its documents: how often, when, in which phase, how they are written, and what was taken down."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.publishing.observed import DATES, Observed
from dagster_project.corpus.publishing.subject import Subject


def in_use_of(subject: Subject, observed: Observed) -> dict[str, Any]:
    """Facts of a mix beside what it is made of. `flows` are entries and words by component and phase."""
    mixed, exported = subject.mixed, subject.published.profile if subject.published else {}
    return {
        "flows": [
            {"component": component, "phase": phase, **sums}
            for (component, phase), sums in sorted(observed.flows.items())
        ],
        "repetition": dict(mixed.facts["repetition"]),
        "turns": dict(exported.get("turns", {})),
        "learned_tokens": exported.get("learned_tokens"),
        "rendering": exported.get("rendering"),
        "cut": mixed.profile.get("cut", 0),
        "taken_down": {
            **{name: dict(mixed.profile.get("taken_down", {}).get(name, {})) for name in ("members", "documents")},
            "entries": list(mixed.facts.get("takedowns", ())),
        },
        "ages": {
            name: {
                "years": dict(sorted(observed.years[name].items())),
                "confidence": dict(sorted(observed.confidence[name].items())),
            }
            for name in DATES
        },
    }
