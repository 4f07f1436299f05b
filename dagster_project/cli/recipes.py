"""florilegium sources|policies|corpora|mixes|artifacts: list, show and check recipes.

sources.py, policies.py, bands.py and mixes.py have what those have more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from dagster_project.cli import artifacts, bands, mixes, policies, sources, weights
from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.errors import FlorilegiumError, Problem, RecipeError
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.building.recipes import Recipes
    from dagster_project.corpus.model.reading import Kind, ReadRecipe

TITLES = {
    "sources": "What is read: formats, places, declared licenses.",
    "policies": "What is kept: rules and their limits.",
    "corpora": "What belongs together, and is deduplicated as one.",
    "mixes": "What is trained on: components, budgets, license policies.",
    "artifacts": "What documents are measured with: scorers, models, n-gram counts, tokenizers, clusters, benchmarks.",
}
OWN = {
    "sources": sources.COMMANDS,
    "policies": policies.COMMANDS,
    "corpora": {**bands.COMMANDS, **weights.COMMANDS},
    "mixes": mixes.COMMANDS,
    "artifacts": artifacts.COMMANDS,
}


def group_of(kind: str) -> click.Group:
    """The three verbs of one kind of recipe, and those that some have of their own."""
    commands = {"list": _list_command(kind), "show": _show_command(kind), "check": _check_command()}
    commands |= OWN.get(kind, {})
    return click.Group(kind, commands, help=TITLES[kind])


def _list_command(kind: str) -> click.Command:
    @click.command("list")
    @verb
    def command(session: Session) -> None:
        """Every recipe in force, packaged and yours."""
        from dagster_project.cli.tables import table
        from dagster_project.opening import recipes_of

        found = [_listed(item) for item in recipes_of(session.settings).all if item.kind == kind]
        if session.json:
            session.show_json(found)
        else:
            rows = [[item["key"], item["title"], item["file"]] for item in found]
            session.out.print(table(kind, ["name", "title", "file"], rows))

    return command


def _show_command(kind: str) -> click.Command:
    @click.command("show")
    @click.argument("name")
    @verb
    def command(session: Session, name: str) -> None:
        """One recipe with every default filled in."""
        from dagster_project.opening import recipes_of

        recipes = recipes_of(session.settings)
        if message := recipes.lacks(cast("Kind", kind), name):
            raise FlorilegiumError(message)
        find: dict[str, Callable[[str], Any]] = {
            "sources": recipes.source,
            "policies": recipes.policy,
            "corpora": recipes.corpus,
            "mixes": recipes.mix,
            "artifacts": recipes.artifact,
        }
        chosen = find[kind](name)
        show_recipe(session, file_of(recipes, kind, chosen), chosen, {})

    return command


def file_of(recipes: Recipes, kind: str, chosen: Any) -> str:
    """Where a recipe is written; a random control stands where its policy does."""
    control = recipes.control(chosen.name) if kind == "policies" else None
    name, version = control.policy if control else chosen.name, getattr(chosen, "version", None)
    written = [item for item in recipes.all if item.kind == kind and item.recipe.name == name]
    return str(next((item for item in written if getattr(item.recipe, "version", None) == version), written[0]).file)


def _check_command() -> click.Command:
    @click.command("check")
    @click.argument("path", required=False, type=PATHS)
    @verb
    def command(session: Session, path: Path | None) -> None:
        """Check all recipes, or those of a directory or file: every problem with its line."""
        problems = problems_of(session.settings.recipes, path)
        if session.json:
            told = [{"file": p.file, "line": p.line, "field": p.field, "message": p.message} for p in problems]
            session.show_json({"ok": not problems, "problems": told})
        else:
            for problem in problems:
                click.echo(visible(str(problem)))
            click.echo(f"problems: {len(problems)}" if problems else "all is well", err=True)
        click.get_current_context().exit(1 if problems else 0)

    return command


def problems_of(directories: tuple[Path, ...], path: Path | None) -> list[Problem]:
    """What is wrong with the recipes in force, or with those of one more directory or file."""
    from dagster_project.corpus.building.recipe_files import find_recipes
    from dagster_project.corpus.filtering.rules import RULES

    try:
        if path is not None and path.is_file():
            return _of_file(directories, path)
        every = (*directories, *([path] if path else []))
        find_recipes(list({directory.absolute(): directory for directory in every}.values()), RULES)  # each once
    except RecipeError as error:
        return list(error.problems)
    return []


def _of_file(directories: tuple[Path, ...], path: Path) -> list[Problem]:
    """The problems of one file; its neighbors are read, since it may name them."""
    from dagster_project.corpus.model.reading import survey_recipes

    path = path.absolute()
    home = path.parent.parent
    found = [item for item in problems_of((*directories, home), None) if Path(item.file).absolute() == path]
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    return found or list(survey_recipes([(str(path), text)]).problems)  # one that lies where no recipe is looked for


def _listed(item: ReadRecipe) -> dict[str, Any]:
    key = "@".join(filter(None, item.identity[1:]))
    return {"key": key, "title": item.recipe.title, "file": item.file}


def show_recipe(session: Session, file: str, recipe: Any, more: dict[str, Any]) -> None:
    """A recipe with every default, and whatever else is known of it."""
    from dagster_project.corpus.model.recipes import as_data

    if session.json:
        session.show_json({"file": file, "recipe": as_data(recipe), **more})
        return
    import yaml

    click.echo(f"# {visible(file)}")
    for part in filter(None, [as_data(recipe), *({name: facts} for name, facts in more.items() if facts)]):
        click.echo(yaml.safe_dump(part, sort_keys=False, allow_unicode=False), nl=False)


GROUPS = [group_of(kind) for kind in TITLES]
