"""Bands and rows: which pairs of texts they bring together, and which of them suit a similarity best."""

from __future__ import annotations

from datasketch import MinHashLSH


def chance(similarity: float, bands: int, rows: int) -> float:
    """That two texts of this Jaccard similarity agree in a whole band: the S-curve, 1 − (1 − s^rows)^bands (Leskovec,
    Rajaraman and Ullman, Mining of Massive Datasets, chapter 3)."""
    return float(1 - (1 - similarity**rows) ** bands)


def optimal_bands(similarity: float, permutations: int) -> tuple[int, int]:
    """(bands, rows) by datasketch: those for which the pairs below the similarity that meet, and those above it that do
    not, are fewest together, over all similarities alike."""
    index = MinHashLSH(threshold=similarity, num_perm=permutations)
    return int(index.b), int(index.r)
