"""The composition root of the library: store, recipes, engine and auditor from settings, for the CLI and Dagster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dagster_project.corpus.building.library import Library, Observer, Unobserved
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.building.recipes import Recipes
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.filtering.rules import RULES
from dagster_project.corpus.storage.embedded import embedded, status
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.settings import Settings


@contextlib.contextmanager
def opened(settings: Settings, observer: Observer | None = None) -> Iterator[Library]:
    """A library ready to build. An embedded store runs at least until the block ends."""
    recipes = recipes_of(settings)
    with opened_store(settings) as store, opened_engine(settings) as engine:
        yield Library(store, recipes, engine, GreatExpectationsAuditor(), observer or Unobserved())


@contextlib.contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The store alone, for those who only read."""
    if directory := settings.embedded:
        with embedded(directory) as config:
            yield S3Store(config)
    else:
        yield S3Store(store_config(settings))


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


def is_running(settings: Settings) -> bool:
    """Whether the store can be asked without starting anything."""
    return settings.embedded is None or status(settings.embedded).running


def store_config(settings: Settings) -> S3Config:
    """How to enter the store that the settings name."""
    bucket, prefix = settings.bucket_and_prefix()
    return S3Config(
        endpoint=settings.endpoint,
        bucket=bucket,
        prefix=prefix,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
        session_token=settings.session_token,
    )
