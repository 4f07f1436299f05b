"""How much of the budget each component gets, and whether that much exists. Refusals say what can be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.recipes import Budget, ComponentRecipe


@dataclass(frozen=True)
class Share:
    """What one component is to give: `amount` in the budget's unit, out of `available` in one epoch."""

    component: str
    amount: int
    available: int

    @property
    def epochs(self) -> float:
        return self.amount / self.available if self.available else 0.0


def apportion(components: Sequence[ComponentRecipe], budget: Budget, available: Sequence[int]) -> list[Share]:
    """The budget divided by weight (largest remainders get what rounding leaves), refused when a component cannot give
    its part within its epochs."""
    total = budget.words if budget.words is not None else budget.documents
    assert total is not None
    weights = [Fraction(str(component.weight)) for component in components]
    exact = [weight * total / sum(weights) for weight in weights]
    amounts = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (amounts[index] - exact[index], index))
    for index in by_remainder[: total - sum(amounts)]:
        amounts[index] += 1
    shares = [Share(c.name, amount, have) for c, amount, have in zip(components, amounts, available, strict=True)]
    refuse_infeasible(components, budget, shares, total)
    return shares


def refuse_infeasible(
    components: Sequence[ComponentRecipe], budget: Budget, shares: Sequence[Share], total: int
) -> None:
    """Name every component that cannot give its part, and the largest budget that could be met."""
    short = [
        f"{share.component} is asked for {share.amount:,} and has {share.available:,} x {component.max_epochs} epochs"
        for component, share in zip(components, shares, strict=True)
        if share.amount > share.available * component.max_epochs
    ]
    if not short:
        return
    unit = "words" if budget.words is not None else "documents"
    possible = min(
        total * share.available * component.max_epochs // share.amount
        for component, share in zip(components, shares, strict=True)
        if share.amount
    )
    raise Refused(
        f"the mix asks for more {unit} than exist: {'; '.join(short)}. With these weights {possible:,} {unit} "
        f"can be had: "
        f"lower the budget or the weight, raise max_epochs, or relax the license policy"
    )
