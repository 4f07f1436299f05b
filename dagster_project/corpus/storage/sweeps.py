"""Sweeps on record: `sweeps/00000003.json` is written before the first object of a sweep goes, and one more, which
names it, when the last one is gone.

A build may take up an old object that nothing names, just while it is swept: writing it again finds it there. So a
build waits until no sweep is under way, and reads the last number before it begins and before its publication; where it
moved the build runs again. A sweep looks at all records once more after its number stands. Either the build sees the
number, or the sweep sees the build's record.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.errors import Moved
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Entry, Store

PREFIX = "sweeps/"
LONGEST_SECONDS = 3600  # after which a sweep deletes nothing more
SKEW_SECONDS = 900  # that a store's clock may be off: it takes no request of one that is further off
WAIT_SECONDS = 60.0  # for a sweep to end, before that is told
POLL_SECONDS = 0.5


def last_sweep(store: Store) -> int:
    """The number of the last record, of a beginning or an end; 0 before the first."""
    return records.last_number(store, PREFIX)


def begin_sweep(store: Store, told: Mapping[str, Any]) -> Entry:
    """Put a sweep on record. Its object tells what time it is by the store's clock."""
    path = records.append(store, PREFIX, lambda _: told)
    return next(entry for entry in store.list(path) if entry.path == path)


def end_sweep(store: Store, begun: Entry) -> None:
    """Say that a sweep deletes nothing more."""
    records.append(store, PREFIX, lambda _: {"ended": begun.path})


@contextlib.contextmanager
def on_record(store: Store, told: Mapping[str, Any]) -> Iterator[Entry]:
    """A sweep from its beginning to its end, whatever ends it."""
    begun = begin_sweep(store, told)
    try:
        yield begun
    finally:
        end_sweep(store, begun)


def await_sweeps(store: Store) -> int:
    """Wait until none is under way, and return the number of the last record then: one that begins right afterwards has
    another. Moved where that takes too long; one that was killed ends when its time is up."""
    until = time.monotonic() + WAIT_SECONDS
    while begun := _under_way(listed := records.listed(store, PREFIX), store):
        if time.monotonic() > until:
            left = begun.modified + LONGEST_SECONDS + SKEW_SECONDS - time.time()
            raise Moved(
                f"garbage of {store.location} is being deleted: build again when that has ended, in {left / 60:.0f} "
                f"minutes at the latest"
            )
        time.sleep(POLL_SECONDS)
    return records.number_of(listed[-1]) if listed else 0


def _under_way(listed: Sequence[Entry], store: Store) -> Entry | None:
    """A sweep that may still delete, of those that are on record."""
    since = time.time() - LONGEST_SECONDS - SKEW_SECONDS
    late = [entry for entry in listed if entry.modified > since]
    said = {entry: records.read_numbered(store, entry).get("ended") for entry in late}
    ended = {*said.values()}
    return next((entry for entry, ends in said.items() if not ends and entry.path not in ended), None)
