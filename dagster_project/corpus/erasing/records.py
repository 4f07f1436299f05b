"""Objects that are told by records, for no table of ids says what they hold: shards of exports, and copies of raw
objects.

They go whole. The order manifest of an export shard names its documents; a snapshot names its raw objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.erasing.objects import PLACE, TABLE, entries_of
from dagster_project.corpus.erasing.replacements import Why, replace_object
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store

MANIFESTS, BUILDS = "manifests/", "builds/"
READERS = 16  # records read at once
NAMED = re.compile(rb'data/[^"\\]+')


class Exported(NamedTuple):
    """One shard of an export: its part of the order manifest, and its files in every format."""

    order: File
    files: tuple[File, ...]


class Copied(NamedTuple):
    """A raw object that a snapshot kept a copy of."""

    uri: str
    sha256: str
    size: int
    path: str


class Told(NamedTuple):
    """What the records of a store tell, each once; and the paths of all objects that any of them names."""

    exports: tuple[Exported, ...]
    copies: tuple[Copied, ...]
    named: frozenset[str]

    @property
    def suffixes(self) -> set[str]:
        """Those of the files of exports, tables apart: what these hold is told by themselves."""
        return {file.path.partition(".")[2] for item in self.exports for file in item.files} - {TABLE}


def told_by_records(store: Store) -> Told:
    """All export shards of publications, and of builds that were never published; all copies of raw objects."""
    exports, copies, named = dict[str, Exported](), dict[str, Copied](), set[str]()
    for body in _records(store):
        record = json.loads(body)
        named.update(path.decode() for path in NAMED.findall(body))
        for item in _exported(record):
            exports[item.order.sha256 + "".join(file.sha256 for file in item.files)] = item
        for item in record.get("facts", {}).get("raw_objects", ()):
            if "copy" in item:
                copies[item["copy"]] = Copied(item["uri"], item["sha256"], item["size"], item["copy"])
    return Told(tuple(exports.values()), tuple(copies.values()), frozenset(named))


def delete_exports(store: Store, exports: tuple[Exported, ...], known: pa.Table) -> Iterator[str]:
    """Delete all files of export shards that hold erased documents, and tell their paths. `known`: of ERASED."""
    for item in exports:
        ids = read_shard(store, item.order, ["doc_id"]).column("doc_id")
        held = ids.filter(pc.is_in(ids, known.column("doc_id"))).unique().to_pylist()
        if held:
            why = Why([], [doc_id.hex() for doc_id in held], entries_of(known, held))
            yield from (file.path for file in item.files if _delete(store, file, why))


def delete_copies(store: Store, copies: tuple[Copied, ...], raw_objects: Mapping[str, set[str]]) -> Iterator[str]:
    """The same of copies of raw objects, which hold erased documents by their names, each with its entries."""
    for item in copies:
        file = File(item.path, item.sha256, item.size, 0)
        if item.uri in raw_objects and _delete(store, file, Why([], [], raw_objects[item.uri])):
            yield item.path


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


def _records(store: Store) -> Iterator[bytes]:
    """All manifests and builds, read a few at once."""
    with ThreadPoolExecutor(READERS) as pool:
        for prefix in (MANIFESTS, BUILDS):
            yield from pool.map(store.get, [entry.path for entry in store.list(prefix)])
