"""florilegium up: the embedded store and Dagster's web UI and daemon, until Ctrl-C."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.cli.children import Children

ASK_SECONDS = 0.5


@click.command()
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
@verb
def up(session: Session, port: int, host: str) -> None:
    """Run the web UI, its daemon and the embedded store; Ctrl-C stops all three."""
    from dagster_project.cli.children import Children, refuse_taken

    refuse_taken(host, port)
    from dagster_project.opening import opened_store

    with opened_store(session.settings) as store, Children(session.settings, host, port) as children:
        say(session, f"store: {store.location}; logs: {children.home / 'output'}")
        if session.json:
            session.show_json({"url": children.url, "store": store.location, "pids": children.pids})
        else:
            click.echo(f"Florilegium is up at {children.url} (Ctrl-C stops it)")
        watch(session, children)


def watch(session: Session, children: Children) -> None:
    """Until somebody ends us, or one of the two ends by itself."""
    try:
        while True:
            children.refuse_dead()
            time.sleep(ASK_SECONDS)
    except KeyboardInterrupt:
        say(session, "\nstopping")


def say(session: Session, sentence: str) -> None:
    if not session.quiet:
        click.echo(sentence, err=True)
