"""What artifacts show more than other recipes: what is told of their newest version."""

from __future__ import annotations

from typing import Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.cli.sources import standing_store
from dagster_project.corpus.model.errors import FlorilegiumError


@click.command("show")
@click.argument("name")
@verb
def show_artifact(session: Session, name: str) -> None:
    """One recipe with every default filled in, and what its newest version is."""
    from dagster_project.cli.recipes import file_of, show_recipe
    from dagster_project.opening import recipes_of

    recipes = recipes_of(session.settings)
    if message := recipes.lacks("artifacts", name):
        raise FlorilegiumError(message)
    chosen = recipes.artifact(name)
    show_recipe(session, file_of(recipes, "artifacts", chosen), chosen, {"built": built(session, chosen.key)})


def built(session: Session, key: str) -> dict[str, Any]:
    """The newest version of an artifact and its facts; nothing where none stands."""
    from dagster_project.corpus.model.partitions import Partition

    with standing_store(session.settings) as store:
        if store is None:
            return {}
        from dagster_project.corpus.storage.refs import latest, load_manifest

        newest = latest(store, Partition("artifacts", key))
        return {"version": newest.id, **load_manifest(store, newest.id).facts["artifact"]} if newest else {}


COMMANDS = {"show": show_artifact}
