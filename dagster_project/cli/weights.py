"""What corpora show more than other recipes: how much their weights leave of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.cli.sources import standing_store
from dagster_project.corpus.model.errors import FlorilegiumError

if TYPE_CHECKING:
    from dagster_project.corpus.model.recipes import CorpusRecipe


@click.command("show")
@click.argument("name")
@verb
def show_corpus(session: Session, name: str) -> None:
    """One recipe with every default filled in, and how much its weights leave of it."""
    from dagster_project.cli.recipes import file_of, show_recipe
    from dagster_project.opening import recipes_of

    recipes = recipes_of(session.settings)
    if message := recipes.lacks("corpora", name):
        raise FlorilegiumError(message)
    chosen = recipes.corpus(name)
    show_recipe(session, file_of(recipes, "corpora", chosen), chosen, {"weights": weights_of(session, chosen)})


def weights_of(session: Session, corpus: CorpusRecipe) -> dict[str, Any]:
    """Of the newest weights survivors and effective size, and the segments; nothing where none stand."""
    from dagster_project.corpus.model.partitions import Partition

    if not corpus.soft.model:
        return {}
    with standing_store(session.settings) as store:
        if store is None:
            return {}
        from dagster_project.corpus.deduplication.weights import effective_of
        from dagster_project.corpus.storage.refs import latest, load_manifest

        newest = latest(store, Partition("weights", corpus.key))
        return {"version": newest.id, **effective_of(load_manifest(store, newest.id))} if newest else {}


COMMANDS = {"show": show_corpus}
