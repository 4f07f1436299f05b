"""How far apart two distributions over the same values are, by two measures that need no smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2


def jensen_shannon(before: Sequence[int], after: Sequence[int]) -> float | None:
    """The Jensen–Shannon divergence in bits (Lin 1991) of two rows of counts: 0 where shares are equal, 1 where no
    value is in both; None where either row is empty. It is what the value of one document tells about which row it was
    drawn from, when either is as likely; its square root is a metric."""
    shares = _shares(before, after)
    if shares is None:
        return None
    divergence = 0.0
    for one, other in zip(*shares, strict=True):
        middle = (one + other) / 2
        divergence += sum(share * log2(share / middle) / 2 for share in (one, other) if share)
    return min(1.0, max(0.0, divergence))


def total_variation(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Half the sum of absolute differences of shares: the share of documents that would have to change their value, 0
    to 1; None where either row is empty."""
    shares = _shares(before, after)
    return sum(abs(one - other) for one, other in zip(*shares, strict=True)) / 2 if shares else None


def _shares(before: Sequence[int], after: Sequence[int]) -> tuple[list[float], list[float]] | None:
    totals = sum(before), sum(after)
    if not all(totals):
        return None
    return [count / totals[0] for count in before], [count / totals[1] for count in after]
