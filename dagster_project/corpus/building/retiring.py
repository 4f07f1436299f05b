"""Versions that are ended by those who keep the store: nothing that still stands may be made of one."""

from __future__ import annotations

from collections.abc import Iterator

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statements.statements import Statement, ended, holds, make_statement, statements_of
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions, resolve
from dagster_project.corpus.storage.stores import Store

NAMED = 3  # descendants and holds that a refusal names


def retire(store: Store, partition: Partition, digits: str, said: Statement) -> Statement:
    """Say that the version of a partition whose id begins so is retired. `said` gives who says it, and why."""
    version = resolve(store, partition, digits)
    address = f"{partition}#{version[:12]}"
    before = statements_of(store, version)
    if end := ended(before):
        raise Refused(f"{address} was {end.kind} on {end.date} already: `florilegium statements {partition}` tells why")
    if held := [f"{item.name} since {item.date}" for item in holds(before)]:
        raise Refused(f"{address} is held by {_named(held)}: who holds it releases it with `florilegium attest`")
    if found := list(descendants(store, version)):
        names = _named([f"{item}#{other[:12]}" for item, other in found])
        raise Refused(f"{address} is what {names} stands on: retire that first")
    kept = {name: getattr(said, name) for name in ("said", "name", "role", "date")}
    return make_statement(store, Statement("retired", version, str(partition), **kept))


def descendants(store: Store, version: str) -> Iterator[tuple[Partition, str]]:
    """The published versions that were made of one and are neither withdrawn nor retired."""
    for partition in published(store):
        for other in published_versions(store, partition):
            is_made_of = any(item.id == version for item in load_manifest(store, other).inputs)
            if is_made_of and ended(statements_of(store, other)) is None:
                yield partition, other


def _named(found: list[str]) -> str:
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
