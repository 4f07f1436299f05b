"""florilegium attest, retire, statements: what people say of versions, and sign for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.cli.session import Session, verb

if TYPE_CHECKING:
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.statements.statements import Statement
    from dagster_project.corpus.storage.stores import Store

MADE = ("attested", "held", "released")  # kinds of statements that people make with `attest`
SECRET = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("partition")
@click.option("--as", "name", required=True, help="Who says it.")
@click.option("--role", default="", help="As what they say it.")
@click.option("--statement", "said", required=True, help="What they say.")
@click.option("--kind", type=click.Choice(MADE), default="attested", show_default=True, help="A sign-off, or a hold.")
@click.option("--date", default="", metavar="DATE", help="When they said it. [default: today]")
@click.option("--key", type=SECRET, metavar="FILE", help="Sign it with this secret key, of `florilegium keys new`.")
@verb
def attest(session: Session, partition: str, key: Path | None, **said: Any) -> None:
    """Put a statement on a version of PARTITION on record, the newest or partition#digits; versions never change.

    A version that is held may neither be retired nor erased from, until the same name releases it.
    """
    from dataclasses import replace

    from dagster_project.corpus.statements.keys import signature
    from dagster_project.corpus.statements.statements import Statement, checked, make_statement
    from dagster_project.opening import opened_store

    with opened_store(session.settings, writing=True) as store:
        item, version = _version(store, partition)
        statement = checked(Statement(version=version, partition=str(item), **said))
        if key:
            statement = replace(statement, signature=signature(key, statement.signed))
        made = make_statement(store, statement)
    _show(session, str(item), [made])


@click.command()
@click.argument("partition")
@click.argument("version")
@click.option("--as", "name", default="", help="Who says so.")
@click.option("--reason", "said", default="", help="Why.")
@verb
def retire(session: Session, partition: str, version: str, **said: Any) -> None:
    """End VERSION, the first digits of its id, of PARTITION: it can still be traced, and is exported no more.

    Refused while a version that stands was made of it, or somebody holds it.
    """
    from dagster_project.cli.naming import in_store
    from dagster_project.corpus.building.retiring import retire as end
    from dagster_project.corpus.statements.statements import Statement
    from dagster_project.opening import opened_store

    with opened_store(session.settings, writing=True) as store:
        item = in_store(store, partition)
        made = end(store, item, version, Statement("retired", "", str(item), **said))
    _show(session, str(item), [made])


@click.command()
@click.argument("partition")
@click.option("--key", type=SECRET, metavar="FILE", help="Whose signatures count; without it, any that is right.")
@verb
def statements(session: Session, partition: str, key: Path | None) -> None:
    """Every statement on any version of PARTITION, and whether its signature is right."""
    from dagster_project.cli.naming import in_store
    from dagster_project.corpus.statements.keys import public_key
    from dagster_project.corpus.statements.statements import statements_of
    from dagster_project.corpus.storage.refs import published_versions, resolve
    from dagster_project.opening import opened_store

    by = public_key(key) if key else ""
    with opened_store(session.settings) as store:
        item = in_store(store, partition)
        resolve(store, item)
        found = [said for version in published_versions(store, item) for said in statements_of(store, version)]
    _show(session, str(item), found, by)


def _version(store: Store, text: str) -> tuple[Partition, str]:
    """A partition that stands, and the version of it that is meant; a name alone means a mix."""
    from dagster_project.cli.naming import in_store
    from dagster_project.corpus.model.partitions import parse
    from dagster_project.corpus.storage.refs import resolve

    name, _, digits = text.partition("#")
    item = parse(name)[0] if "/" in name else in_store(store, name)
    return item, resolve(store, item, digits or None)


def _show(session: Session, title: str, found: list[Statement], by: str = "") -> None:
    from dataclasses import asdict

    from dagster_project.cli.tables import table

    if session.json:
        session.show_json([{**asdict(item), "signature_is_right": _is_right(item, by)} for item in found])
        return
    signs = {None: "", True: "right", False: "WRONG"}
    rows = [
        [item.version[:12], item.kind, item.date, item.name, item.role, item.said,
         ", ".join(entry[:12] for entry in item.entries), signs[_is_right(item, by)]]
        for item in found
    ]  # fmt: skip
    columns = ["version", "kind", "date", "who", "as", "statement", "takedowns", "signature"]
    session.out.print(table(f"Statements on {title}", columns, rows))


def _is_right(item: Statement, by: str) -> bool | None:
    """Whether its signature is one of it; None where there is none."""
    from dagster_project.corpus.statements.keys import is_signed

    return is_signed(item.signed, item.signature, by) if item.signature else None
