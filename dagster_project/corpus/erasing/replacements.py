"""The record of what an erasure made of an object, and the one way to make such a record.

A manifest names its objects by hash for ever. Where one held what was taken down, `replacements/<old sha256>.json` says
what stands in its place, in these fields (`Replacement`):

- `old`: the File as it was, found by its address: path, sha256, bytes and rows. Rows are 0 where the object is no
  Parquet table, and `documents` is empty: ask the manifest, whose File has the same sha256.
- `new`: the File in its place, or null. Of a Parquet table the new one has the same rows in the same order, the same
  columns and types; all values of rows that are not in `rows` are as they were. Null: the object is gone for good
  (exports, copies of raw objects), and whoever opens it is told so in one sentence (`Erased`).
- `rows` and `doc_ids`: the rows that were blanked, ascending, and the document of each as 32 hexadecimal digits (empty
  in tables without ids, such as dead letters). Of an object that is gone `rows` is empty and `doc_ids` names those
  documents for which it went, each once, where they are known.
- `entries`: ids of the register's entries that asked for it, sorted.

What a blanked row lacks is said in `erasing/blanking.py`. So a version that has such objects is right when: the bytes
of every object that stands have their hash, following records from `old` to `new` until an object stands; row counts
and `doc_id` are as before; and rows outside `rows` give the digests that they gave. The logical digest of a snapshot
covers titles, metadata and evidence, so it can be derived again only for a version none of whose rows were blanked: of
others compare row by row, leaving out those of `rows` along the chain. A record is written before the old object is
deleted; where both stand, a run was stopped, and the next `takedown apply --erase` deletes the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import (
    Replacement,
    all_replacements,
    find_replacement,
    followed,
    put_replacement,
)
from dagster_project.corpus.storage.stores import Store

__all__ = ["Replacement", "Why", "all_replacements", "find_replacement", "followed", "replace_object"]


class Why(NamedTuple):
    """Rows that are erased from an object, the document of each, and the entries that asked for it."""

    rows: Sequence[int]
    doc_ids: Sequence[str]
    entries: Iterable[str]


def replace_object(store: Store, old: File, new: File | None, why: Why) -> Replacement:
    """Record what stands in the place of an object, and delete it. Where a run that was stopped recorded it already,
    that record stands: what it leaves is an object of its own, from which is erased in turn."""
    made = Replacement(old, new, tuple(why.rows), tuple(why.doc_ids), tuple(sorted(set(why.entries))))
    if not put_replacement(store, made):
        made = find_replacement(store, old.sha256) or made
    store.delete([old.path])
    return made
