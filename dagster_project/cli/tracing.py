"""How answers of `trace` and `impact` are shown: trees and tables for people, JSON, and graphs for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dagster_project.cli.session import Session

Traced = dict[str, Any]


def show_traced(session: Session, found: Sequence[Traced], count: int, form: str, is_one: bool) -> None:
    """Documents of a mix, and how many more there are."""
    more = count - len(found)
    if session.json or form == "json":
        session.show_json(found[0] if is_one else {"count": count, "more": more, "documents": list(found)})
        return
    if form in ("dot", "mermaid"):
        from dagster_project.corpus.lineage.drawing import drawn, of_documents

        click.echo(drawn(of_documents(found), form))
    elif form == "table":
        _show_documents(session, found)
    else:
        from dagster_project.cli.branches import tree_of

        for item in found:
            session.out.print(tree_of(item))
    if more > 0:
        click.echo(f"… and {more:,} more documents of {count:,} (--limit)", err=form in ("dot", "mermaid"))


def show_impact(session: Session, answer: dict[str, Any], form: str) -> None:
    """Mixes that hold what was asked about."""
    if session.json or form == "json":
        session.show_json(answer)
    elif form in ("dot", "mermaid"):
        from dagster_project.corpus.lineage.drawing import drawn, of_impact

        click.echo(drawn(of_impact(answer), form))
    elif not answer["mixes"]:
        click.echo("no version of any mix holds it")
    else:
        _show_mixes(session, answer["mixes"], with_rows=form == "table")


def _show_documents(session: Session, found: Sequence[Traced]) -> None:
    from dagster_project.cli.tables import table

    rows = []
    for item in found:
        license_ = item["license"]["concluded"]
        removed = next((verdict["rule"] for verdict in item["verdicts"] if not verdict["keep"]), "")
        places = ", ".join(str(member["index"]) for member in item["members"])
        said = (item["document"]["doc_id"], item["snapshot"]["partition"], item["document"]["locator"])
        rows.append([*said, license_["expression"] if license_ else "unknown", removed, places])
    columns = ["document", "snapshot", "locator", "license", "removed by", "places"]
    session.out.print(table("Documents", columns, rows))


def _show_mixes(session: Session, found: Sequence[dict[str, Any]], with_rows: bool) -> None:
    from dagster_project.cli.tables import table

    rows = [
        [f"{item['mix']}{'' if item['newest'] else ' (older)'}", item["number"], item["version"][:12],
         item["documents"], item["members"], item["derived"], len(item["shards"])]
        for item in found
    ]  # fmt: skip
    session.out.print(table("Mixes", ["mix", "number", "version", "documents", "members", "derived", "shards"], rows))
    if with_rows:
        places = [
            [item["mix"], item["version"][:12], row["position"], row["shard"], row["row"], row["path"]]
            for item in found
            for row in item["rows"]
        ]
        session.out.print(table("Rows", ["mix", "version", "position", "shard", "row", "path"], places))
        more = sum(item["members"] + item["derived_members"] for item in found) - len(places)
        if more > 0:
            click.echo(f"… and {more:,} more rows (--limit)")
