"""An audit of the licenses of a mix, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dagster_project.corpus.model.escaping import visible

if TYPE_CHECKING:
    from dagster_project.cli.session import Session
    from dagster_project.corpus.model.partitions import Partition
    from dagster_project.corpus.storage.stores import Store

Facts = Mapping[str, Any]
ROWS = 20  # of a table
TABLES = {  # title → where its rows are, and what they tell
    "By license": (("licenses",), ("license", "class", "documents", "words")),
    "By class": (("classes",), ("class", "documents", "words")),
    "By evidence": (("evidence",), ("kind", "level", "documents", "words")),
    "Declared otherwise than concluded": (
        ("disagreements", "declared_concluded"),
        ("source", "declared", "concluded", "kind", "documents", "examples"),
    ),
    "Concluded otherwise than effective": (
        ("disagreements", "concluded_effective"),
        ("source", "concluded", "effective", "documents", "examples"),
    ),
    "Choices": (("choices",), ("offered", "chosen", "documents")),
    "Flags, which bind nobody": (("flags",), ("source", "finding", "documents")),
    "Edited without permission for changed works": (("edited",), ("license", "documents", "examples")),
}


def has_attribution(store: Store, mix: Partition, home: Path, version: str | None) -> bool:
    """Whether the attribution file of this very version lies where reports are written."""
    from dagster_project.cli.reports import path_of
    from dagster_project.corpus.storage.refs import resolve

    known = f"version {resolve(store, mix, version)}"
    return any(known in _beginning(path_of(mix, "attribution", home, number)) for number in {None, version})


def _beginning(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8") as file:
            return [file.readline(1000).strip() for _ in range(2)]
    except OSError:
        return []


def show(session: Session, found: Facts) -> None:
    """Tables of counts, then conflicts with their evidence, obligations, what was kept out, and violations."""
    from dagster_project.cli.tables import table

    click.echo(f"{found['mix']} {found['id'][:12]}: {found['documents']:,} documents, {found['words']:,} words")
    for title, (place, columns) in TABLES.items():
        rows: Any = found
        for name in place:
            rows = rows[name]
        if rows:
            cells = [[_shown(row[name]) for name in columns] for row in rows]
            session.out.print(table(title, columns, _cut(cells, len(columns))))
    rules = [[rule, documents] for rule, documents in found["rules"].items()]
    session.out.print(table("By rule", ["rule", "documents"], rules))
    for line in _conflicts(found["conflicts"]):
        click.echo(visible(line))
    duties = [
        [item["duty"], item["documents"], len(item["licenses"]), _fulfilled(item), item["by"]]
        for item in found["obligations"]
    ]
    session.out.print(table("Obligations", ["duty", "documents", "licenses", "fulfilled", "by"], duties))
    kept = [[name, *item] for name, reasons in found["kept_out"]["reasons"].items() for item in reasons.items()]
    session.out.print(table("Kept out by the policy", ["component", "reason", "documents"], kept))
    for item in found["violations"]:
        click.echo(visible(f"violation: {item['about']}: {item['said']}"))
    if not found["violations"]:
        click.echo("the mix keeps its license policy")


def _conflicts(found: Facts) -> Iterator[str]:
    for pair in found["same_text"]:
        yield f"the same text under two licenses: {pair['license']} and {pair['other']}, texts: {pair['texts']:,}"
        for example in pair["examples"]:
            yield f"  member {_evidence(example['member'])}"
            yield f"  copy   {_evidence(example['copy'])}"
    for apart in found["share_alike"]:
        yield f"share-alike terms that cannot become one work: {' and '.join(apart['groups'])}"
        for row in (row for side in apart["sides"] for row in side[:ROWS]):
            told = f"{row['license']} of {row['source']} by {row['kind']}, documents: {row['documents']:,}"
            yield f"  {told}, {', '.join(row['examples'])}"


def _evidence(told: Facts) -> str:
    return f"{told['doc_id']} of {told['source']}: {told['license']} by {told['kind']} {told['value']!r}"


def _fulfilled(item: Facts) -> str:
    return {True: "yes", False: "not yet", None: "by a person"}[item["fulfilled"]]


def _shown(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _cut(rows: list[list[Any]], columns: int) -> list[list[Any]]:
    more = [[f"{len(rows) - ROWS:,} more: --json", *[""] * (columns - 1)]] if len(rows) > ROWS else []
    return [*rows[:ROWS], *more]
