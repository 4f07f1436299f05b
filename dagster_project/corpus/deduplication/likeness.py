"""How alike two documents are by their stored fingerprints, where no comparison of them was recorded.

Equal digests tell copies for certain. Sketches tell the similarity exactly of documents with fewer shingles than they
hold, and else estimate it; where none are stored, signatures do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.fingerprints import rows_of
from dagster_project.corpus.deduplication.keys import DIGESTS, NEAR
from dagster_project.corpus.kernels.sketches import sketch_jaccard
from dagster_project.corpus.model.recipes import FingerprintRecipe

COLUMNS = (*(column for _, column in DIGESTS), "shingles", "signature", "sketch")


class Likeness(NamedTuple):
    """Of one document to each of some others."""

    kinds: NDArray[np.int64]  # EXACT or NORMALIZED by their digests, else NEAR
    similarity: NDArray[np.float64]  # Jaccard; not a number where either is too short for shingles and digests differ


def likeness(one: pa.Table, others: pa.Table, recipe: FingerprintRecipe) -> Likeness:
    """Both tables have COLUMNS, the first in one row."""
    kinds = np.full(len(others), NEAR)
    for kind, column in reversed(DIGESTS):
        kinds[equal_to(others.column(column), one.column(column))] = kind
    similarity = _by_sketches(one, others, recipe) if recipe.sketch else _by_signatures(one, others, recipe)
    has_none = others.column("shingles").to_numpy() == 0
    similarity[has_none | (one.column("shingles").to_numpy() == 0)] = np.nan
    similarity[kinds != NEAR] = 1.0
    return Likeness(kinds, similarity)


def equal_to(others: pa.ChunkedArray, one: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which of some values are the same as the only one of another column."""
    found: NDArray[np.bool_] = pc.equal(others, one[0]).to_numpy()
    return found


def signatures_of(prints: pa.Table, recipe: FingerprintRecipe) -> NDArray[np.uint32]:
    """uint32[n, permutations]."""
    found: NDArray[np.uint32] = rows_of(prints.column("signature"), "<u4", recipe.bands * recipe.rows)[0]
    return found


def _by_signatures(one: pa.Table, others: pa.Table, recipe: FingerprintRecipe) -> NDArray[np.float64]:
    found: NDArray[np.float64] = (signatures_of(one, recipe) == signatures_of(others, recipe)).mean(axis=1)
    return found


def _by_sketches(one: pa.Table, others: pa.Table, recipe: FingerprintRecipe) -> NDArray[np.float64]:
    (left, left_sizes), (right, right_sizes) = (
        rows_of(prints.column("sketch"), "<u4", recipe.sketch) for prints in (one, others)
    )
    repeated = np.repeat(left, len(right), axis=0), np.repeat(left_sizes, len(right)).astype(np.int32)
    return sketch_jaccard(*repeated, right, right_sizes.astype(np.int32))
