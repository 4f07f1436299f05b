"""The composition root of the library: store, recipes, engine and auditor from settings, for the CLI and Dagster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.observers import Observer, Unobserved
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.settings import Settings
from dagster_project.stores import is_running, opened_store, store_config

__all__ = ["is_running", "opened", "opened_engine", "opened_store", "recipes_of", "store_config"]


@contextlib.contextmanager
def opened(settings: Settings, observer: Observer | None = None, *, refill: bool = False) -> Iterator[Library]:
    """A library ready to build. An embedded store runs at least until the block ends. With `refill` mixes are made anew
    from which documents were taken down."""
    recipes = recipes_of(settings)
    with opened_store(settings, writing=True) as store, opened_engine(settings) as engine:
        auditor, watching = GreatExpectationsAuditor(settings.expectations), observer or Unobserved()
        yield Library(store, recipes, engine, auditor, watching, refill, answers=True, pages=settings.pages)


@contextlib.contextmanager
def opened_engine(settings: Settings) -> Iterator[Engine]:
    """Those who work: processes of this machine, or a Ray cluster where one is named."""
    with contextlib.closing(_engine(settings)) as engine:
        yield engine


def _engine(settings: Settings) -> Engine:
    if settings.ray is None:
        return LocalEngine(settings.workers)
    from dagster_project.corpus.engine.ray import RayEngine

    return RayEngine(settings.ray, settings.workers)


def recipes_of(settings: Settings) -> Recipes:
    """The packaged recipes and those of the user's directories; no store is asked."""
    return find_recipes(settings.recipes, RULES)
