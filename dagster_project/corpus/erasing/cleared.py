"""That an erasure came to its end in this store: `cleared/00000002.json` is written after the second sweep and says for
which entries, at which state of the table of erased documents (`takedowns/erased.py`). That table is written before the
first object is touched, and goes along to replicas; this record is of one store, and does neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from dagster_project.corpus.model.canonical import is_sealed, sealed
from dagster_project.corpus.model.errors import IntegrityError, Moved
from dagster_project.corpus.model.manifests import FORMAT
from dagster_project.corpus.storage.stores import Store

PREFIX = "cleared/"
TRIES = 20  # of writers that meet


class Cleared(NamedTuple):
    """The last sweep that came to its end for an entry: the state of the table of erased documents, and when it was, in
    seconds since the epoch by the clock of the store."""

    erasure: int
    ended: float


def record_cleared(store: Store, entries: Iterable[str], erasure: int) -> None:
    """Say that every object of the store was swept for these entries."""
    for _ in range(TRIES):
        number = sum(1 for _ in store.list(PREFIX)) + 1
        record = {"format": FORMAT, "number": number, "erasure": erasure, "entries": sorted(entries)}
        if store.put_once(f"{PREFIX}{number:08d}.json", sealed(record)):
            return
    raise Moved(f"{TRIES} erasures came to their end meanwhile: try again")


def cleared_for(store: Store, entry: str) -> Cleared | None:
    """None where no sweep for the entry came to its end here."""
    for item in sorted(store.list(PREFIX), key=lambda item: item.path, reverse=True):
        record = json.loads(store.get(item.path))
        if record.get("format") != FORMAT or not is_sealed(record):
            raise IntegrityError(f"{item.path} is not what was written: it was altered; restore it")
        if entry in record["entries"]:
            return Cleared(record["erasure"], item.modified)
    return None
