"""florilegium catalog: what makes lineage quick, how far it is made, and how it is made again."""

from __future__ import annotations

import click

from dagster_project.cli.session import Session, verb


@click.group("catalog")
def catalog_group() -> None:
    """The catalog: tables of all versions, and indexes of documents and members. All of it can be made again."""


@catalog_group.command()
@verb
def status(session: Session) -> None:
    """The tables of the catalog, and for each index the versions that are joined."""
    from dagster_project.cli.tables import table
    from dagster_project.corpus.lineage import catalog
    from dagster_project.corpus.lineage.upkeep import standing
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        found = catalog.refresh(store)
        tables = {name: len(rows) for name, rows in found.tables.items() if name != "objects"}
        joined = list(standing(store, found))
    if session.json:
        session.show_json({"tables": tables, "indexes": [item._asdict() for item in joined]})
        return
    session.out.print(table("Tables", ["table", "rows"], [list(item) for item in tables.items()]))
    columns = ["stage", "column", "versions", "joined", "segments", "bytes"]
    session.out.print(table("Indexes", columns, [list(item) for item in joined]))


@catalog_group.command()
@verb
def rebuild(session: Session) -> None:
    """Make tables and indexes again, from manifests, refs and shards alone; what they say does not change."""
    from dagster_project.corpus.lineage.upkeep import rebuild as made_again
    from dagster_project.corpus.lineage.upkeep import standing
    from dagster_project.stores import opened_store

    with opened_store(session.settings) as store:
        found = made_again(store)
        joined = list(standing(store, found))
    if session.json:
        session.show_json({"versions": len(found.tables["manifests"]), "indexes": [item._asdict() for item in joined]})
    else:
        click.echo(f"{len(found.tables['manifests']):,} versions, {len(joined)} indexes")
