"""Fitted limits and the shares that they remove."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.corpus.filtering.cascade import cascade_of
from dagster_project.corpus.filtering.fitting import Sample, fit, tail_of
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe


@pytest.mark.parametrize(("limit", "before"), [("min", 0.0), ("above", 0.25), ("max", 0.75), ("below", 1.0)])
def test_a_strict_limit_removes_its_own_value(limit: str, before: float) -> None:
    policy = PolicyRecipe("p", (StepRecipe(rule="characters", **{limit: 0.0}),))  # type: ignore[arg-type]
    values = np.array([0.0, 1, 2, 3] * 25)
    found = fit(cascade_of(policy, {}.__getitem__), "f", tail_of(0.1), Sample(100, {"characters": values}), None, ())
    (item,) = found.limits
    assert (item.limit, item.removed_before) == (limit, before)
