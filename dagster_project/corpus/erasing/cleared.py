"""That an erasure came to its end in this store: `cleared/00000002.json` is written after the second sweep and says for
which entries, at which state of the table of erased documents (`takedowns/erased.py`). That table is written before the
first object is touched, and goes along to replicas; this record is of one store, and does neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Store

PREFIX = "cleared/"


class Cleared(NamedTuple):
    """The last sweep that came to its end for an entry: the state of the table of erased documents, and when it was, in
    seconds since the epoch by the clock of the store."""

    erasure: int
    ended: float


def record_cleared(store: Store, entries: Iterable[str], erasure: int) -> None:
    """Say that every object of the store was swept for these entries."""
    told = {"erasure": erasure, "entries": sorted(entries)}
    records.append(store, PREFIX, lambda _: told)


def cleared_for(store: Store, entry: str) -> Cleared | None:
    """None where no sweep for the entry came to its end here."""
    for item in reversed(records.listed(store, PREFIX)):
        record = records.read_numbered(store, item)
        if entry in record["entries"]:
            return Cleared(record["erasure"], item.modified)
    return None
