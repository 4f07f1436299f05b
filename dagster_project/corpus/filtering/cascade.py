"""A policy as one cascade: the steps of the policies it names in their places, each with the text that it judges.

A step that comes from another policy is called `<policy>.<rule>`; the edits before a step are its view. A rule that
judges the text before and after an edit is called `<rule>[edited]` the second time, then `<rule>[edited 2]`. Where
there are edits the last rule is `empty_after_edits`, which nobody writes: what they leave nothing of is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from dagster_project.corpus.filtering.complaints import complaints
from dagster_project.corpus.filtering.contamination_rules import CONTAMINATION_RULES
from dagster_project.corpus.filtering.rule import Rule
from dagster_project.corpus.filtering.rules import rule_named
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.measurements import Edits, EditStep
from dagster_project.corpus.model.recipes import PolicyRecipe, StepRecipe

FindPolicy = Callable[[str], PolicyRecipe]
DEEPEST = 8  # policies within policies
PROFILE = "language_profile"
DRAWN = "drawn"
LISTS = ("list", "released")  # of what a step says, the files
EMPTY = "empty_after_edits"


class Draw(NamedTuple):
    """How many documents a random control draws, and with which seed."""

    documents: int
    seed: int


@dataclass(frozen=True)
class Step:
    """One rule as it judges: its name among all of the cascade, its recipe, and the edits made before it."""

    name: str
    recipe: StepRecipe
    edits: Edits = ()
    drawn: Draw | None = None

    @property
    def rule(self) -> Rule:
        return rule_named(self.recipe.rule)

    @property
    def reads(self) -> tuple[str, ...]:
        """The signals that it judges, and the words that a budget counts; which language a document is in is measured
        of the raw text."""
        counted = () if self.recipe.words is None else ("words",)
        return tuple(dict.fromkeys((*self.rule.reads, *counted)))

    @property
    def selects(self) -> bool:
        """Whether its limit is a share or a budget of all documents that come so far."""
        return self.drawn is not None or self.recipe.quantile is not None or self.recipe.words is not None

    @property
    def is_by_model(self) -> bool:
        """Whether a model judges, whose taste a random control is there to be compared with."""
        return bool(self.recipe.model) and self.recipe.rule not in CONTAMINATION_RULES


@dataclass(frozen=True)
class Cascade:
    """All rules in their order, and the edits that the exported text has had."""

    policy: str
    steps: tuple[Step, ...]
    edits: Edits = ()

    @property
    def emptying(self) -> Step | None:
        """The step that judges what the edits leave."""
        judging = (step for step in self.steps if step.recipe.rule == EMPTY and step.edits == self.edits)
        return next(judging, None) if self.edits else None

    @property
    def written(self) -> tuple[Step, ...]:
        """The steps without that one."""
        return tuple(step for step in self.steps if step is not self.emptying)

    @property
    def quarantining(self) -> frozenset[str]:
        """The steps whose documents are held for a person to look at."""
        return frozenset(step.name for step in self.steps if step.recipe.quarantine)

    @property
    def bounds(self) -> dict[str, float]:
        """The share of documents that each rule may remove, where its recipe says."""
        return {step.name: step.recipe.max_removed for step in self.steps if step.recipe.max_removed is not None}

    def as_data(self) -> list[dict[str, Any]]:
        """What of it decides verdicts, as plain data, but for the lists: their content decides, and not their place."""
        return [
            {
                "name": step.name,
                **{name: said for name, said in as_limits(step.recipe).items() if name not in LISTS},
                **({"edits": [[edit.name, dict(edit.settings)] for edit in step.edits]} if step.edits else {}),
                **({"drawn": step.drawn._asdict()} if step.drawn else {}),
            }
            for step in self.steps
        ]


def as_limits(recipe: StepRecipe) -> dict[str, Any]:
    """What a step says, without what it leaves out and without bounds for the audit."""
    said = {name: value for name, value in asdict(recipe).items() if value is not False and name != "max_removed"}
    return {name: value for name, value in said.items() if value not in (None, (), "", {})}


def control_of(cascade: Cascade, draw: Draw) -> Cascade:
    """A random subset beside a selection: every rule that judges documents by themselves, also by the benchmarks that
    they repeat, and a draw in the place of those that select by share, budget or model. Where none does, the policy is
    the selection: all documents are drawn from, but for those that the edits leave empty."""
    alone = [step for step in cascade.steps if not (step.selects or step.is_by_model or step.name == DRAWN)]
    if len(alone) == sum(step.name != DRAWN for step in cascade.steps):
        alone = [step for step in alone if step.recipe.rule == EMPTY]
    drawn = Step(DRAWN, StepRecipe(rule=DRAWN), cascade.edits, draw)
    return replace(cascade, steps=(*alone, drawn))


def cascade_of(policy: PolicyRecipe, find: FindPolicy) -> Cascade:
    """The cascade of a policy; `find` gives the policies that it names.

    Where policies are named for some languages only, a document in none of those languages is removed, whatever policy
    that stands in.
    """
    steps: list[Step] = []
    edits: Edits = ()
    views: dict[str, list[Edits]] = {}  # that each rule has judged
    for name, recipe in _unfolded(policy, find, (policy.name,)):
        if recipe.edit:
            edits = (*edits, EditStep(recipe.edit, tuple(sorted(recipe.settings.items()))))
        else:
            view = () if recipe.rule == PROFILE else edits
            steps.append(Step(name + _mark(views.setdefault(name, []), view), recipe, view))
    if edits and not any(step.recipe.rule == EMPTY and step.edits == edits for step in steps):
        steps.append(Step(EMPTY + _mark(views.setdefault(EMPTY, []), edits), StepRecipe(rule=EMPTY, min=1), edits))
    for step in steps:
        for complaint in complaints(step.recipe):
            raise Refused(f"policy {policy.name}: rule {step.name} {complaint}")
    names = [step.name for step in steps]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"policy {policy.name}: rule {', '.join(twice)} comes twice; leave one of the policies out")
    return Cascade(policy.name, tuple(steps), edits)


def _mark(views: list[Edits], view: Edits) -> str:
    """What a rule is called besides, by the views that it has judged so far; this one becomes one of them."""
    if view not in views:
        views.append(view)
    number = views.index(view)
    return "" if number == 0 else "[edited]" if number == 1 else f"[edited {number}]"


def _unfolded(policy: PolicyRecipe, find: FindPolicy, path: Sequence[str]) -> Iterator[tuple[str, StepRecipe]]:
    """Rules and edits with their names, in order."""
    prefix = "" if len(path) == 1 else f"{path[-1]}."
    if profiles := _profiles(policy):
        yield prefix + PROFILE, StepRecipe(rule=PROFILE, any_of=profiles)
    for recipe in policy.rules:
        if not recipe.policy:
            yield prefix + recipe.label, recipe
            continue
        if recipe.policy in path or len(path) == DEEPEST:
            chain = " → ".join([*path, recipe.policy])
            raise Refused(
                f"policy {path[0]}: {chain} goes round in circles or deeper than {DEEPEST}: name other policies"
            )
        found = find(recipe.policy)
        for name, inner in _unfolded(found, find, [*path, recipe.policy]):
            yield name, _bounded(_limited(inner, recipe.languages, path[0]), recipe.max_removed, found, policy)


def _bounded(recipe: StepRecipe, said: float | None, inner: PolicyRecipe, outer: PolicyRecipe) -> StepRecipe:
    """A step of a policy that another names: neither it nor any other of its policy may remove more than that policy
    allows, or than is `said` where it is named. What the outer policy allows altogether holds without being said."""
    if recipe.edit or (said is None and recipe.max_removed is not None):
        return recipe
    most = inner.max_removed if said is None else said
    return replace(recipe, max_removed=most) if most < outer.max_removed or said is not None else recipe


def _limited(recipe: StepRecipe, languages: tuple[str, ...], policy: str) -> StepRecipe:
    """A step of a policy that is named for some languages only."""
    if not languages:
        return recipe
    if recipe.edit:
        raise Refused(
            f"policy {policy}: edit {recipe.edit} cannot be for {', '.join(languages)} only: all text is edited"
        )
    both = tuple(item for item in recipe.languages if item in languages) if recipe.languages else languages
    if not both:
        raise Refused(
            f"policy {policy}: rule {recipe.rule} is for {', '.join(recipe.languages)} and never judged where its "
            f"policy is named for {', '.join(languages)}: name other languages"
        )
    return replace(recipe, languages=both)


def _profiles(policy: PolicyRecipe) -> tuple[str, ...]:
    """The languages that have a policy of their own here."""
    return tuple(sorted({language for recipe in policy.rules if recipe.policy for language in recipe.languages}))
