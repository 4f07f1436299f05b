"""Sweeps on record: `sweeps/00000003.json` is the third, written before the first object of it goes.

A build may take up an old object that nothing names, just while it is swept: writing it again finds it there. So the
number is read before a build and before its publication, and where it moved the build runs again; and a sweep looks at
all records once more after its number stands. Either the build sees the number, or the sweep sees the build's record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster_project.corpus.model.canonical import sealed
from dagster_project.corpus.model.errors import Moved
from dagster_project.corpus.model.manifests import FORMAT
from dagster_project.corpus.storage.stores import Entry, Store

PREFIX = "sweeps/"
TRIES = 20  # of sweepers that meet


def last_sweep(store: Store) -> int:
    """The number of the last sweep, begun or done; 0 before the first."""
    last = max((entry.path for entry in store.list(PREFIX)), default="")
    return int(last.removeprefix(PREFIX).partition(".")[0]) if last else 0


def begin_sweep(store: Store, told: Mapping[str, Any]) -> Entry:
    """Put a sweep on record. Its object tells what time it is by the store's clock."""
    for _ in range(TRIES):
        number = last_sweep(store) + 1
        path = f"{PREFIX}{number:08d}.json"
        if store.put_once(path, sealed({"format": FORMAT, "number": number, **told})):
            return next(entry for entry in store.list(path) if entry.path == path)
    raise Moved(f"{TRIES} sweeps were begun meanwhile: try again")
