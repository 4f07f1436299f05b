"""The erasure itself: which documents go from all of a store, and every object of it rewritten or deleted.

The order is what makes it safe to stop and repeat: documents are put on record first (`takedowns/erased.py`), from when
on no build lets them in; then each object is rewritten, its replacement recorded, and the old one deleted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.objects import (
    BESIDE,
    DOCUMENTS,
    LETTERS,
    TABLE,
    EraseTask,
    KindTask,
    LookTask,
    Stored,
    erase,
    kind_of,
    look,
    raw_objects_of,
    stored_objects,
)
from dagster_project.corpus.erasing.records import Raw, Told, delete_copies, delete_exports, told_by_records
from dagster_project.corpus.model.recipes import ACCESS_CLASSES
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.storage.sweeps import on_record
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, ORDER

SCRATCH = "scratch/"
NO_TEXT = frozenset({TABLE, "txt", "model"})  # of what is cleared; lists and models are people's, and named by hash
LEFT_SECONDS = 3600  # what nobody names so long was left by a run that was killed


class Swept(NamedTuple):
    """What an erasure did: tables that others stand in the place of, objects that are gone, what killed runs left, and
    what runs under way have written, which may hold the text until those end."""

    rewritten: int
    deleted: int
    leftovers: int
    under_way: int


def documents_meant(store: Store, engine: Engine, entries: Sequence[Entry], reached: pa.Table) -> pa.Table:
    """ERASED rows of all documents of the store that entries mean, whatever holds them, of those that they reach
    (`reached`, told by corpora), and of all that was made from any of these."""
    tables = _tables(store, engine)[DOCUMENTS]
    keys = _keys(store, entries)
    asked, known = tuple(entries), _distinct([reached])
    while True:
        tasks = [LookTask(store, item, asked, keys.get(item.sha256, ()), known) for item in tables]
        more = _distinct([known, *engine.map(look, tasks)])
        if more.num_rows == known.num_rows and not asked:
            return known
        asked, known = (), more  # from here on only what was made from these


def sweep(store: Store, engine: Engine, known: pa.Table) -> Swept:
    """Erase documents, a row of ERASED for each and its entries, from every object."""
    told = told_by_records(store)
    deleted = list(delete_exports(store, told.exports, known))
    tables = _tables(store, engine)
    raw_objects, quoted = _raw_objects(store, engine, [*tables[DOCUMENTS], *tables[LETTERS]], known, told)
    deleted += delete_copies(store, told.copies, raw_objects, known)
    done = engine.map(erase, [EraseTask(store, item, known, quoted) for of in tables.values() for item in of])
    rewritten = sum(item is not None for item in done)
    return Swept(rewritten, len(deleted), *_clear(store, told.named))


def strictest_access(store: Store) -> str:
    """The strictest class of access under which the store holds anything."""
    held = {item.access for item in stored_objects(store)}
    return max(held & set(ACCESS_CLASSES), key=list(ACCESS_CLASSES).index, default="public")


def _tables(store: Store, engine: Engine) -> dict[str, list[Stored]]:
    """The tables that may hold text, by their kinds."""
    found: dict[str, list[Stored]] = {DOCUMENTS: [], BESIDE: [], LETTERS: []}
    tables = [item for item in stored_objects(store) if item.suffix == TABLE]
    for item, kind in zip(tables, engine.map(kind_of, [KindTask(store, item) for item in tables]), strict=True):
        if kind:
            found[kind].append(item)
    return found


def _raw_objects(
    store: Store, engine: Engine, tables: Sequence[Stored], known: pa.Table, told: Told
) -> tuple[dict[Raw, set[bytes]], dict[str, frozenset[bytes]]]:
    """The raw objects that held erased documents, with these: as versions read them, whose tables and dead letters have
    all that was identified; and by address alone, from whatever lies there, too."""
    raw_objects: dict[Raw, set[bytes]] = {}
    quoted: dict[str, frozenset[bytes]] = {}
    parts = engine.map(raw_objects_of, [LookTask(store, item, (), (), known) for item in tables])
    for item, part in zip(tables, parts, strict=True):
        for uri, doc_ids in part.items():
            quoted[uri] = quoted.get(uri, frozenset()) | doc_ids
            for reading in told.readings.get(item.sha256, ()):
                if uri in reading:
                    raw_objects.setdefault((uri, reading[uri]), set()).update(doc_ids)
    return raw_objects, quoted


def _keys(store: Store, entries: Sequence[Entry]) -> Mapping[str, tuple[str, ...]]:
    """By the digest of a shard, the partitions that hold it among those that entries name exactly."""
    named = {entry.value for entry in entries if entry.kind == "source" and "@" in entry.value}
    found: dict[str, set[str]] = {}
    for partition in published(store, "snapshots") if named else ():
        if partition.key in named:
            for version in published_versions(store, partition):
                for file in load_manifest(store, version).files:
                    found.setdefault(file.sha256, set()).add(partition.key)
    return {digest: tuple(sorted(keys)) for digest, keys in found.items()}


def _clear(store: Store, named: frozenset[str]) -> tuple[int, int]:
    """Delete what runs that were killed left: pieces, objects that were never written to the end, and objects that no
    record names, such as copies of raw objects; tables apart, which tell by themselves what they hold. Returns how many
    these were, and how many there are of runs under way. A build that meets this runs again, for more is on record as
    erased than when it began."""
    before = time.time() - LEFT_SECONDS
    pieces = [(item.path, item.modified) for item in store.list(SCRATCH)]
    unnamed = [item for item in stored_objects(store) if item.suffix not in NO_TEXT and item.path not in named]
    begun = list(store.unfinished())
    dropped = [item for item in begun if item.begun < before]
    left = [path for path, modified in pieces if modified < before]
    store.discard(dropped)
    if any(item.modified < before for item in unnamed):
        with on_record(store, {"for": "erasure"}):
            since = told_by_records(store).named  # by what came meanwhile
            unnamed = [item for item in unnamed if item.path not in since]
            left += [item.path for item in unnamed if item.modified < before]
            store.delete(left)
    else:
        store.delete(left)
    gone = len(left) + len(dropped)
    return gone, len(pieces) + len(unnamed) + len(begun) - gone


def _distinct(found: Iterable[pa.Table]) -> pa.Table:
    table = pa.concat_tables([ERASED.empty_table(), *found]).group_by(ERASED.names).aggregate([])
    return table.select(ERASED.names).sort_by(ORDER).cast(ERASED)
