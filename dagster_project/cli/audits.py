"""florilegium audit: how old a mix is, what it says of whom how often, and a split that can show what a model saw."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.errors import Refused

if TYPE_CHECKING:
    import pyarrow as pa

    from dagster_project.corpus.engine.engines import Engine
    from dagster_project.corpus.model.manifests import Manifest
    from dagster_project.corpus.storage.stores import Store

INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
TO = click.option(
    "--to", "output", type=click.Path(dir_okay=False, path_type=Path), help="Every row, as .csv, .parquet or .json."
)
WRITTEN = (".csv", ".parquet", ".json")


class Day(click.ParamType[int]):
    """A day, counted from 1970-01-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        from datetime import date

        if isinstance(value, int):
            return value
        try:
            return (date.fromisoformat(value) - date(1970, 1, 1)).days
        except ValueError:
            self.fail(f"{value!r} is not a day: write 2026-11-22", param, context)


@click.group(name="audit")
def audit_group() -> None:
    """Ask what a mix holds: its dates, its support of names, what stands together, who is a member."""


@audit_group.command()
@click.argument("mix")
@click.option("--target", type=Day(), help="The day that a model should know of. [default: the newest that is known]")
@click.option(
    "--gap", "gap_days", type=click.IntRange(0), default=365, show_default=True, help="Days beyond which to warn."
)
@click.option("--quarters", is_flag=True, help="By quarters instead of years.")
@click.option("--named-years", is_flag=True, help="Read the texts, too, for years after that of their publication.")
@TO
@verb
def age(session: Session, mix: str, output: Path | None, named_years: bool, **asked: Any) -> None:
    """When the documents of MIX were published and collected, how well that is known, and which dates cannot be."""
    from dagster_project.cli.audit_tables import show_ages
    from dagster_project.corpus.audits.age_report import age_report
    from dagster_project.corpus.audits.ages import ages_of

    _check_suffix(output)
    with opened(session, mix) as (store, engine, mixed, progress):
        ages = ages_of(store, engine, mixed, years=named_years, progress=progress)
    told = {"mix": mix, "version": mixed.id, **age_report(ages, **asked)}
    _deliver(session, told, output, lambda: ages.days, lambda: show_ages(session, told))


@audit_group.command()
@click.argument("mix")
@click.option(
    "--phrases",
    "file",
    type=INPUT,
    required=True,
    help="One on each line: a name, then, after tabs, its other spellings.",
)
@click.option(
    "--rows", type=click.IntRange(0), default=20, show_default=True, help="Of the phrases with least support, shown."
)
@TO
@verb
def support(session: Session, mix: str, file: Path, rows: int, output: Path | None) -> None:
    """In how many documents of MIX each phrase stands, and what each step before removed of them.

    Upper and lower case are one, and a phrase stands for whole words; in scripts without spaces it may stand anywhere.
    """
    from dagster_project.cli.audit_tables import show_support
    from dagster_project.corpus.audits.phrases import phrases_in
    from dagster_project.corpus.audits.support import support_of, support_table
    from dagster_project.corpus.audits.support_report import support_report

    _check_suffix(output)
    phrases = phrases_in(file.read_bytes(), str(file))
    with opened(session, mix) as (store, engine, mixed, progress):
        found = support_of(store, engine, mixed, phrases, progress)
    told = {"mix": mix, "version": mixed.id, **support_report(found)}
    _deliver(session, told, output, lambda: support_table(found), lambda: show_support(session, told, rows))


@audit_group.command()
@click.argument("mix")
@click.option("--terms", type=INPUT, required=True, help="Terms, as --phrases of `audit support`.")
@click.option("--with", "others", type=INPUT, required=True, help="Those that they stand together with.")
@click.option(
    "--window", type=click.IntRange(0), metavar="WORDS", help="Words between them at most. [default: in one document]"
)
@click.option("--reference", type=INPUT, help="A CSV of term,with,value to compare ranks with.")
@click.option(
    "--rows", type=click.IntRange(0), default=20, show_default=True, help="Of the pairs that meet most, shown."
)
@TO
@verb
def together(
    session: Session,
    mix: str,
    terms: Path,
    others: Path,
    window: int | None,
    reference: Path | None,
    rows: int,
    output: Path | None,
) -> None:
    """Which terms of two lists stand together in documents of MIX, and whether a table ranks them alike."""
    import pyarrow as pa

    from dagster_project.cli.audit_tables import show_together
    from dagster_project.corpus.audits.agreement import reference_in, together_report
    from dagster_project.corpus.audits.phrases import phrases_in
    from dagster_project.corpus.audits.together import together_of

    _check_suffix(output)
    lists = tuple(phrases_in(file.read_bytes(), str(file)) for file in (terms, others))
    table = reference_in(reference.read_bytes(), str(reference)) if reference else None
    with opened(session, mix) as (store, engine, mixed, progress):
        found = together_of(store, engine, mixed, (lists[0], lists[1]), window, progress)
    told = {"mix": mix, "version": mixed.id, **together_report(found, table)}
    _deliver(
        session, told, output, lambda: pa.Table.from_pylist(told["pairs"]), lambda: show_together(session, told, rows)
    )


@contextlib.contextmanager
def opened(session: Session, mix: str) -> Iterator[tuple[Store, Engine, Manifest, Callable[[int, int], None]]]:
    """The store, who works, the version of the mix that was asked for, and where progress goes."""
    from dagster_project.cli.naming import published_mix
    from dagster_project.corpus.storage.refs import load_manifest, resolve
    from dagster_project.opening import opened_engine, opened_store

    with opened_store(session.settings) as store, opened_engine(session.settings) as engine:
        partition, version = published_mix(store, mix)
        with _bar(session) as progress:
            yield store, engine, load_manifest(store, resolve(store, partition, version)), progress


@contextlib.contextmanager
def _bar(session: Session) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if session.quiet or session.logs_json or not session.err.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import Progress

    with Progress(console=session.err, transient=True) as bar:
        task = bar.add_task("shards")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _check_suffix(output: Path | None) -> None:
    if output and output.suffix not in WRITTEN:
        raise Refused(f"--to {output} ends in none of {', '.join(WRITTEN)}: name a file that does")


def _deliver(
    session: Session,
    told: dict[str, Any],
    output: Path | None,
    table: Callable[[], pa.Table],
    show: Callable[[], None],
) -> None:
    """To stdout, and to a file where one is named."""
    if output:
        write(output, told, table)
    if session.json:
        session.show_json(told)
    else:
        show()


def write(output: Path, told: dict[str, Any], table: Callable[[], pa.Table]) -> None:
    import io

    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    from dagster_project.cli.reports import write_whole
    from dagster_project.corpus.model.escaping import encoded

    body = io.BytesIO()
    if output.suffix == ".json":
        body.write(encoded(told))
    elif output.suffix == ".csv":
        csv.write_csv(table(), body)
    else:
        pq.write_table(table(), body, compression="zstd")
    write_whole(output.absolute(), body.getvalue())
