"""florilegium sql: questions in SQL to the newest versions of everything."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import Refused

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_SHOWN = 1000  # rows of a table for people
FORMS = ("table", "json", "csv")


@click.command()
@click.argument("query", required=False)
@click.option("-f", "--file", "file", type=click.File(encoding="utf-8"), help="A file of queries (- for stdin).")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", help="[default: table]")
@click.option("--views", is_flag=True, help="The views and their columns, and nothing else.")
@verb
def sql(session: Session, query: str | None, file: Any, form: str, views: bool) -> None:
    """Run QUERY by DuckDB over the newest versions of everything, or those that are typed, each ended by a semicolon.

    Views: documents, signals, verdicts, licenses, fingerprints, families, survivors, members; manifests, inputs, refs,
    files, counts.
    """
    from dagster_project.corpus.lineage.catalog import refresh
    from dagster_project.stores import opened_store
    from dagster_project.views import connect

    if query is not None and file is not None:
        raise click.UsageError("give a query or a file of them")
    with opened_store(session.settings) as store:
        connection = connect(store, refresh(store))
        if views:
            _show_views(session, connection)
            return
        asked = query if query is not None else file.read() if file else None
        for text in [asked] if asked is not None else _typed():
            _run(session, connection, text, "json" if session.json else form, fails=asked is not None)


def _typed() -> Iterator[str]:
    """Queries from the keyboard or a pipe."""
    held = ""
    while line := _line("florilegium> " if not held else "           > "):
        held += line
        if held.rstrip().endswith(";"):
            yield held
            held = ""
    if held.strip():
        yield held


def _line(prompt: str) -> str:
    if sys.stdin.isatty():
        click.echo(prompt, nl=False)
    return sys.stdin.readline()


def _run(session: Session, connection: duckdb.DuckDBPyConnection, text: str, form: str, fails: bool) -> None:
    """Every statement; only the last result is shown, as DuckDB does it. What is typed may be wrong and goes on."""
    import duckdb

    try:
        found = connection.execute(text)
        table = found.to_arrow_table() if found.description else None
    except duckdb.Error as error:
        said = " ".join(str(error).split())
        if fails:
            raise Refused(
                f"DuckDB refused the query ({said}): `florilegium sql --views` lists views and columns"
            ) from None
        from dagster_project.corpus.model.escaping import visible

        click.echo(visible(said), err=True)
        return
    if table is not None:
        _show(session, table, form)


def _show(session: Session, found: pa.Table, form: str) -> None:
    from dagster_project.cli.tables import table

    if form == "json":
        session.show_json([{name: _plain(value) for name, value in row.items()} for row in found.to_pylist()])
        return
    if form == "csv":
        _show_csv(found)
        return
    shown = found.slice(0, MOST_SHOWN).to_pylist()
    session.out.print(table("", found.column_names, [[_cell(value) for value in row.values()] for row in shown]))
    if len(found) > MOST_SHOWN:
        click.echo(f"… and {len(found) - MOST_SHOWN:,} more rows (LIMIT, --json, --format csv)")


def _show_csv(found: pa.Table) -> None:
    """Controls of text stand as escapes, line breaks among them: a row is a line."""
    import csv

    from dagster_project.corpus.model.escaping import visible

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(visible, found.column_names))
    for row in found.to_pylist():
        writer.writerow(
            [value if isinstance(value, int | float) else visible(str(_cell(value))) for value in row.values()]
        )


def _show_views(session: Session, connection: duckdb.DuckDBPyConnection) -> None:
    from dagster_project.cli.tables import table
    from dagster_project.view_columns import described

    query = "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, ordinal_position"
    rows = [(*row, described(*row[:2])) for row in connection.execute(query).fetchall()]
    if session.json:
        columns: dict[str, dict[str, dict[str, str]]] = {}
        for view, name, kind, said in rows:
            columns.setdefault(view, {})[name] = {"type": kind, "description": said}
        session.show_json(columns)
        return
    session.out.print(table("Views", ["view", "column", "type", "description"], rows))


def _cell(value: Any) -> Any:
    plain = _plain(value)
    return "" if plain is None else plain if isinstance(plain, int | str) else str(plain)


def _plain(value: Any) -> Any:
    """What JSON can say: ids in hexadecimal, moments as ISO 8601, what is no number as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
