"""What stands in the place of an object from which texts were erased, and whether it is what its records say: by itself
here, where each object is looked at; whether anybody asked for it is held against the register in `erasures.py`.

Records make a chain, `replacements/<sha256 of the old object>.json`. What they say of a row, its document and the
digest that it had, is proved by the version: with these the rows that stand must give the digest that it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.erasing.blanking import blank, blank_letters, blankable, is_blank, is_dead_letters
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import PREFIX, Replacement, find_replacement, path_of
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import told

DOC_ID, DIGEST = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{64}")
NAMED = 5  # rows of one object that are told one by one
Wrong = tuple[str, str, str]  # what, as it should be, as it is


class Row(NamedTuple):
    """A row that was blanked: its document, and the BLAKE2b that it had."""

    doc_id: bytes
    digest: bytes


class Chain(NamedTuple):
    """The file that stands there now, None where nothing does; and the records that lead to it."""

    file: File | None
    records: tuple[Replacement, ...]

    @property
    def rows(self) -> frozenset[int]:
        """All that were blanked."""
        return frozenset(row for item in self.records for row in item.rows)

    @property
    def said(self) -> Mapping[int, Row]:
        """What the first record that has a row says of it."""
        found: dict[int, Row] = {}
        for item in reversed(self.records):
            said = zip(item.rows, map(bytes.fromhex, item.doc_ids), map(bytes.fromhex, item.digests), strict=False)
            found |= {row: Row(doc_id, digest) for row, doc_id, digest in said}
        return found


def replaced_hashes(store: Store) -> frozenset[str]:
    """The hashes of all objects that were erased from."""
    return frozenset(entry.path.removeprefix(PREFIX).removesuffix(".json") for entry in store.list(PREFIX))


def chain_of(store: Store, file: File, known: frozenset[str]) -> Chain | None:
    """What stands in the place of an object; None of one that stands as it was written."""
    current: File | None = file
    records: list[Replacement] = []
    while current is not None and current.sha256 in known:
        record = find_replacement(store, current.sha256)
        if record is None:
            raise IntegrityError(f"{path_of(current.sha256)} is gone while it was read: verify again")
        if any(item.old.sha256 == current.sha256 for item in records):
            raise IntegrityError(f"{path_of(current.sha256)} leads back to itself: it was altered; restore it")
        records.append(record)
        current = replace(record.new, rows=file.rows, documents=file.documents) if record.new else None
    return Chain(current, tuple(records)) if records else None


def ill_formed(record: Replacement, rows: int | None) -> Iterator[Wrong]:
    """What no erasure writes. `rows`: how many the object has; None where it is gone."""
    if not record.entries or sorted({*record.entries}) != [*record.entries]:
        yield "its entries", "some, in their order", told(", ".join(record.entries)) or "none"
    if not record.doc_ids:
        yield "its documents", "some", "none"
    if not all(map(DOC_ID.fullmatch, record.doc_ids)) or not all(map(DIGEST.fullmatch, record.digests)):
        yield "its documents and digests", "of 32 and 64 hexadecimal digits", "others"
    if rows is None:
        if record.rows or record.digests:
            yield "its rows", "none, for nothing stands there", f"{len(record.rows)}"
    elif not record.rows:
        yield "its rows", "some", "none"
    elif [*record.rows] != sorted({*record.rows}) or not 0 <= record.rows[0] <= record.rows[-1] < rows:
        yield "its rows", f"ascending, below {rows}", "others"


def ill_aligned(record: Replacement) -> Iterator[Wrong]:
    """The same of a table with ids: each row has its document and what it was."""
    counts = {len(record.rows), len(record.doc_ids), len(record.digests)}
    if len(counts) > 1:
        yield "its documents and digests", f"one for each of {len(record.rows)} rows", "more or fewer"


def unlike_erasure(table: pa.Table, first: int, said: Mapping[int, Row], gone: frozenset[bytes]) -> Iterator[Wrong]:
    """What of some rows of a table with ids, from row `first` on, is not as their records say: the documents that are
    `gone` are blank, all of them, and in the rows that are named."""
    ids = table.column("doc_id")
    named = [row for row in sorted(said) if first <= row < first + len(table)]
    for row in named:
        if (found := ids[row - first].as_py()) != said[row].doc_id:
            yield f"row {row}", f"document {said[row].doc_id.hex()}, as its record says", told(found)
        elif not is_blank(table, [row - first]):
            yield f"what was erased of row {row}", "gone", "there"
    is_gone = pc.is_in(ids, pa.array(sorted(gone), ids.type)).to_numpy(zero_copy_only=False)
    for row in (np.flatnonzero(is_gone) + first).tolist():
        if row not in said:
            yield f"row {row}, of document {ids[row - first].as_py().hex()},", "among the rows of its record", "not"


def unlike_letters(letters: pa.Table, rows: frozenset[int]) -> Iterator[Wrong]:
    """The same of dead letters: those of a raw object are blank together."""
    chosen = np.isin(np.arange(len(letters)), sorted(rows))
    silenced = letters.column("raw_object").filter(pa.array(chosen))
    if not np.array_equal(pc.is_in(letters.column("raw_object"), silenced.combine_chunks()).to_numpy(), chosen):
        yield "the rows that were erased", "all of the raw objects that they quote", "some"
    if not blank_letters(letters, chosen).equals(letters):
        yield "what was erased", "gone", "there"


def kind_of(schema: pa.Schema) -> str:
    """Whether texts can be erased from a table at all, and how it is told from which rows."""
    if is_dead_letters(schema):
        return "letters"
    return "rows" if blankable(schema) else ""


def are_blank(table: pa.Table, rows: list[int]) -> list[int]:
    """Which of these rows lack all that an erasure takes."""
    chosen = table.take(pa.array(rows, pa.int64()))
    same = np.ones(len(chosen), np.bool_)
    blanked = blank(chosen, np.ones(len(chosen), np.bool_))
    for name in blankable(table.schema):
        one, other = (item.column(name).to_pylist() for item in (chosen, blanked))
        same &= np.array([a == b for a, b in zip(one, other, strict=True)], np.bool_)
    return [row for row, is_same in zip(rows, same.tolist(), strict=True) if is_same]


def as_they_were(entries: NDArray[np.void], first: int, said: Mapping[int, Row]) -> NDArray[np.void]:
    """Entries of rows from `first` on, with the digests that blanked ones had."""
    found = entries.copy()
    for row, was in said.items():
        if first <= row < first + len(found):
            found["digest"][row - first] = np.frombuffer(was.digest, "V32")[0]
    return found
