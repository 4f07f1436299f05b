"""Units divided one at a time, and whether a division over phases exists at all: slow and obvious."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations


def one_by_one(total: int, weights: Sequence[Fraction], most: Sequence[int]) -> list[int]:
    """The next unit goes to the largest weight / (2 units + 1) that can still give; of equal ones to the first."""
    amounts = [0] * len(weights)
    for _ in range(total):
        claims = [at for at, weight in enumerate(weights) if weight and amounts[at] < most[at]]
        if not claims:
            break
        best = max(claims, key=lambda at: (weights[at] / (2 * amounts[at] + 1), -at))
        amounts[best] += 1
    return amounts


def exists(amounts: Sequence[int], weights: Sequence[Sequence[Fraction]], most: Sequence[int]) -> bool:
    """Whether phases can have their amounts (Hall's condition): no phases want more than all that they weigh has."""
    phases = range(len(amounts))
    return all(
        sum(amounts[phase] for phase in wanting)
        <= sum(limit for at, limit in enumerate(most) if any(weights[phase][at] for phase in wanting))
        for size in range(1, len(amounts) + 1)
        for wanting in combinations(phases, size)
    )
