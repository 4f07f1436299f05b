"""florilegium up: the embedded store, Dagster's web UI and daemon, and the provenance pages, until Ctrl-C."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import click

from dagster_project.cli.session import Session, verb
from dagster_project.logs import log

if TYPE_CHECKING:
    from dagster_project.cli.children import Children

ASK_SECONDS = 0.5


@click.command()
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--pages-port",
    type=click.IntRange(1, 65535),
    help="Of the provenance pages. [default: the next port]",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@verb
def up(session: Session, port: int, pages_port: int | None, host: str) -> None:
    """Run the web UI, its daemon, the provenance pages and the embedded store; Ctrl-C stops all of them."""
    from dagster_project.cli.children import Children, refuse_taken
    from dagster_project.cli.holds import held, refuse_held

    pages_port = pages_port or (port + 1 if port < 65535 else port - 1)
    if pages_port == port:
        raise click.UsageError("--pages-port must be another port than --port")
    settings = session.settings
    home = settings.home.absolute() / "dagster"
    refuse_held(home)
    refuse_taken(host, port)
    refuse_taken(host, pages_port, "--pages-port")
    from dagster_project.opening import opened_store

    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(held(home))
        store = stack.enter_context(opened_store(settings))
        children = stack.enter_context(Children(settings, host, port, pages_port, lock))
        say(session, f"store: {store.location}; logs: {children.home / 'output'}")
        if session.json:
            told = {"url": children.url, "pages": children.pages_url, "store": store.location, "pids": children.pids}
            session.show_json(told)
        else:
            click.echo(f"Florilegium is up at {children.url} (Ctrl-C stops it)")
            click.echo(f"provenance pages: {children.pages_url}")
        watch(session, children)


def watch(session: Session, children: Children) -> None:
    """Until somebody ends us, or one of them ends by itself."""
    try:
        while True:
            children.refuse_dead()
            time.sleep(ASK_SECONDS)
    except KeyboardInterrupt:
        say(session, "\nstopping")


def say(session: Session, sentence: str) -> None:
    if session.quiet:
        return
    if session.logs_json:
        log("info", sentence.strip(), session.run)
    else:
        click.echo(sentence, err=True)
