"""florilegium status: where the store is, whether it runs, and what stands in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from dagster_project.cli.session import Session, verb


@click.command()
@verb
def status(session: Session) -> None:
    """Where the store is, whether its embedded server runs, and how many partitions stand. Starts nothing."""
    result = state(session)
    if session.json:
        session.show_json(result)
        return
    click.echo(f"store: {result['store']}")
    if embedded := result["embedded"]:
        running = f"runs at {embedded['endpoint']} (pid {embedded['pid']})" if embedded["running"] else "does not run"
        click.echo(f"embedded server in {embedded['directory']}: {running}")
    if result["partitions"] is None:
        click.echo("partitions: not asked; the next command that needs the store starts it")
        return
    for stage, count in result["partitions"].items():
        click.echo(f"{stage}: {count:,}")
    if not result["partitions"]:
        click.echo("partitions: none yet; run `florilegium demo`")


def state(session: Session) -> dict[str, Any]:
    from dagster_project.corpus.storage.refs import published
    from dagster_project.opening import is_running, opened_store

    settings = session.settings
    result: dict[str, Any] = {"store": settings.store, "embedded": _embedded(session), "partitions": None}
    if is_running(settings):
        with opened_store(settings) as store:
            result["store"] = store.location
            result["partitions"] = dict(Counter(partition.stage for partition in published(store)))
    return {**result, "store": result["store"] or "embedded"}


def _embedded(session: Session) -> dict[str, Any] | None:
    from dagster_project.corpus.storage.embedded import status as embedded_status

    if session.settings.embedded is None:
        return None
    found = embedded_status(session.settings.embedded)
    return {
        "directory": str(found.directory.absolute()),
        "running": found.running,
        "endpoint": found.endpoint,
        "pid": found.pid,
    }
