"""florilegium report: what is in a mix, for people, for programs that speak a standard, and for attributions."""

from __future__ import annotations

from pathlib import Path

import click

from dagster_project.cli.reports import FILES
from dagster_project.cli.session import PATHS, Session, verb

EVENTS = "openlineage"


@click.command()
@click.argument("mix")
@click.option("--format", "format_", type=click.Choice(list(FILES)), help="[default: html; json with --json]")
@click.option(
    *("--output", "--out"), type=PATHS, help="Write there. [default: html below the home, the others to stdout]"
)
@click.option("--send", metavar="URL", help="Send the OpenLineage events there: http://…, https://… or file:PATH.")
@verb
def report(session: Session, mix: str, format_: str | None, output: Path | None, send: str | None) -> None:
    """Render the provenance report of MIX: sources, licenses with evidence, what was removed and why.

    Standards: card (Hugging Face), croissant 1.1, cyclonedx 1.6, spdx 3.0.1, prov (PROV-JSON), openlineage, and eu, the
    public summary of training content by Art. 53(1)(d) of the EU AI Act.
    """
    from dagster_project.cli.naming import published_mix
    from dagster_project.cli.reports import deliver, path_of
    from dagster_project.corpus.publishing.reports import render
    from dagster_project.opening import opened_store

    if send and (output or format_ not in (None, EVENTS)):
        raise click.UsageError(f"--send sends the format {EVENTS}, and writes no file")
    format_ = EVENTS if send else format_ or ("json" if session.json else "html")
    with opened_store(session.settings) as store:
        partition, version = published_mix(store, mix)
        body = render(store, partition, format_, version)
    if send:
        tell_sent(session, body, send)
        return
    if format_ == "html" and output is None:
        output = path_of(partition, format_, session.settings.home, version)
    deliver(session, body, format_, output)


def tell_sent(session: Session, body: bytes, where: str) -> None:
    """Send events, and say how many were taken."""
    from dagster_project.corpus.standards.sending import send

    sent = send(body, where, session.settings.openlineage_key)
    if session.json:
        session.show_json({"format": EVENTS, "sent": sent})
    else:
        click.echo(f"{sent:,} events sent")
