"""Limits fitted to a language: what a policy asks of one language, said of another by reference texts of it.

The methods are those of FineWeb2 (Penedo et al. 2025), where a published limit speaks of a baseline, English:

    tail          the limit that removes a given share of the reference texts
    quantile      the limit that removes as large a share of the reference texts as it did of the baseline
    mean-std      the limit as many standard deviations from the mean as it was in the baseline
    median-ratio  the limit times the ratio of the medians
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.filtering.cascade import Cascade, Step
from dagster_project.corpus.filtering.rule import COMPARISONS
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe

Values = NDArray[np.float64]
LOWER, UPPER = ("min", "above"), ("max", "below")
DIGITS = 4  # significant, of a fitted limit
LEAST = 100  # documents that a language is judged by


class Sample(NamedTuple):
    """The values of every rule on some documents, by the name of its step."""

    documents: int
    values: Mapping[str, Values]


class Fitted(NamedTuple):
    """One limit before and after, and the share of the reference that each removes."""

    rule: str
    limit: str
    published: float
    fitted: float
    removed_before: float
    removed_after: float


@dataclass(frozen=True)
class Fit:
    """A policy with its new limits, and how each came about."""

    policy: PolicyRecipe
    limits: tuple[Fitted, ...]


Method = Callable[[float, bool, Values, Values], float]  # limit, whether it is a lower one, reference, baseline


def tail_of(share: float) -> Method:
    """The method that removes this share of the reference at each limit."""

    def tail(limit: float, is_lower: bool, reference: Values, baseline: Values) -> float:
        return float(np.quantile(reference, share if is_lower else 1 - share))

    return tail


def quantile(limit: float, is_lower: bool, reference: Values, baseline: Values) -> float:
    removed = float((baseline < limit).mean() if is_lower else (baseline > limit).mean())
    return float(np.quantile(reference, removed if is_lower else 1 - removed))


def mean_std(limit: float, is_lower: bool, reference: Values, baseline: Values) -> float:
    spread = float(baseline.std())
    if spread == 0:
        return limit
    return float(reference.mean() + (limit - baseline.mean()) / spread * reference.std())


def median_ratio(limit: float, is_lower: bool, reference: Values, baseline: Values) -> float:
    median = float(np.median(baseline))
    return limit * float(np.median(reference)) / median if median else limit


METHODS: dict[str, Method] = {"quantile": quantile, "mean-std": mean_std, "median-ratio": median_ratio}


def fit(
    cascade: Cascade, name: str, method: Method, reference: Sample, baseline: Sample | None, kept: Sequence[str]
) -> Fit:
    """The rules of a cascade as a policy of that name, each number fitted but those of the rules in `kept`."""
    for sample in filter(None, (reference, baseline)):
        if sample.documents < LEAST:
            raise Refused(f"{sample.documents} documents say too little of a language: give at least {LEAST}")
    steps: list[StepRecipe] = []
    limits: list[Fitted] = []
    made = 0
    for step in cascade.steps:
        for edit in step.edits[made:]:
            steps.append(StepRecipe(edit=edit.name, settings=dict(edit.settings)))
        made = len(step.edits)
        found = [] if step.recipe.rule in kept else _limits(step, method, reference, baseline)
        fitted: dict[str, Any] = {item.limit: item.fitted for item in found}
        steps.append(replace(step.recipe, **fitted))
        limits += found
    steps += [StepRecipe(edit=edit.name, settings=dict(edit.settings)) for edit in cascade.edits[made:]]
    return Fit(PolicyRecipe(name, tuple(steps), f"{cascade.policy}, fitted"), tuple(limits))


def _limits(step: Step, method: Method, reference: Sample, baseline: Sample | None) -> list[Fitted]:
    if not step.rule.value or step.rule.choices or step.rule.statements or step.rule.listing:
        return []
    values = _numbers(reference.values[step.name])
    base = _numbers(baseline.values[step.name]) if baseline else values
    found = []
    for limit in (*LOWER, *UPPER):
        published = getattr(step.recipe, limit)
        if published is None or not len(values) or not len(base):
            continue
        is_lower = limit in LOWER
        fitted = float(f"{method(published, is_lower, values, base):.{DIGITS}g}")
        shares = [float((~COMPARISONS[limit](values, at)).mean()) for at in (published, fitted)]
        found.append(Fitted(step.name, limit, published, fitted, *shares))
    return found


def _numbers(values: Values) -> Values:
    return values[~np.isnan(values)]
