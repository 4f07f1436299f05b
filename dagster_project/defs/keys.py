"""The partitions that recipes name, by space."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dagster_project.corpus.building.landing import is_landing
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.recipes import SourceRecipe

Warn = Callable[[str], None]


def ignore(_: str) -> None:
    """Whoever asks for keys alone wants no warnings."""


def keys_of(recipes: Recipes, warn: Warn = ignore) -> dict[str, list[str]]:
    """The partitions that recipes name, by space; a member that has no version yet is told, and no partition."""
    return {
        "snapshots": [recipe.key for recipe in named(recipes)],
        "verdicts": verdicts(recipes, warn),
        "corpora": [recipe.key for recipe in recipes.corpora],
        "mixes": [recipe.key for recipe in recipes.mixes],
        "artifacts": [recipe.key for recipe in recipes.artifacts],
    }


def verdicts(recipes: Recipes, warn: Warn = ignore) -> list[str]:
    """What the members of corpora are judged by, each once."""
    return list(dict.fromkeys(_verdicts(recipes, warn)))


def named(recipes: Recipes) -> list[SourceRecipe]:
    """Sources whose version stands in their recipe; those of landing places have a sensor of their own."""
    return [recipe for recipe in recipes.sources if not is_landing(recipe)]


def _verdicts(recipes: Recipes, warn: Warn) -> Iterator[str]:
    for member in (member for corpus in recipes.corpora for member in corpus.members):
        try:
            yield f"{recipes.source(member.source).key}+{recipes.policy(member.policy).name}"
        except FlorilegiumError as error:
            warn(str(error))
