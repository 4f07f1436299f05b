"""florilegium report: what is in a mix, for people, programs and attributions."""

from __future__ import annotations

from pathlib import Path

import click

from dagster_project.cli.reports import FILES
from dagster_project.cli.session import PATHS, Session, verb


@click.command()
@click.argument("mix")
@click.option("--format", "format_", type=click.Choice(list(FILES)), help="[default: html; json with --json]")
@click.option("--output", type=PATHS, help="Write there. [default: html below the home, the others to stdout]")
@verb
def report(session: Session, mix: str, format_: str | None, output: Path | None) -> None:
    """Render the provenance report of MIX: sources, licenses with evidence, what was removed and why."""
    from dagster_project.cli.naming import published_mix
    from dagster_project.cli.reports import deliver, path_of
    from dagster_project.corpus.publishing.reports import render
    from dagster_project.opening import opened_store

    format_ = format_ or ("json" if session.json else "html")
    with opened_store(session.settings) as store:
        partition, version = published_mix(store, mix)
        body = render(store, partition, format_, version)
    if format_ == "html" and output is None:
        output = path_of(partition, format_, session.settings.home, version)
    deliver(session, body, format_, output)
