"""What statements forbid: a version that was withdrawn or retired can be proved, and leaves the store no more."""

from __future__ import annotations

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statements.statements import ended, statements_of
from dagster_project.corpus.storage.refs import latest
from dagster_project.corpus.storage.stores import Store


def refuse_ended(store: Store, partition: Partition, version: str) -> None:
    """Refused, in one sentence with the way out, for a version that is not exported any more."""
    end = ended(statements_of(store, version))
    if end is None:
        return
    more = f" and {len(end.entries) - 1} more" if len(end.entries) > 1 else ""
    why = f"withdrawn for takedown {end.entries[0][:12]}{more}" if end.entries else f"{end.kind} by {end.name}"
    newest = latest(store, partition)
    other = newest and newest.id != version and ended(statements_of(store, newest.id)) is None
    way = f"use {partition}#{newest.id[:12]}" if newest and other else f"build {partition} again"
    raise Refused(f"{partition}#{version[:12]} was {why} on {end.date} and is no longer exported: {way}")
