"""What stands in the place of objects that were erased: `replacements/<sha256 of the old object>.json`, written once.

Manifests go on naming the old object. Whoever opens one that is not there looks here; as long as it is there nothing
is asked. A replacement may have been erased from again, so that records make a chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace

from dagster_project.corpus.model.errors import Erased, IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.stores import Store

PREFIX = "replacements/"
LISTS = ("rows", "doc_ids", "entries", "digests")


@dataclass(frozen=True)
class Replacement:
    """What an erasure made of one object; `corpus/erasing/replacements.py` says what each field means."""

    old: File
    new: File | None
    rows: tuple[int, ...]
    doc_ids: tuple[str, ...]
    entries: tuple[str, ...]
    digests: tuple[str, ...] = ()


def find_replacement(store: Store, sha256: str) -> Replacement | None:
    """What was made of an object, by its hash; None where nothing was erased from it."""
    path = path_of(sha256)
    try:
        record = records.read_record(store, path)
    except MissingObject:
        return None
    new = record["new"]
    lists = (tuple(record[name]) for name in LISTS)
    found = Replacement(File(**record["old"]), File(**new) if new else None, *lists)
    if found.old.sha256 != sha256:
        raise IntegrityError(f"{path} tells of another object, {found.old.path}: it was altered; restore it")
    return found


def all_replacements(store: Store) -> Iterator[Replacement]:
    """Every record, in the order of the old hashes."""
    for entry in store.list(PREFIX):
        found = find_replacement(store, entry.path.removeprefix(PREFIX).removesuffix(".json"))
        if found is not None:
            yield found


def replaced_among(store: Store, hashes: Collection[str]) -> set[str]:
    """Those of objects, by their hashes, that were erased from."""
    return {entry.path.removeprefix(PREFIX).removesuffix(".json") for entry in store.list(PREFIX)}.intersection(hashes)


def put_replacement(store: Store, made: Replacement) -> bool:
    """Record what was made of an object; False where a record of it stands already."""
    return records.put_record(store, path_of(made.old.sha256), asdict(made))


def instead_of(store: Store, path: str, sha256: str) -> File:
    """The object that stands in the place of one that is not there. MissingObject when nobody erased it, Erased when
    nothing stands in its place."""
    seen = {sha256}
    while True:
        found = find_replacement(store, sha256)
        if found is None:
            raise MissingObject(f"{store.location} has no object {path}.")
        if found.new is None:
            raise Erased(f"{path} was erased for {_asked(found)}: use the version that stands in its place")
        if store.size(found.new.path) is not None:
            return found.new
        path, sha256 = found.new.path, found.new.sha256
        if sha256 in seen:
            raise IntegrityError(f"{path_of(sha256)} leads back to itself: it was altered; restore it")
        seen.add(sha256)


def _asked(record: Replacement) -> str:
    more = f" and {len(record.entries) - 1} more" if len(record.entries) > 1 else ""
    return f"takedown {record.entries[0][:12]}{more}"


def refuse_erased(store: Store, file: File) -> None:
    """Erased, in one sentence, where an object is gone because a takedown asked for it."""
    found = find_replacement(store, file.sha256)
    if found is not None and found.new is None:
        instead_of(store, file.path, file.sha256)


def followed(store: Store, file: File) -> File | None:
    """The object that holds the rows of a file now: itself, or what stands in its place; None where it was erased
    without replacement. MissingObject when it is gone and nobody erased it."""
    if store.size(file.path) is not None:
        return file
    try:
        new = instead_of(store, file.path, file.sha256)
    except Erased:
        return None
    return replace(file, path=new.path, sha256=new.sha256, size_bytes=new.size_bytes)


def path_of(sha256: str) -> str:
    return f"{PREFIX}{sha256}.json"
