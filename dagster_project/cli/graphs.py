"""florilegium lineage: the versions that a partition stands on, or that stand on it."""

from __future__ import annotations

import click

from dagster_project.cli.session import Session, verb

FORMS = ("text", "json", "dot", "mermaid")


@click.command()
@click.argument("partition")
@click.option("--down", is_flag=True, help="What was built from it, and not what it was built from.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", help="[default: text]")
@verb
def lineage(session: Session, partition: str, down: bool, form: str) -> None:
    """Every version that PARTITION was built from, at any remove, with its counts; with --down, built from it."""
    from dagster_project.cli.naming import in_store
    from dagster_project.cli.tables import table
    from dagster_project.corpus.lineage.catalog import refresh
    from dagster_project.corpus.lineage.drawing import drawn, of_versions
    from dagster_project.corpus.lineage.relatives import relatives
    from dagster_project.corpus.model.partitions import parse
    from dagster_project.corpus.storage.refs import resolve
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        place = in_store(store, partition)
        version = resolve(store, place, parse(partition)[1] if "/" in partition else None)
        found = relatives(refresh(store), version, down=down)
    if session.json or form == "json":
        session.show_json({"partition": str(place), "id": version, **found.as_data()})
    elif form == "text":
        rows = [[item["partition"], item["id"][:12], item["rows"], len(item["inputs"])] for item in found.versions]
        session.out.print(table(str(place), ["partition", "version", "rows", "inputs"], rows))
    else:
        click.echo(drawn(of_versions(found.versions, found.edges), form))
