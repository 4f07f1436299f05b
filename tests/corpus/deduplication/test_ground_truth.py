"""Planted near copies: who is compared follows the S-curve of the parameters, and the similarity told is right."""

from __future__ import annotations

import random
from string import ascii_lowercase

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.kernels.bands import band_keys
from dagster_project.corpus.kernels.minhash import signatures
from dagster_project.corpus.kernels.sketches import sketch_jaccard
from dagster_project.corpus.kernels.texts import buffers

SHINGLES, NGRAM, PAIRS, SKETCH = 400, 5, 400, 256
DEVIATIONS = 4  # a right figure is further off once in 16,000


def planted(similarity: float, seed: int) -> tuple[list[str], float]:
    """PAIRS pairs of texts side by side, and their Jaccard similarity: they share their first words and no others."""
    draw = random.Random(seed)
    shared = round(2 * SHINGLES * similarity / (1 + similarity))
    texts = []
    for _ in range(PAIRS):
        words = ["".join(draw.choices(ascii_lowercase, k=10)) for _ in range(2 * SHINGLES + 2 * NGRAM)]
        head, one, other = (
            words[: shared + NGRAM - 1],
            words[shared + NGRAM - 1 : SHINGLES + NGRAM - 1],
            words[-SHINGLES:],
        )
        texts += [" ".join(head + one), " ".join(head + other[: len(one)])]
    return texts, shared / (2 * SHINGLES - shared)


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 5)])
@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_candidates_and_estimates(similarity: float, bands: int, rows: int) -> None:
    texts, exact = planted(similarity, seed=int(1000 * similarity) + bands)
    found = signatures(*buffers(pa.array(texts)), permutations=bands * rows, ngram=NGRAM, sketch=SKETCH)
    assert found.shingles.tolist() == [SHINGLES] * len(texts)
    keys = band_keys(found.minima, bands=bands, rows=rows)
    met = (keys[::2] == keys[1::2]).any(axis=1).mean()
    expected = 1 - (1 - exact**rows) ** bands
    assert abs(met - expected) <= DEVIATIONS * np.sqrt(expected * (1 - expected) / PAIRS) + 1e-9
    agreement = (found.minima[::2] == found.minima[1::2]).mean(axis=1)
    deviation = np.sqrt(exact * (1 - exact) / (bands * rows))
    assert abs(agreement.mean() - exact) <= DEVIATIONS * deviation / np.sqrt(PAIRS)
    assert abs(agreement.std() / deviation - 1) < 0.2
    sides = found.sketch[::2], found.sketch_sizes[::2], found.sketch[1::2], found.sketch_sizes[1::2]
    verified = sketch_jaccard(*(np.ascontiguousarray(side) for side in sides))
    assert abs(verified.mean() - exact) <= DEVIATIONS * np.sqrt(exact * (1 - exact) / SKETCH / PAIRS)
    assert verified.std() < deviation
