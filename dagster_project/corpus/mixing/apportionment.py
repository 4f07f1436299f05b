"""How much of a budget each part gets, and whether that much exists. Refusals say what can be had.

Amounts are whole units of the budget and add up to it exactly: the largest remainders get what rounding leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

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
    2023, arXiv:2304.09151), where weights count as so many even shares."""
    if policy == "unimax":
        return rounded(total, _capped(total, parts))
    powers = {"declared": 0.0, "even": 0.0, "proportional": 1.0, "temperature": exponent}
    weights = [part.weight * _power(part.available, powers[policy]) for part in parts]
    return rounded(total, _by_weight(Fraction(total), weights))


def rounded(total: int, exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers that add up to the total; of equal remainders the earlier comes first."""
    amounts = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (amounts[index] - exact[index], index))
    for index in by_remainder[: total - sum(amounts)]:
        amounts[index] += 1
    return amounts


def _by_weight(total: Fraction, weights: Sequence[Fraction]) -> list[Fraction]:
    whole = sum(weights)
    return [total * weight / whole if whole else Fraction(0) for weight in weights]


def _capped(total: int, parts: Sequence[Part]) -> list[Fraction]:
    """Those that reach what they can give do so, from the smallest on; the others share what is left. What nobody can
    give is asked of all, so that it is refused."""
    shares = [Fraction(0)] * len(parts)
    left = Fraction(total)
    order = sorted(
        (i for i, part in enumerate(parts) if part.weight), key=lambda i: (parts[i].most / parts[i].weight, i)
    )
    for place, index in enumerate(order):
        weights = sum(parts[other].weight for other in order[place:])
        shares[index] = min(Fraction(parts[index].most), left * parts[index].weight / weights)
        left -= shares[index]
    if left:
        more = _by_weight(left, [part.weight for part in parts])
        shares = [share + added for share, added in zip(shares, more, strict=True)]
    return shares


def _power(amount: int, exponent: float) -> Fraction:
    if exponent in (0.0, 1.0) or amount == 0:
        return Fraction(amount if exponent == 1.0 else 1 if amount else 0)
    return Fraction(EXACT.power(Decimal(amount), Decimal(str(exponent))))


# ---- a mix ----------------------------------------------------------------------------------------------------


def of_phases(mix: MixRecipe) -> list[int]:
    """The budget divided among the phases."""
    total = mix.budget.amount
    shares = [Fraction(str(phase.share)) for phase in mix.in_phases]
    return rounded(total, _by_weight(Fraction(total), shares))


def of_components(mix: MixRecipe, phase: PhaseRecipe, amount: int, parts: Sequence[Part]) -> list[int]:
    """The budget of a phase divided among components: fixed budgets and shares first, the rest by the weighting."""
    fixed = _fixed(mix, amount)
    said = sum(part for part in fixed if part is not None)
    if nothing := [
        component.name
        for component, part in zip(mix.components, parts, strict=True)
        if not part.available and _asks(component, phase)
    ]:
        raise Refused(
            f"{', '.join(nothing)}: nothing can be had, and the mix asks for some: relax the selection or the license "
            "policy, or leave out the component"
        )
    caps = Fraction(amount, mix.budget.amount)
    free = [
        Part(part.name, part.available, int(part.most * caps), _weight(component, phase))
        for component, part, amount_fixed in zip(mix.components, parts, fixed, strict=True)
        if amount_fixed is None
    ]
    if amount > said and not any(part.weight for part in free):
        raise Refused(
            f"{amount - said:,} {mix.budget.unit} of phase {phase.name} are left for no component: give one a weight"
        )
    divided = iter(divide(amount - said, free, mix.weighting.policy, mix.weighting.exponent))
    return [next(divided) if part is None else part for part in fixed]


def _asks(component: ComponentRecipe, phase: PhaseRecipe) -> bool:
    return component.budget is not None or component.share is not None or _weight(component, phase) > 0


def _fixed(mix: MixRecipe, amount: int) -> list[int | None]:
    """What components get whatever the others do, None for those that divide the rest."""
    budgets = [component.budget.amount if component.budget else 0 for component in mix.components]
    exact = [Fraction(str(component.share or 0)) * amount for component in mix.components]
    rest = amount - sum(budgets) - sum(exact, Fraction(0))
    if rest < 0:
        raise Refused(
            f"the fixed parts of the mix come to {float(amount - rest):,.0f} {mix.budget.unit}, and it holds "
            f"{amount:,}: raise the budget, or lower some budget or share of a component"
        )
    shares = rounded(amount - sum(budgets), [*exact, rest])
    return [
        budget if component.budget else share if component.share else None
        for component, budget, share in zip(mix.components, budgets, shares, strict=False)
    ]


def _weight(component: ComponentRecipe, phase: PhaseRecipe) -> Fraction:
    weight = phase.weights.get(component.name, 0.0) if phase.weights else component.weight
    return Fraction(str(weight))


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
