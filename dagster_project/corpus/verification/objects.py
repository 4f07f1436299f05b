"""One object of a version: its size, its hash, and what its rows say; read once, and never more of it than a block and
a batch of rows at a time, beyond HELD_BYTES on disk."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.engine.work import add_profile, schema_names
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import PREFIX, Replacement, path_of
from dagster_project.corpus.storage.shards import BLOCK_BYTES, batches_of, written_schema
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.replacements import (
    NAMED,
    Chain,
    Wrong,
    are_blank,
    as_they_were,
    chain_of,
    ill_aligned,
    ill_formed,
    kind_of,
    unlike_erasure,
    unlike_letters,
)
from dagster_project.corpus.verification.rows import PLACED, digests_of, ids_in, places_of, tally, unlike_their_ids

HELD_BYTES = 64 << 20  # of an object, in memory
ORDER = "order"  # what an order manifest is called among the stages of rows


@dataclass(frozen=True)
class Look:
    """One object, as it travels to a worker. `stage` is that of the rows it has, or ORDER; empty: none are known."""

    store: Store
    file: File
    partition: str
    quick: bool
    stage: str = ""
    schema: tuple[tuple[str, str], ...] = ()
    source: str = ""
    replaced: frozenset[str] = frozenset()  # hashes of objects that were erased from
    order: File | None = None  # of a file of an export, the order manifest of its shard
    uris: tuple[str, ...] = ()  # of the copy of a raw object, its addresses


@dataclass
class Seen:
    """What was found of it."""

    problems: list[Problem] = field(default_factory=list)
    size_bytes: int = 0
    rows: int = 0
    records: tuple[Replacement, ...] = ()  # of what was erased from it
    blank_rows: int = 0
    blank: list[tuple[int, bytes]] = field(default_factory=list)  # blank rows and ids of documents that no record names
    silenced: tuple[str, ...] = ()  # raw objects that dead letters quote no more
    is_gone: bool = False  # erased without replacement
    ids: str = ""  # digest of the doc_ids in their order
    entries: bytes = b""  # of its rows, ENTRY
    places: bytes = b""  # the same of what members, exported rows and the order manifest share
    profile: Mapping[str, Any] = field(default_factory=dict)


def look(task: Look) -> Seen:
    """Look at an object, or at what stands in its place; whatever it holds, this ends with what was found."""
    seen, chain = Seen(), Chain(task.file, ())
    with noting(seen.problems, f"{PREFIX}{task.file.sha256}.json", task.partition, "the record"):
        if found := chain_of(task.store, task.file, task.replaced):
            chain, seen.records, seen.is_gone = found, found.records, found.file is None
            if task.store.size(task.file.path) is not None:
                _note(task, seen, "the object", "gone, for texts were erased from it", "there")
            _recorded(task, chain, seen)
            if chain.file is None or seen.problems:
                return seen
            task = replace(task, file=chain.file)
    with noting(seen.problems, task.file.path, task.partition):
        if task.quick:
            _sized(task, task.store.size(task.file.path), seen)
        else:
            with tempfile.SpooledTemporaryFile(HELD_BYTES, prefix="florilegium-verify-") as body:
                if _fetched(task, body, seen):
                    _rows(task, body, chain, seen)
    return seen


def _recorded(task: Look, chain: Chain, seen: Seen) -> None:
    """Whether records are such as an erasure writes, and what is gone may be gone: a file of an export, or a copy."""
    for record in chain.records:
        wrong = list(ill_formed(record, record.old.rows if record.new else None))
        if record.new is None and not task.uris:
            if task.order is None:
                wrong.append(("what stands in its place", "there", "nothing"))
        elif record.new and record.new.rows != record.old.rows:
            wrong.append(("its rows", f"{record.old.rows}, as many as before", str(record.new.rows)))
        seen.problems += [Problem(path_of(record.old.sha256), task.partition, *item) for item in wrong]


def _can_be_erased(task: Look, chain: Chain, schema: pa.Schema, seen: Seen) -> None:
    """Only tables that can hold text, in rows with ids or in dead letters, are written anew."""
    kind = kind_of(schema)
    for record in chain.records:
        wrong = list(ill_aligned(record)) if kind == "rows" else []
        if not kind:
            wrong.append(("the object", "as it was written, for it holds no text", "replaced"))
        seen.problems += [Problem(path_of(record.old.sha256), task.partition, *item) for item in wrong]


def _sized(task: Look, size: int | None, seen: Seen) -> None:
    if size is None:
        raise MissingObject(task.file.path)
    if size != task.file.size_bytes:
        _note(task, seen, "its size", f"{task.file.size_bytes} bytes", f"{size} bytes")


def _fetched(task: Look, body: IO[bytes], seen: Seen) -> bool:
    """Whether the bytes are those that were written."""
    total = hashlib.sha256()
    if task.file.size_bytes <= BLOCK_BYTES:
        blocks = iter([task.store.get(task.file.path)])
    else:
        source = task.store.open(task.file.path)
        blocks = iter(lambda: source.read(BLOCK_BYTES), b"")
    for block in blocks:
        total.update(block)
        body.write(block)
        seen.size_bytes += len(block)
    _sized(task, seen.size_bytes, seen)
    if total.hexdigest() != task.file.sha256:
        _note(task, seen, "its SHA-256", task.file.sha256, total.hexdigest())
        return False
    return True


def _rows(task: Look, body: IO[bytes], chain: Chain, seen: Seen) -> None:
    if not task.file.path.endswith(".parquet"):
        _can_be_erased(task, chain, pa.schema([]), seen)
        return
    body.seek(0)
    parquet = pq.ParquetFile(pa.PythonFile(body, mode="r"), page_checksum_verification=True)
    seen.rows = parquet.metadata.num_rows
    if seen.rows != task.file.rows and (task.stage or task.file.rows):
        _note(task, seen, "its rows", str(task.file.rows), str(seen.rows))
    seen.blank_rows = len(chain.rows) if task.stage else 0
    _can_be_erased(task, chain, written_schema(parquet), seen)
    if seen.problems:
        return
    if not task.stage:
        _beside(task, parquet, chain, seen)
        return
    schema = schema_names(written_schema(parquet))
    if _spelled(schema) != _spelled(task.schema):
        _note(task, seen, "its schema", told(_spelled(task.schema)), told(_spelled(schema)))
        return
    ids, digests, places, profile = hashlib.sha256(), list[bytes](), list[bytes](), dict[str, Any]()
    unlike, wrong, said, gone = list[tuple[int, bytes]](), list[Wrong](), chain.said, documents_in(chain)
    first = 0
    for batch in batches_of(parquet):
        table = pa.Table.from_batches([batch])
        ids.update(ids_in(table))
        if task.stage != ORDER:
            digests.append(as_they_were(digests_of(task.stage, table), first, said).tobytes())
        if set(PLACED) <= {*table.column_names}:
            places.append(places_of(table).tobytes())
        add_profile(profile, tally(task.stage, table, task.source))
        if task.stage == "snapshots":
            others = {row: doc_id for row, doc_id in unlike_their_ids(table) if first + row not in said}
            blank = are_blank(table, [*others])
            seen.blank += [(first + row, others.pop(row)) for row in blank]
            unlike += [(first + row, doc_id) for row, doc_id in others.items()]
        if said:
            wrong += unlike_erasure(table, first, said, gone)
        first += table.num_rows
    seen.problems += unlike_rows(task, unlike)
    _note_some(task, seen, wrong)
    seen.ids, seen.entries, seen.places = ids.hexdigest(), b"".join(digests), b"".join(places)
    seen.profile = profile


def _beside(task: Look, parquet: pq.ParquetFile, chain: Chain, seen: Seen) -> None:
    """A table that is no shard, from which texts were erased."""
    if not chain.records:
        return
    if kind_of(written_schema(parquet)) == "letters":
        letters = pa.Table.from_batches(batches_of(parquet), written_schema(parquet))
        rows = pa.array(sorted(chain.rows), pa.int64())
        seen.silenced = tuple(letters.column("raw_object").take(rows).unique().to_pylist())
        _note_some(task, seen, list(unlike_letters(letters, chain.rows)))
        return
    first, wrong = 0, list[Wrong]()
    for batch in batches_of(parquet):
        wrong += unlike_erasure(pa.Table.from_batches([batch]), first, chain.said, documents_in(chain))
        first += batch.num_rows
    _note_some(task, seen, wrong)


def documents_in(chain: Chain) -> frozenset[bytes]:
    """The documents that were erased from a table with ids."""
    return frozenset(row.doc_id for row in chain.said.values())


def unlike_rows(task: Look, rows: Sequence[tuple[int, bytes]]) -> list[Problem]:
    """Documents that are not what their ids say, by their rows."""
    expected = "what the id {} says of its source, locator and text"
    wrong = [(f"row {row}", expected.format(doc_id.hex()), "another") for row, doc_id in rows[:NAMED]]
    if len(rows) > NAMED:
        wrong.append(("the rows that are not what their ids say", "none", f"{len(rows)}"))
    return [Problem(task.file.path, task.partition, *item) for item in wrong]


def _note_some(task: Look, seen: Seen, wrong: Sequence[Wrong]) -> None:
    for item in wrong[:NAMED]:
        _note(task, seen, *item)
    if len(wrong) > NAMED:
        _note(task, seen, "the rows that are not as records of erasure say", "none", f"{len(wrong)}")


def _spelled(schema: tuple[tuple[str, str], ...]) -> str:
    """A table that was read and written again calls items of lists elements."""
    return ", ".join(f"{name} {kind}" for name, kind in schema).replace("<element: ", "<item: ")


def _note(task: Look, seen: Seen, what: str, expected: str, found: str) -> None:
    seen.problems.append(Problem(task.file.path, task.partition, what, expected, found))
