"""What stands in the place of an object from which texts were erased: `replacements/<sha256 of the old object>.json`.

A record names the object `new` that has the same rows, blanked where `rows` says so, or null where nothing is left. It
may have been erased from again: records make a chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import PREFIX, find_replacement, path_of
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Replacement:
    """The file that stands there now, None where nothing does; the rows that were blanked, and the documents."""

    file: File | None
    rows: frozenset[int]
    doc_ids: frozenset[bytes]


def replaced_hashes(store: Store) -> frozenset[str]:
    """The hashes of all objects that were erased from."""
    return frozenset(entry.path.removeprefix(PREFIX).removesuffix(".json") for entry in store.list(PREFIX))


def replaced(store: Store, file: File, known: frozenset[str]) -> Replacement | None:
    """What stands in the place of an object; None of one that stands as it was written."""
    current: File | None = file
    rows, ids = set[int](), set[bytes]()
    while current is not None and current.sha256 in known:
        record = find_replacement(store, current.sha256)
        if record is None:
            raise IntegrityError(f"{path_of(current.sha256)} is gone while it was read: verify again")
        rows.update(record.rows)
        ids.update(bytes.fromhex(item) for item in record.doc_ids if item)
        new = record.new
        current = replace(new, rows=file.rows, documents=file.documents) if new else None
    return None if current == file else Replacement(current, frozenset(rows), frozenset(ids))
