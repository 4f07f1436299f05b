"""Releases at their times: a corpus or a mix whose recipe has a schedule is built then, with all that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.mix_recipes import MixRecipe
from dagster_project.corpus.model.recipes import CorpusRecipe
from dagster_project.defs.jobs import build_corpus, build_mix
from dagster_project.opening import recipes_of
from dagster_project.settings import Settings

Release = CorpusRecipe | MixRecipe


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """One schedule for each recipe that has one, as the recipes stand when the code location is loaded."""
    try:
        recipes = recipes_of(settings)
    except FlorilegiumError:  # told where the schedules of sources are made
        return []
    return [_schedule(settings, recipe, name) for recipe, name in named(scheduled(recipes))]


def scheduled(recipes: Recipes) -> list[Release]:
    found: list[Release] = [*recipes.corpora, *recipes.mixes]
    return [recipe for recipe in found if recipe.schedule]


def named(found: Sequence[Release]) -> Iterator[tuple[Release, str]]:
    """Each with a name that Dagster takes; where two would share one, a digest tells them apart."""
    names = [_plain(recipe) for recipe in found]
    for recipe, name in zip(found, names, strict=True):
        yield recipe, name + (f"_{digest(recipe.name)[:6]}" if names.count(name) > 1 else "")


def request(recipe: Release, run_key: str) -> dg.RunRequest:
    """What builds a release: the run that `florilegium build` would be."""
    if isinstance(recipe, MixRecipe):
        return dg.RunRequest(run_key, {"ops": {"build_everything": {"config": {"mix": recipe.key}}}})
    return dg.RunRequest(run_key, {"ops": {"build_all_of_corpus": {"config": {"corpus": recipe.key}}}})


def _schedule(settings: Settings, recipe: Release, name: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job=build_mix if isinstance(recipe, MixRecipe) else build_corpus,
        cron_schedule=recipe.schedule,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Builds {recipe.key} with all that it needs, as its recipe says; what stands already is found.",
    )
    def release(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not any(type(item) is type(recipe) and item.key == recipe.key for item in scheduled(recipes_of(settings))):
            return dg.SkipReason(f"the recipes no longer have a schedule for {recipe.key}")
        return request(recipe, f"{recipe.key} {context.scheduled_execution_time:%Y-%m-%dT%H:%M}")

    return release


def _plain(recipe: Release) -> str:
    kind = "mix" if isinstance(recipe, MixRecipe) else "corpus"
    return f"release_{kind}_{re.sub(r'[^a-z0-9]', '_', recipe.name)}"
