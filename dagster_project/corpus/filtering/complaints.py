"""What a step of a policy says that its rule has no use for, and what it does not say and should."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.corpus.filtering.rules import rule_named
from dagster_project.corpus.filtering.statements import unknown_statements
from dagster_project.corpus.model.recipes import StepRecipe


def complaints(step: StepRecipe) -> Iterator[str]:
    """Each as the end of a sentence that begins with the rule."""
    known = rule_named(step.rule)
    compares = any(limit is not None for limit in (step.min, step.max, step.above, step.below))
    if step.any_of and not known.choices:
        yield "has no choices, so any_of means nothing: use min or max"
    if step.none_of and not known.statements:
        yield "is not about statements, so none_of means nothing: use min or max"
    if known.statements and not step.none_of:
        yield "needs none_of, the statements that it honors: name some, or any"
    if known.statements and compares:
        yield "is not about a number, so min and max mean nothing: use none_of"
    if unknown := unknown_statements(step.none_of):
        yield f"honors {', '.join(unknown)}, which nobody says"
    takes_list = bool(known.listing) or known.takes == "list"
    if step.list and not takes_list:
        yield "looks nothing up, so list means nothing: use min or max"
    if takes_list and not step.list:
        yield "needs list, the file that holds its entries: name one"
    if step.model and known.takes != "model":
        yield "is not about a model, so model means nothing: leave it out"
    if known.takes == "model" and not step.model:
        yield "needs model, the artifact whose scores it judges: name one"
