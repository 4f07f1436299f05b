"""The record of what an erasure made of an object, and the one way to make such a record.

A manifest names its objects by hash for ever. Where one held what was taken down, `replacements/<old sha256>.json` says
what stands in its place, in these fields (`Replacement`):

- `old`: the File as it was, found by its address: path, sha256, bytes and rows. Rows are 0 where the object is no
  Parquet table, and `documents` is empty: ask the manifest, whose File has the same sha256.
- `new`: the File in its place, or null. Of a Parquet table the new one has the same rows in the same order, the same
  columns and types; all values of rows that are not in `rows` are as they were. Null: the object is gone for good
  (exports, copies of raw objects), and whoever opens it is told so in one sentence (`Erased`).
- `rows` and `doc_ids`: the rows that were blanked, ascending, and the document of each as 32 hexadecimal digits. Of
  dead letters, which have no ids, and of an object that is gone (its `rows` are empty) `doc_ids` names the documents
  for which it was done, each once.
- `entries`: ids of the register's entries that asked for it, sorted; each means one of these documents.
- `digests`: of each of these rows what it was, as 64 hexadecimal digits: its BLAKE2b in the logical digest of the
  version. Like the ids they are hashes, and say as much. Empty in tables without ids.

What a blanked row lacks is said in `erasing/blanking.py`. So a version that has such objects is right when: the bytes
of every object that stands have their hash, following records from `old` to `new` until an object stands; row counts
and `doc_id` are as before; and rows outside `rows`, with the first digest along the chain of each of the others, give
the logical digest that the version has. A build that finds such a shard names the object that stands, so that a
manifest means the rows that were there when it was made. A record is written before the old object is deleted; where
both stand, a run was stopped, and the next `takedown apply --erase` deletes the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa

from dagster_project.corpus.model.documents import DOCUMENTS, NOT_DIGESTED
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import (
    Replacement,
    all_replacements,
    find_replacement,
    followed,
    put_replacement,
)
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.stores import Store

__all__ = ["Replacement", "Why", "all_replacements", "find_replacement", "followed", "replace_object", "row_digests"]


class Why(NamedTuple):
    """Rows that are erased from an object, the document of each, the entries that asked for it, and what rows were."""

    rows: Sequence[int]
    doc_ids: Sequence[str]
    entries: Iterable[str]
    digests: Sequence[str] = ()


def replace_object(store: Store, old: File, new: File | None, why: Why) -> Replacement:
    """Record what stands in the place of an object, and delete it. Where a run that was stopped recorded it already,
    that record stands: what it leaves is an object of its own, from which is erased in turn."""
    asked = tuple(sorted(set(why.entries)))
    made = Replacement(old, new, tuple(why.rows), tuple(why.doc_ids), asked, tuple(why.digests))
    if not put_replacement(store, made):
        made = find_replacement(store, old.sha256) or made
    store.delete([old.path])
    return made


def row_digests(table: pa.Table, rows: Sequence[int]) -> list[str]:
    """What some rows of a table with ids are, as the version that has them is known by: BLAKE2b, hexadecimal."""
    skip = NOT_DIGESTED if table.schema.names == DOCUMENTS.names else frozenset[str]()
    return [item["digest"].tobytes().hex() for item in entries(table.take(pa.array(rows, pa.int64())), skip)]
