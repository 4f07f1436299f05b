"""Objects that are told by records, for no table of ids says what they hold: shards of exports, and copies of raw
objects.

They go whole. The order manifest of an export shard names its documents; a snapshot names its raw objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.objects import PLACE, entries_of
from dagster_project.corpus.erasing.replacements import Why, all_replacements, replace_object
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.records import checked
from dagster_project.corpus.storage.refs import WAY_OUT
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

MANIFESTS, BUILDS = "manifests/", "builds/"
READERS = 16  # records read at once
RECORD = re.compile(r"(manifests|builds)/[0-9a-f]{64}\.json")
NAMED = re.compile(rb'data/[^"\\]+')
Raw = tuple[str, str]  # the address of a raw object, and the SHA-256 that it had


class Exported(NamedTuple):
    """One shard of an export: its part of the order manifest, and its files in every format."""

    order: File
    files: tuple[File, ...]


class Copied(NamedTuple):
    """A copy that snapshots kept of a raw object, or of several with the same bytes."""

    uris: frozenset[str]
    sha256: str
    size: int
    path: str


class Told(NamedTuple):
    """What the records of a store tell, each once; the paths of all objects that any of them names; and by the hash of
    a table of a snapshot, what the versions read that have it: of raw objects by their addresses, the hashes."""

    exports: tuple[Exported, ...]
    copies: tuple[Copied, ...]
    named: frozenset[str]
    readings: Mapping[str, Sequence[Mapping[str, str]]]


def told_by_records(store: Store) -> Told:
    """All export shards of publications, and of builds that were never published; all copies of raw objects.
    IntegrityError where a record was altered: what it told is not known."""
    exports, copies, named = dict[str, Exported](), dict[str, Copied](), set[str]()
    readings: dict[str, list[Mapping[str, str]]] = {}
    for path, body in _records(store):
        record = checked(body, path, WAY_OUT)
        named.update(found.decode() for found in NAMED.findall(body))
        for item in _exported(record):
            exports[item.order.sha256 + "".join(file.sha256 for file in item.files)] = item
        facts = record.get("facts", {})
        raw_objects = facts.get("raw_objects", ())
        reading = {item["uri"]: item["sha256"] for item in raw_objects}
        for file in (*record["files"], *facts["dead_letters"]) if reading else ():
            readings.setdefault(file["sha256"], []).append(reading)
        for item in raw_objects:
            if copy := item.get("copy"):
                others = copies[copy].uris if copy in copies else frozenset()
                copies[copy] = Copied(others | {item["uri"]}, item["sha256"], item["size"], copy)
    _follow(store, readings)
    return Told(tuple(exports.values()), tuple(copies.values()), frozenset(named), readings)


def delete_exports(store: Store, exports: tuple[Exported, ...], known: pa.Table) -> Iterator[str]:
    """Delete all files of export shards that hold erased documents, and tell their paths. `known`: of ERASED. A file of
    tokens may be the same for an exact copy that stays: it is that document's, too, and stays with it."""
    holding, staying = list[tuple[Exported, list[bytes]]](), set[str]()
    for item in exports:
        try:
            ids = read_shard(store, item.order, ["doc_id"]).column("doc_id")
        except MissingObject:
            if any(store.size(file.path) is not None for file in item.files):
                raise
            continue  # somebody deleted all of it meanwhile
        if held := ids.filter(pc.is_in(ids, known.column("doc_id"))).unique().to_pylist():
            holding.append((item, held))
        else:
            staying.update(file.path for file in item.files)
    for item, held in holding:
        why = Why([], [doc_id.hex() for doc_id in held], entries_of(known, held))
        yield from (file.path for file in item.files if file.path not in staying and _delete(store, file, why))


def delete_copies(
    store: Store, copies: tuple[Copied, ...], raw_objects: Mapping[Raw, set[bytes]], known: pa.Table
) -> Iterator[str]:
    """The same of copies of raw objects, by whose names and hashes it is told which erased documents they held."""
    for item in copies:
        held = sorted({doc_id for uri in item.uris for doc_id in raw_objects.get((uri, item.sha256), ())})
        why = Why([], [doc_id.hex() for doc_id in held], entries_of(known, held))
        if held and _delete(store, File(item.path, item.sha256, item.size, 0), why):
            yield item.path


def _follow(store: Store, readings: dict[str, list[Mapping[str, str]]]) -> None:
    """What stands in the place of a table is of the same versions."""
    instead = {item.old.sha256: item.new.sha256 for item in all_replacements(store) if item.new}
    for sha256, read in [*readings.items()]:
        seen = {sha256}
        while (sha256 := instead.get(sha256, sha256)) not in seen:
            seen.add(sha256)
            readings[sha256] = [*readings.get(sha256, ()), *read]


def _delete(store: Store, file: File, why: Why) -> bool:
    """Whether there was something to delete."""
    if store.size(file.path) is None:
        return False
    replace_object(store, file, None, why)
    return True


def _exported(record: Mapping[str, Any]) -> Iterator[Exported]:
    """The export shards of a publication, whose manifest has facts, or of the build of one shard."""
    facts = record.get("facts", {})
    if "exports" in facts:
        for number, order in enumerate(facts.get("order", ())):
            shards = [item["shards"][number] for item in facts["exports"].values()]
            yield Exported(File(**order), _files(shards))
    if "exports" in record and isinstance(record.get("order"), Mapping):
        yield Exported(File(**record["order"]), _files(record["exports"].values()))


def _files(shards: Any) -> tuple[File, ...]:
    found = (File(**file) for shard in shards for file in shard["files"].values())
    return tuple(file for file in found if PLACE.fullmatch(file.path))


def _records(store: Store) -> Iterator[tuple[str, bytes]]:
    """All manifests and builds by their paths, read a few at once; what somebody deletes meanwhile names nothing any
    more."""

    def read(path: str) -> bytes:
        try:
            return store.get(path)
        except MissingObject:
            return b""

    with ThreadPoolExecutor(READERS) as pool:
        for prefix in (MANIFESTS, BUILDS):
            paths = [entry.path for entry in store.list(prefix) if RECORD.fullmatch(entry.path)]
            yield from (item for item in zip(paths, pool.map(read, paths), strict=True) if item[1])
