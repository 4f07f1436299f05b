"""Garbage collection: what nothing reaches, told by kind, and deleted when somebody says so.

Never touched are records of people (requests, statements, erasures), publications, and whatever is unknown. An object
younger than the grace is left to whoever is writing it. `storage/sweeps.py` says why a build under way loses nothing.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from dagster_project.corpus.erasing.owned import owned
from dagster_project.corpus.keeping.marking import Listed, Listing, Marked, listing, mark
from dagster_project.corpus.keeping.places import KINDS, UNKNOWN, place_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.storage.replacements import find_replacement
from dagster_project.corpus.storage.stores import Entry, Store, Unfinished
from dagster_project.corpus.storage.sweeps import LONGEST_SECONDS, on_record

DAY_SECONDS = 86_400
GRACE_SECONDS = 7 * DAY_SECONDS
LEAST_GRACE_SECONDS = 3600  # to delete: longer than from the writing of an object to that of its record
AT_ONCE = 1000  # objects of a request
FINISHED = ("objects.parquet", "versions")  # the last object of a folder of the catalog
ORDER = ("builds", "manifests", "indexes", "portraits", "catalog", "data", "scratch")  # records before what they name


@dataclass
class Tally:
    """Objects of a kind, and their bytes: reached, within the grace, and unreachable."""

    kept: int = 0
    kept_bytes: int = 0
    young: int = 0
    young_bytes: int = 0
    unreachable: int = 0
    unreachable_bytes: int = 0

    def add(self, what: str, size: int) -> None:
        setattr(self, what, getattr(self, what) + 1)
        setattr(self, f"{what}_bytes", getattr(self, f"{what}_bytes") + size)


@dataclass
class Garbage:
    """What was found, and whether it is gone now."""

    location: str
    grace_seconds: float
    unpublished_seconds: float | None
    kinds: dict[str, Tally] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unfinished: int = 0  # begun before the grace, and never written to the end
    sweep: int = 0  # its number, when it deleted
    seconds: float = 0.0

    @property
    def unreachable(self) -> int:
        return sum(tally.unreachable for tally in self.kinds.values())

    @property
    def unreachable_bytes(self) -> int:
        return sum(tally.unreachable_bytes for tally in self.kinds.values())

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "unreachable": self.unreachable, "unreachable_bytes": self.unreachable_bytes}


class Ages(NamedTuple):
    """Moments, in seconds since the epoch: what is older may go, and builds older than that are forgotten."""

    grace: float
    unpublished: float


def collect(
    store: Store,
    *,
    grace_seconds: float = GRACE_SECONDS,
    unpublished_seconds: float | None = None,
    delete: bool = False,
) -> Garbage:
    """Tell what is unreachable, and delete it. `unpublished_seconds`: the age from which what builds made and nobody
    published is unreachable, too; None: never. Refused where a record is damaged: what it names is not known."""
    begun = time.monotonic()
    ages = [grace_seconds] if unpublished_seconds is None else [grace_seconds, unpublished_seconds]
    if delete and min(ages) < LEAST_GRACE_SECONDS:
        raise Refused("a grace of less than an hour may take what a build is writing: give --grace 1h or more")
    told = Garbage(store.location, grace_seconds, unpublished_seconds)
    found = _unreachable(store, _ages(told, time.time()), told)
    if delete and told.damaged:
        raise Refused(f"{told.damaged[0]}; what it names is not known, so nothing was deleted: run `florilegium fsck`")
    if delete and (found or told.unfinished):
        with on_record(store, {"grace_seconds": grace_seconds, "unpublished_seconds": unpublished_seconds}) as record:
            told = _swept(store, Garbage(store.location, grace_seconds, unpublished_seconds), record)
    told.seconds = round(time.monotonic() - begun, 3)
    return told


def _swept(store: Store, told: Garbage, record: Entry) -> Garbage:
    """Look once more, now that the sweep is on record, and delete."""
    begun = time.monotonic()
    told.sweep = place_of(record.path).number
    ages = _ages(told, record.modified)
    found = _unreachable(store, ages, told)
    if told.damaged:
        raise Refused(f"{told.damaged[0]}; nothing was deleted: run `florilegium fsck`")
    paths = [path for _, path in sorted((ORDER.index(item.place.kind), item.entry.path) for item in found)]
    for start in range(0, len(paths), AT_ONCE):
        if time.monotonic() - begun > LONGEST_SECONDS:
            raise Refused(f"{start:,} of {len(paths):,} objects were deleted, for builds wait: repeat to go on")
        store.delete(paths[start : start + AT_ONCE])
    store.discard(_begun(store, ages))
    return told


def _ages(told: Garbage, now: float) -> Ages:
    forgotten = now - told.unpublished_seconds if told.unpublished_seconds is not None else 0.0
    return Ages(now - told.grace_seconds, forgotten)


def _unreachable(store: Store, ages: Ages, told: Garbage) -> list[Listed]:
    listed = listing(store)
    marked = mark(store, listed, ages.unpublished)
    told.damaged = marked.damaged
    told.unfinished = len(_begun(store, ages))
    told.kinds = {kind: Tally() for kind in KINDS}
    left, again = _replaced(store, listed)
    half_compacted = _half_compacted(listed)
    found = []
    for item in listed.objects:
        kind, entry = item.place.kind, item.entry
        if kind == UNKNOWN:
            told.unknown.append(entry.path)
        is_left = kind == "data" and item.place.id in left
        is_again = kind == "data" and item.place.id in again
        if not (is_left or is_again or entry.path in half_compacted) and _is_reached(item, marked):
            told.kinds[kind].add("kept", entry.size)
        elif entry.modified > ages.grace and not is_left:
            told.kinds[kind].add("young", entry.size)
        else:
            told.kinds[kind].add("unreachable", entry.size)
            found.append(item)
    return found


def _begun(store: Store, ages: Ages) -> list[Unfinished]:
    return [item for item in store.unfinished() if item.begun < ages.grace]


def _is_reached(item: Listed, marked: Marked) -> bool:
    kind, id = item.place.kind, item.place.id
    if kind == "builds":
        return id not in marked.unused
    if kind == "data":
        return marked.reaches(id)
    if kind in ("manifests", "indexes", "portraits"):
        return id in marked.versions
    return kind != "scratch"


def _replaced(store: Store, listed: Listing) -> tuple[set[str], set[str]]:
    """Objects that texts were erased from, and whose successor stands: a run that was stopped left them; and files of
    exports that were written again since they were erased, and are of no export yet: it may be under way."""
    data, records = listed.by_id["data"], listed.by_id["replacements"]
    made = [find_replacement(store, hash) for hash in sorted(data.keys() & records.keys())]
    left = {item.old.sha256 for item in made if item and item.new and item.new.sha256 in data}
    gone = {item.old.sha256 for item in made if item and item.new is None}
    gone -= owned(store, gone)
    again = {hash for hash in gone if data[hash].modified > records[hash].modified}
    return left | gone - again, again


def _half_compacted(listed: Listing) -> set[str]:
    """Objects of compactions that nobody finished."""
    found = set[str]()
    entries = (item.entry.path for item in listed.of("catalog"))
    for _, paths in groupby(entries, lambda path: path.rpartition("/")[0]):
        folder = list(paths)
        if not any(path.rpartition("/")[2] in FINISHED for path in folder):
            found.update(folder)
    return found
