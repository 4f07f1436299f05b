"""UniMax over phases: every phase as even as what is left for it lets it be, and nothing refused that exists.

What a component can give in its epochs is laid up for the phases that want it, in proportion to them. A phase that
needs more takes what the others have left, and at last what they can get elsewhere: along augmenting paths (Ford,
Fulkerson 1956), so that a budget is met whenever any division meets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from dagster_project.corpus.mixing.divisors import added, apportioned

Amounts = list[list[int]]  # by phase and component


def even_over_phases(amounts: Sequence[int], weights: Sequence[Sequence[Fraction]], most: Sequence[int]) -> Amounts:
    """By phase, what each component gives: of no component more than its most in all phases, unless nothing else adds
    up; then what nobody can give is asked of all that a phase weighs."""
    laid_up = [
        apportioned(
            limit, [Fraction(amount if weight[at] else 0) for amount, weight in zip(amounts, weights, strict=True)]
        )
        for at, limit in enumerate(most)
    ]
    given = [
        apportioned(amount, weight, [limits[phase] for limits in laid_up])
        for phase, (amount, weight) in enumerate(zip(amounts, weights, strict=True))
    ]
    for phase, amount in enumerate(amounts):
        left = amount - sum(given[phase])
        given[phase] = added(given[phase], apportioned(left, weights[phase], _room(given, most)))
    for phase, amount in enumerate(amounts):
        while (left := amount - sum(given[phase])) and (path := _path(phase, given, weights, most)):
            _push(path, left, given, most)
    return [
        added(parts, apportioned(amount - sum(parts), weight))
        for parts, amount, weight in zip(given, amounts, weights, strict=True)
    ]


def _room(given: Amounts, most: Sequence[int]) -> list[int]:
    """What each component can still give."""
    return [limit - sum(parts[at] for parts in given) for at, limit in enumerate(most)]


def _path(
    phase: int, given: Amounts, weights: Sequence[Sequence[Fraction]], most: Sequence[int]
) -> list[tuple[int, int]]:
    """Steps (phase, component), each of which takes from the phase of the next what that gets from its own component;
    the last component has room. Empty where there are none."""
    room = _room(given, most)
    paths: list[list[tuple[int, int]]] = [[(phase, at)] for at, weight in enumerate(weights[phase]) if weight]
    seen = {at for ((_, at),) in paths}
    for path in paths:  # grows while it is walked
        _, end = path[-1]
        if room[end] > 0:
            return path
        for other, parts in enumerate(given):
            if parts[end]:
                further = [at for at, weight in enumerate(weights[other]) if weight and at not in seen]
                seen.update(further)
                paths += [[*path, (other, at)] for at in further]
    return []


def _push(path: Sequence[tuple[int, int]], left: int, given: Amounts, most: Sequence[int]) -> None:
    """As much along a path as its narrowest step lets through."""
    passed_on = [given[phase][before] for (_, before), (phase, _) in pairwise(path)]
    much = min(left, _room(given, most)[path[-1][1]], *passed_on)
    for phase, component in path:
        given[phase][component] += much
    for (_, before), (phase, _) in pairwise(path):
        given[phase][before] -= much
