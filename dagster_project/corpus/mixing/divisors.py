"""Whole units divided by weight, so that nobody ever gets less of more.

Units are given out one after the other, the next to whoever has the largest weight / (2 · units + 1) and can still give
(Webster, Sainte-Laguë). Divisor methods are the ones that are monotone in what is divided (Balinski, Young 1982, "Fair
Representation"). From its exact share a part is away by half a unit at most, and beside many tiny ones by more: by its
share of half their number.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor, lcm


def apportioned(total: int, weights: Sequence[Fraction], most: Sequence[int] | None = None) -> list[int]:
    """The total in whole units by weight, to nobody more than it can give; of equal claims the earlier comes first.
    They add up to the total, or to everything that there is."""
    scale = lcm(*(weight.denominator for weight in weights))
    whole = [int(weight * scale) for weight in weights]
    limits = [(most[at] if most else total) if weight else 0 for at, weight in enumerate(whole)]
    if total >= sum(limits):
        return limits
    level = _level(total, whole, limits)
    amounts = [min(limit, floor(weight * level + Fraction(1, 2))) for weight, limit in zip(whole, limits, strict=True)]
    _settle(amounts, total - sum(amounts), whole, limits)
    return amounts


def _level(total: int, weights: Sequence[int], limits: Sequence[int]) -> Fraction:
    """What each unit of weight gets when those that reach their limit stay there and the others share the rest."""
    left, heavy = Fraction(total), sum(weights)
    for at in sorted(
        (at for at, weight in enumerate(weights) if weight), key=lambda at: Fraction(limits[at], weights[at])
    ):
        if limits[at] * heavy >= left * weights[at]:
            break
        left -= limits[at]
        heavy -= weights[at]
    return left / heavy


def _settle(amounts: list[int], more: int, weights: Sequence[int], limits: Sequence[int]) -> None:
    """Give the next units out, or take the last ones back: at most one for every two parts."""
    if more > 0:
        claims = [(-Fraction(w, 2 * amounts[at] + 1), at) for at, w in enumerate(weights) if amounts[at] < limits[at]]
        heapq.heapify(claims)
        for _ in range(more):
            _, at = heapq.heappop(claims)
            amounts[at] += 1
            if amounts[at] < limits[at]:
                heapq.heappush(claims, (-Fraction(weights[at], 2 * amounts[at] + 1), at))
        return
    last = [(Fraction(w, 2 * amounts[at] - 1), -at) for at, w in enumerate(weights) if amounts[at]]
    heapq.heapify(last)
    for _ in range(-more):
        _, behind = heapq.heappop(last)
        amounts[-behind] -= 1
        if amounts[-behind]:
            heapq.heappush(last, (Fraction(weights[-behind], 2 * amounts[-behind] - 1), behind))


def added(amounts: Iterable[int], more: Iterable[int]) -> list[int]:
    """Both, part by part."""
    return [amount + added for amount, added in zip(amounts, more, strict=True)]
