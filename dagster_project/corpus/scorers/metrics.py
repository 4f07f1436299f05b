"""How well scores tell two classes apart, on examples that nothing was learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.scorers.scorer import UNIT

HALF = UNIT // 2
BINS = 20  # of the histogram, each 1 / BINS of the scores from 0 to 1
DIGITS = 6

Scores = NDArray[np.int64]


def metrics_of(scores: Scores, is_positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Precision, recall and F1 at one half; ROC AUC and average precision over all thresholds; scores by class.

    Scores are millionths from 0 to 1. A ratio with nothing to divide by is None.
    """
    taken = scores >= HALF
    right = int((taken & is_positive).sum())
    precision, recall = _ratio(right, int(taken.sum())), _ratio(right, int(is_positive.sum()))
    both = (precision or 0.0) + (recall or 0.0)
    return {
        "positives": int(is_positive.sum()),
        "negatives": int((~is_positive).sum()),
        "precision": precision,
        "recall": recall,
        "f1": round(2 * (precision or 0.0) * (recall or 0.0) / both, DIGITS) if both else 0.0,
        "roc_auc": roc_auc(scores, is_positive),
        "average_precision": average_precision(scores, is_positive),
        "histogram": {"positives": _histogram(scores[is_positive]), "negatives": _histogram(scores[~is_positive])},
    }


def roc_auc(scores: Scores, is_positive: NDArray[np.bool_]) -> float | None:
    """The chance that a positive scores higher than a negative, ties counted half (Mann, Whitney 1947)."""
    positives, negatives = _by_score(scores, is_positive)
    below = np.cumsum(negatives) - negatives
    return _ratio(int((positives * (2 * below + negatives)).sum()), 2 * int(positives.sum() * negatives.sum()))


def average_precision(scores: Scores, is_positive: NDArray[np.bool_]) -> float | None:
    """The sum of precision · gain in recall over falling thresholds; equal scores are one threshold."""
    positives, negatives = (counts[::-1] for counts in _by_score(scores, is_positive))
    if not positives.sum():
        return None
    precision = np.cumsum(positives) / np.cumsum(positives + negatives)
    return round(float((precision * positives).sum() / positives.sum()), DIGITS)


def _by_score(scores: Scores, is_positive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positives and negatives of every distinct score, ascending."""
    distinct, places = np.unique(scores, return_inverse=True)
    positives = np.bincount(places[is_positive], minlength=len(distinct))
    return positives, np.bincount(places[~is_positive], minlength=len(distinct))


def _histogram(scores: Scores) -> list[int]:
    bins = np.clip(scores * BINS // UNIT, 0, BINS - 1)
    counts: list[int] = np.bincount(bins, minlength=BINS).tolist()
    return counts


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None
