"""How much of a budget each part gets, and whether that much exists. Refusals say what can be had.

Amounts are whole units of the budget and add up to it exactly, and of a larger budget no part gets less than of a
smaller one (`divisors`): so a small mix is a subset of a large one. Only UniMax over several phases may shift a little
between components when epochs run out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, floor

from dagster_project.corpus.mixing.divisors import added, apportioned
from dagster_project.corpus.mixing.even_phases import even_over_phases
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.mix_recipes import ComponentRecipe, MixRecipe, PhaseRecipe

EXACT = Context(prec=40)  # powers that are the same on every machine


@dataclass(frozen=True)
class Part:
    """Something that a budget is divided among: what it has once, what it can give at most, and what it weighs."""

    name: str
    available: int
    most: int
    weight: Fraction = Fraction(1)


def divide(total: int, parts: Sequence[Part], policy: str, exponent: float = 1.0) -> list[int]:
    """The total divided among parts: by declared weights; times what there is of each (proportional) or a power of it
    (temperature: Conneau et al. 2020, arXiv:1911.02116); or evenly, as far as each part goes (UniMax: Chung et al.
    2023, arXiv:2304.09151), where weights count as so many even shares. What nobody can give is asked of all, so that
    it is refused."""
    if policy == "unimax":
        weights = [part.weight for part in parts]
        amounts = apportioned(total, weights, [part.most for part in parts])
        return added(amounts, apportioned(total - sum(amounts), weights))
    powers = {"declared": 0.0, "even": 0.0, "proportional": 1.0, "temperature": exponent}
    return apportioned(total, [part.weight * _power(part.available, powers[policy]) for part in parts])


def _power(amount: int, exponent: float) -> Fraction:
    if exponent in (0.0, 1.0) or amount == 0:
        return Fraction(amount if exponent == 1.0 else 1 if amount else 0)
    return Fraction(EXACT.power(Decimal(amount), Decimal(str(exponent))))


# ---- a mix ----------------------------------------------------------------------------------------------------


def of_phases(mix: MixRecipe) -> list[int]:
    """The budget divided among the phases."""
    return apportioned(mix.budget.amount, [Fraction(str(phase.share)) for phase in mix.in_phases])


def of_mix(mix: MixRecipe, parts: Sequence[Part]) -> list[list[int]]:
    """By phase, the budget divided among components. Parts have no weight yet."""
    amounts = of_phases(mix)
    if mix.weighting.policy != "unimax" or len(amounts) == 1:
        return [of_components(mix, phase, amount, parts) for phase, amount in zip(mix.in_phases, amounts, strict=True)]
    for phase in mix.in_phases:
        _refuse_empty(mix, phase, parts)
    weights = [[weight_of(component, phase) for component in mix.components] for phase in mix.in_phases]
    return even_over_phases(amounts, weights, [part.most for part in parts])


def of_components(mix: MixRecipe, phase: PhaseRecipe, amount: int, parts: Sequence[Part]) -> list[int]:
    """The budget of a phase divided among components: fixed budgets and shares first, the rest by the weighting."""
    _refuse_empty(mix, phase, parts)
    fixed = _fixed(mix, amount)
    left = amount - sum(part for part in fixed if part is not None)
    free = [
        Part(part.name, part.available, part.most, weight_of(component, phase))
        for component, part, amount_fixed in zip(mix.components, parts, fixed, strict=True)
        if amount_fixed is None
    ]
    if left and not any(part.weight for part in free):
        raise Refused(f"{left:,} {mix.budget.unit} of phase {phase.name} are left for no component: give one a weight")
    divided = iter(divide(left, free, mix.weighting.policy, mix.weighting.exponent) if free else ())
    return [next(divided) if part is None else part for part in fixed]


def _refuse_empty(mix: MixRecipe, phase: PhaseRecipe, parts: Sequence[Part]) -> None:
    nothing = [
        component.name
        for component, part in zip(mix.components, parts, strict=True)
        if not part.available and _asks(component, phase)
    ]
    if nothing:
        raise Refused(
            f"{', '.join(nothing)}: nothing can be had, and the mix asks for some: relax the selection or the license "
            "policy, or leave out the component"
        )


def _asks(component: ComponentRecipe, phase: PhaseRecipe) -> bool:
    return component.budget is not None or component.share is not None or weight_of(component, phase) > 0


def _fixed(mix: MixRecipe, amount: int) -> list[int | None]:
    """What components get whatever the others do, None for those that divide the rest. Shares are rounded together, and
    towards each other where the others leave no room."""
    said = sum(component.budget.amount for component in mix.components if component.budget)
    shares = [Fraction(str(component.share or 0)) for component in mix.components]
    together = sum(shares, Fraction(0))
    if said + floor(together * amount) > amount:
        raise Refused(
            f"the fixed parts of the mix come to {said + floor(together * amount):,} {mix.budget.unit}, and it holds "
            f"{amount:,}: raise the budget, or lower some budget or share of a component"
        )
    shared, _ = apportioned(amount, [together, max(Fraction(0), 1 - together)])
    is_all_fixed = all(component.budget or component.share for component in mix.components)
    if shared > amount - said or (is_all_fixed and said + ceil(together * amount) >= amount):
        shared = amount - said
    parts = iter(apportioned(shared, shares))
    return [
        component.budget.amount if component.budget else part if component.share else None
        for component, part in zip(mix.components, parts, strict=True)
    ]


def weight_of(component: ComponentRecipe, phase: PhaseRecipe) -> Fraction:
    """What a component weighs in a phase."""
    weight = phase.weights.get(component.name, 0.0) if phase.weights else component.weight
    return Fraction(str(weight))


# ---- what exists ----------------------------------------------------------------------------------------------


class TooMuch(Refused):
    """More is asked of a part than it can give."""


def refuse_infeasible(unit: str, asked: Sequence[int], parts: Sequence[Part], names: Sequence[str]) -> None:
    """Name every part that cannot give what is asked of it in all phases."""
    short = [
        f"{name} is asked for {amount:,} and has {part.available:,}, at most {part.most:,} in its epochs"
        for name, amount, part in zip(names, asked, parts, strict=True)
        if amount > part.most
    ]
    if short:
        more = f"; and {len(short) - 10} more" if len(short) > 10 else ""
        raise TooMuch(f"the mix asks for more {unit} than exist: {'; '.join(short[:10])}{more}")


def most_feasible(total: int, is_feasible: Callable[[int], bool]) -> int:
    """A budget below the total that can be had, and the largest one where all that are smaller can be had too."""
    possible, beyond = 0, total
    while beyond - possible > 1:
        middle = (possible + beyond) // 2
        possible, beyond = (middle, beyond) if is_feasible(middle) else (possible, middle)
    return possible


def most_together(parts: Sequence[Part], policy: str, exponent: float) -> int:
    """The most that parts give together when a policy says how much of it is whose."""
    whole = sum(part.most for part in parts)

    def fits(total: int) -> bool:
        amounts = divide(total, parts, policy, exponent)
        return all(amount <= part.most for amount, part in zip(amounts, parts, strict=True))

    return whole if policy == "unimax" else most_feasible(whole + 1, fits)
