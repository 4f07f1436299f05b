"""Records: canonical JSON that holds its own checksum, and series of them, `<prefix>00000003.json` being the third.

The conditional PUT of the next number is the moment from which a record counts. Of two writers at once the second looks
again and writes after the first, so that nothing is lost; nothing of a series is ever overwritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dagster_project.corpus.model.canonical import is_sealed, sealed, unsealed
from dagster_project.corpus.model.errors import IntegrityError, Moved
from dagster_project.corpus.model.manifests import FORMAT
from dagster_project.corpus.storage.stores import Entry, Store

TRIES = 20  # of writers that meet
NUMBERED = re.compile(r"[0-9]{8}\.json")  # what else lies there is none of a series
Record = dict[str, Any]


def read_record(store: Store, path: str, way_out: str = "restore it") -> Record:
    """A record as it was written, without its checksum. IntegrityError where it was altered."""
    return checked(store.get(path), path, way_out)


def checked(body: bytes, path: str, way_out: str = "restore it") -> Record:
    """The same of what was read at a path."""
    record = parsed(body, path, way_out)
    if record.get("format", FORMAT) != FORMAT:
        raise IntegrityError(f"{path} has format {record['format']}, and this release reads {FORMAT}: upgrade")
    if not is_sealed(record):
        raise IntegrityError(f"{path} is not what was written: it was altered; {way_out}")
    return unsealed(record)


def parsed(body: bytes, path: str, way_out: str = "restore it") -> Record:
    """What JSON says, when it is a record at all."""
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise IntegrityError(f"{path} is no record in JSON: it was altered; {way_out}")
    return record


def put_record(store: Store, path: str, record: Mapping[str, Any]) -> bool:
    """Write a record; False where one stands already."""
    return store.put_once(path, sealed({"format": FORMAT, **record}))


def append(store: Store, prefix: str, make: Callable[[int], Mapping[str, Any] | None]) -> str:
    """Write what `make` says for the next number, and return its path; None: nothing is to be written, and "" is
    returned. It is asked again where another writer took that number."""
    for _ in range(TRIES):
        number = last_number(store, prefix) + 1
        record = make(number)
        if record is None:
            return ""
        path = f"{prefix}{number:08d}.json"
        if put_record(store, path, {"number": number, **record}):
            return path
    raise Moved(f"{TRIES} others wrote to {prefix} meanwhile: try again")


def last_number(store: Store, prefix: str) -> int:
    """The number of the last record of a series, without reading it; 0 before the first."""
    last = _last(store, prefix)
    return number_of(last) if last else 0


def last_record(store: Store, prefix: str) -> Record | None:
    """The last record of a series."""
    last = _last(store, prefix)
    return read_numbered(store, last) if last else None


def series(store: Store, prefix: str) -> Iterator[tuple[Entry, Record]]:
    """All of a series, the first first."""
    return ((entry, read_numbered(store, entry)) for entry in listed(store, prefix))


def listed(store: Store, prefix: str) -> list[Entry]:
    """The objects of a series, the first first."""
    return [entry for entry in store.list(prefix) if NUMBERED.fullmatch(entry.path.removeprefix(prefix))]


def read_numbered(store: Store, entry: Entry) -> Record:
    """One of a series. IntegrityError also for one that was written for another place."""
    record = read_record(store, entry.path)
    if record.get("number") != number_of(entry):
        raise IntegrityError(f"{entry.path} was written as another of its series: it was altered; restore it")
    return record


def _last(store: Store, prefix: str) -> Entry | None:
    return max(listed(store, prefix), key=lambda entry: entry.path, default=None)


def number_of(entry: Entry) -> int:
    """The number that the path of one of a series says."""
    return int(entry.path.rpartition("/")[2].removesuffix(".json"))
