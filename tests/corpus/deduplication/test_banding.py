"""Bands: the S-curve by its published values, and datasketch's optimal parameters as the least error of all."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_project.corpus.deduplication.banding import chance, optimal_bands
from dagster_project.corpus.model.recipes import FingerprintRecipe

PUBLISHED = {0.5: 0.053, 0.6: 0.211, 0.7: 0.565, 0.75: 0.772, 0.8: 0.924, 0.85: 0.988, 0.9: 1.0}  # of 14 × 8


def test_the_curve_of_the_defaults_is_the_published_one() -> None:
    recipe = FingerprintRecipe()
    assert {at: round(chance(at, recipe.bands, recipe.rows), 3) for at in PUBLISHED} == PUBLISHED
    assert chance(0.6847, recipe.bands, recipe.rows) == pytest.approx(0.5, abs=0.001)


def error(similarity: float, bands: int, rows: int) -> float:
    """The pairs that meet below the similarity and miss each other above it, by adding up a thousand of either."""
    below, above = np.linspace(0, similarity, 2001)[1::2], np.linspace(similarity, 1, 2001)[1::2]
    met = [chance(at, bands, rows) for at in below]
    missed = [1 - chance(at, bands, rows) for at in above]
    return float(similarity * np.mean(met) + (1 - similarity) * np.mean(missed))


@pytest.mark.parametrize("similarity", [0.5, 0.65, 0.7, 0.8, 0.9])
def test_the_optimal_parameters_have_the_least_error(similarity: float) -> None:
    found = optimal_bands(similarity, 48)
    every = [(bands, rows) for bands in range(1, 49) for rows in range(1, 48 // bands + 1)]
    assert error(similarity, *found) <= min(error(similarity, *each) for each in every) + 1e-6


def test_the_defaults_are_optimal_for_a_similarity_of_two_thirds() -> None:
    recipe = FingerprintRecipe()
    assert optimal_bands(0.66, recipe.bands * recipe.rows) == (recipe.bands, recipe.rows)
    assert optimal_bands(0.75, recipe.bands * recipe.rows) == (11, 10)
