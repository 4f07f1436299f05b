"""florilegium sources list|show|card|search: what is registered, what was measured of it, and finding it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import PATHS, Session, verb
from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.corpus.building.recipes import Recipes
    from dagster_project.corpus.catalog.measured import Entry
    from dagster_project.corpus.storage.stores import Store
    from dagster_project.settings import Settings

FORMATS = ("md", "html", "json")
SHOWN = 3  # languages or licenses in one cell
LISTED = ("name", "title", "license", "access", "languages", "snapshot", "documents", "built")
FOUND = ("name", "title", "why", "license", "languages", "documents", "words", "years", "score")


@click.command("list")
@verb
def list_sources(session: Session) -> None:
    """Every source in force, and its newest snapshot."""
    from dagster_project.cli.tables import moment, table

    found = _entries(session)
    if session.json:
        session.show_json([{**_line(entry), "file": file} for file, entry in found])
        return
    rows = []
    for _, entry in found:
        line = _line(entry)
        snapshot = line["snapshot"] or {"id": "", "documents": "", "published": None}
        when = moment(snapshot["published"]) if snapshot["published"] is not None else ""
        head = [line["key"], line["title"], line["license"], line["access"], _first(entry.languages)]
        rows.append([*head, snapshot["id"][:12], _counted(snapshot["documents"]), when])
    session.out.print(table("sources", LISTED, rows))


@click.command("show")
@click.argument("name")
@verb
def show_source(session: Session, name: str) -> None:
    """One recipe with every default filled in, and what its newest snapshot holds."""
    from dagster_project.cli.recipes import show_recipe
    from dagster_project.corpus.publishing.source_facts import source_facts

    file, entry = _entry(session, name)
    facts = source_facts(entry)
    measured = {name: facts[name] for name in ("snapshot", "licensed", "statistics")}
    if facts["statistics"] and not session.json:
        measured["statistics"] = _sums(facts["statistics"])
    show_recipe(session, file, entry.recipe, measured)


@click.command("card")
@click.argument("name")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: md; json with --json]")
@click.option("--output", type=PATHS, help="Write there. [default: to stdout]")
@verb
def card_of_source(session: Session, name: str, format_: str | None, output: Path | None) -> None:
    """The card of a source: its registry record, its newest snapshot, and what nobody knows."""
    from dagster_project.cli.reports import deliver
    from dagster_project.corpus.publishing.cards import card

    format_ = format_ or ("json" if session.json else "md")
    deliver(session, card(_entry(session, name)[1], format_, session.again), format_, output)


@click.command("search", short_help='Find sources: "german law, permissive, after 2020".')
@click.argument("query", nargs=-1)
@verb
def search_sources(session: Session, query: tuple[str, ...]) -> None:
    """Find sources: florilegium sources search "german law, permissive, after 2020"

    Recognized are languages by name or code; license classes (permissive, share-alike, copyleft, non-commercial,
    public domain, unknown …); `commercial`, `attribution`; SPDX identifiers; access classes; `synthetic`; `after`,
    `before`, `since`, `until`, `in` a year, `2018-2020`; `with` or `without` urls, dates, tables, code, math, links …
    A source must meet all of them. `not` turns one around; "double quotes" make words of it. All other words rank the
    sources that hold at least one of them.
    """
    from dagster_project.corpus.catalog.search import rows_of, search

    found = search([entry for _, entry in _entries(session)], " ".join(query))
    rows = list(rows_of(found.hits))
    if session.json:
        excluded = [{"condition": condition, "sources": count} for condition, count in found.excluded]
        facets = [facet._asdict() for facet in found.query.facets]
        asked = {"understood": str(found.query), "facets": facets, "words": list(found.query.words)}
        session.show_json({**asked, "sources": found.sources, "excluded": excluded, "results": rows})
        return
    click.echo(visible(f"understood: {found.query}"))
    if rows:
        from dagster_project.cli.tables import table

        session.out.print(table("sources", FOUND, [_found(row) for row in rows]))
    click.echo(visible(found.sentence()))


COMMANDS: Mapping[str, click.Command] = {
    "list": list_sources,
    "show": show_source,
    "card": card_of_source,
    "search": search_sources,
}


@contextlib.contextmanager
def standing_store(settings: Settings) -> Iterator[Store | None]:
    """The store where there is one; an embedded one that was never begun is not begun for a question."""
    if settings.embedded and not settings.embedded.is_dir():
        yield None
        return
    from dagster_project.opening import opened_store

    with opened_store(settings) as store:
        yield store


def _recipes(session: Session) -> Recipes:
    """The recipes in force, without what only building needs."""
    from dagster_project.corpus.building.recipe_files import find_recipes
    from dagster_project.corpus.filtering.rules import RULES

    return find_recipes(session.settings.recipes, RULES)


def _entries(session: Session) -> list[tuple[str, Entry]]:
    """(file, entry) of every source in force, by name."""
    from dagster_project.corpus.catalog.measured import entries

    recipes = _recipes(session)
    files = {item.recipe.key: item.file for item in recipes.all if item.kind == "sources"}
    with standing_store(session.settings) as store:
        return [(files[entry.recipe.key], entry) for entry in entries(store, recipes.sources)]


def _entry(session: Session, name: str) -> tuple[str, Entry]:
    """One source by name or name@version."""
    from dagster_project.corpus.catalog.measured import entry_of

    recipes = _recipes(session)
    if message := recipes.lacks("sources", name):
        raise FlorilegiumError(message)
    place = None if "@" in name else recipes.landing_place(name)
    recipe = place or recipes.source(name)
    named = [item for item in recipes.all if item.kind == "sources" and item.recipe.name == recipe.name]
    file = next((item.file for item in named if item.recipe.version == recipe.version), named[0].file)
    with standing_store(session.settings) as store:
        return file, entry_of(store, recipe)


def _line(entry: Entry) -> dict[str, Any]:
    """A source in a few facts."""
    recipe, measured = entry.recipe, entry.measured
    newest = None
    if measured:
        newest = {"id": measured.snapshot.id, "documents": entry.documents, "published": measured.published}
    return {
        "key": measured.key if measured else recipe.key,
        "name": recipe.name,
        "title": recipe.title,
        "license": recipe.license,
        "access": recipe.access,
        "languages": entry.languages,
        "licenses": entry.licenses,
        "classes": entry.classes,
        "words": entry.words,
        "snapshot": newest,
    }


def _found(row: Mapping[str, Any]) -> list[Any]:
    years = row["years"]
    span = "" if not years else f"{years['from']}" if years["from"] == years["to"] else f"{years['from']}–{years['to']}"
    why, counts = "; ".join(row["why"]), [_counted(row["documents"]), _counted(row["words"])]
    head = [row["name"], row["title"], why, row["license"], _first(row["languages"])]
    return [*head, *counts, span, f"{row['score']:.2f}"]


def _counted(number: int | None) -> Any:
    return "" if number is None else number


def _first(counts: Mapping[str, int | None]) -> str:
    """The largest few, and how many more there are."""
    names = list(counts)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _sums(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """The statistics by language, less their lists."""
    return {row["language"]: {name: row[name] for name in ("documents", "words")} for row in statistics["languages"]}
