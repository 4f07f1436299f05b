"""florilegium history, versions: what was published when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb
from dagster_project.corpus.model.partitions import STAGES

if TYPE_CHECKING:
    from dagster_project.corpus.storage.stores import Store


@click.command()
@click.argument("partition")
@verb
def history(session: Session, partition: str) -> None:
    """Every publication of PARTITION, oldest first."""
    from dataclasses import asdict

    from dagster_project.cli.naming import in_store
    from dagster_project.cli.tables import moment, table
    from dagster_project.corpus.storage import refs
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        item = in_store(store, partition)
        refs.resolve(store, item)
        found = refs.history(store, item)
    if session.json:
        session.show_json([asdict(ref) for ref in found])
        return
    rows = [[ref.number, ref.id[:12], moment(ref.published), ref.reason] for ref in found]
    session.out.print(table(str(item), ["number", "version", "published (UTC)", "reason"], rows))


@click.command()
@click.argument("stage", required=False, type=click.Choice(STAGES))
@verb
def versions(session: Session, stage: str | None) -> None:
    """The newest version of every partition, or of those of one STAGE."""
    from dagster_project.cli.tables import moment, table
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        found = list(_newest(store, stage or ""))
    if session.json:
        session.show_json(found)
        return
    rows = [[v["partition"], v["number"], v["id"][:12], v["rows"], moment(v["published"])] for v in found]
    session.out.print(table("Versions", ["partition", "number", "version", "rows", "published (UTC)"], rows))


def _newest(store: Store, stage: str) -> Iterator[dict[str, Any]]:
    from dagster_project.corpus.storage import refs

    for partition, entry in refs.newest(store, stage).items():
        ref = refs.read_ref(store, entry.path)
        rows = refs.load_manifest(store, ref.id).rows
        told = {"number": ref.number, "id": ref.id, "rows": rows, "published": ref.published}
        yield {"partition": str(partition), **told}
