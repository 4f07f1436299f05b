"""What of removed documents is still in a store: members of versions that stand, texts of snapshots, and what a build
that was under way during a sweep wrote after it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.building.holding import versions_holding
from dagster_project.corpus.erasing.blanking import is_blank
from dagster_project.corpus.erasing.cleared import Cleared
from dagster_project.corpus.erasing.erase import LEFT_SECONDS, SCRATCH
from dagster_project.corpus.erasing.objects import LETTERS, TABLE, KindTask, Stored, kind_of, stored_objects
from dagster_project.corpus.erasing.records import MANIFESTS, READERS
from dagster_project.corpus.erasing.replacements import all_replacements
from dagster_project.corpus.erasing.standing import rows_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.statements.statements import statements_of, withdrawn_for
from dagster_project.corpus.storage.refs import load_manifest, published, published_versions
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.erased import ERASED

HASH = re.compile(rb"[0-9a-f]{64}")


def still_held(store: Store, entry: str, documents: Sequence[bytes]) -> list[dict[str, Any]]:
    """The newest versions of corpora, mixes and publications that hold any of these, and were not withdrawn for the
    entry."""
    known = pa.table([pa.array(documents, ID), pa.array([entry] * len(documents), pa.string())], schema=ERASED)
    return [
        {"partition": str(item.partition), "version": item.version, "documents": item.found.num_rows}
        for item in versions_holding(store, known, newest=True)
        if entry not in withdrawn_for(statements_of(store, item.version))
    ]


def texts_left(store: Store, documents: Sequence[bytes]) -> list[dict[str, Any]]:
    """The versions of snapshots that have the text of any of these."""
    ids, found = pa.array(documents, ID), list[dict[str, Any]]()
    for partition in published(store, "snapshots") if documents else ():
        for version in published_versions(store, partition):
            manifest, count = load_manifest(store, version), 0
            for held in rows_of(store, manifest, ids, ["text"]):
                count += pc.sum(pc.not_equal(held.column("text"), ""), min_count=0).as_py()
            if count:
                found.append({"partition": str(partition), "version": version, "documents": count})
    return found


def written_since(store: Store, cleared: Cleared, documents: Sequence[bytes]) -> list[str]:
    """Objects that no version names, written since a sweep or shortly before its end, which hold any of these, or may:
    of files of exports and copies nothing says what they hold."""
    after = cleared.ended - LEFT_SECONDS
    replaced = {item.new.sha256 for item in all_replacements(store) if item.new}
    found = [item for item in stored_objects(store) if item.modified >= after and item.sha256 not in replaced]
    named = _named(store) if found else set()
    ids = pa.array(documents, ID)
    return sorted(item.path for item in found if item.sha256 not in named and _may_hold(store, item, ids))


def begun_before(store: Store, cleared: Cleared) -> int:
    """How many pieces are left of runs, under way or killed, that were begun before a sweep ended; a later build lets
    nothing in."""
    times = [item.modified for item in store.list(SCRATCH)] + [item.begun for item in store.unfinished()]
    return sum(begun <= cleared.ended for begun in times)


def _may_hold(store: Store, item: Stored, ids: pa.Array) -> bool:
    if item.suffix != TABLE:
        return True
    try:
        kind = kind_of(KindTask(store, item))
        table = read_shard(store, item.file(0)) if kind else None
    except MissingObject:
        return False
    except IntegrityError:
        return True
    if table is None:
        return False
    if kind == LETTERS:
        return bool(table.column("excerpt").null_count < len(table))
    rows = pc.indices_nonzero(pc.is_in(table.column("doc_id"), ids)).to_pylist()
    return bool(rows) and not is_blank(table, rows)


def _named(store: Store) -> set[str]:
    """All hashes in manifests."""

    def hashes() -> Iterator[bytes]:
        with ThreadPoolExecutor(READERS) as pool:
            for body in pool.map(store.get, [entry.path for entry in store.list(MANIFESTS)]):
                yield from HASH.findall(body)

    return {item.decode() for item in hashes()}
