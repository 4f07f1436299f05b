"""One object of a version: its size, its hash, and what its rows say; read once, and never more of it than a block and
a batch of rows at a time, beyond HELD_BYTES on disk."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.engine.work import add_profile, schema_names
from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.replacements import PREFIX
from dagster_project.corpus.storage.shards import BLOCK_BYTES, batches_of, written_schema
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem, noting, told
from dagster_project.corpus.verification.replacements import replaced
from dagster_project.corpus.verification.rows import PLACED, digests_of, ids_in, places_of, tally, unlike_their_ids

HELD_BYTES = 64 << 20  # of an object, in memory
NAMED_ROWS = 5  # of a shard whose documents are not what their ids say
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


@dataclass
class Seen:
    """What was found of it."""

    problems: list[Problem] = field(default_factory=list)
    size_bytes: int = 0
    rows: int = 0
    erased: frozenset[bytes] = frozenset()  # documents of which it lacks what it held
    is_replaced: bool = False
    is_gone: bool = False  # erased without replacement
    ids: str = ""  # digest of the doc_ids in their order
    entries: bytes = b""  # of its rows, ENTRY
    places: bytes = b""  # the same of what members, exported rows and the order manifest share
    profile: Mapping[str, Any] = field(default_factory=dict)


def look(task: Look) -> Seen:
    """Look at an object, or at what stands in its place; whatever it holds, this ends with what was found."""
    seen = Seen()
    blank: frozenset[int] = frozenset()
    with noting(seen.problems, f"{PREFIX}{task.file.sha256}.json", task.partition, "the record"):
        if found := replaced(task.store, task.file, task.replaced):
            seen.is_replaced, seen.is_gone, seen.erased = True, found.file is None, found.doc_ids
            blank = found.rows
            if task.store.size(task.file.path) is not None:
                _note(task, seen, "the object", "gone, for texts were erased from it", "there")
            if found.file is None:
                return seen
            task = replace(task, file=found.file)
    with noting(seen.problems, task.file.path, task.partition):
        if task.quick:
            _sized(task, task.store.size(task.file.path), seen)
        else:
            with tempfile.SpooledTemporaryFile(HELD_BYTES, prefix="florilegium-verify-") as body:
                if _fetched(task, body, seen):
                    _rows(task, body, blank, seen)
    return seen


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


def _rows(task: Look, body: IO[bytes], blank: frozenset[int], seen: Seen) -> None:
    if not task.file.path.endswith(".parquet"):
        return
    body.seek(0)
    parquet = pq.ParquetFile(pa.PythonFile(body, mode="r"), page_checksum_verification=True)
    seen.rows = parquet.metadata.num_rows
    if seen.rows != task.file.rows and (task.stage or task.file.rows):
        _note(task, seen, "its rows", str(task.file.rows), str(seen.rows))
    if not task.stage:
        return
    schema = schema_names(written_schema(parquet))
    if _spelled(schema) != _spelled(task.schema):
        _note(task, seen, "its schema", told(_spelled(task.schema)), told(_spelled(schema)))
        return
    ids, digests, places, profile = hashlib.sha256(), list[bytes](), list[bytes](), dict[str, Any]()
    unlike = list[tuple[int, bytes]]()
    first = 0
    for batch in batches_of(parquet):
        table = pa.Table.from_batches([batch])
        ids.update(ids_in(table))
        if task.stage != ORDER:
            digests.append(digests_of(task.stage, table).tobytes())
        if set(PLACED) <= {*table.column_names}:
            places.append(places_of(table).tobytes())
        add_profile(profile, tally(task.stage, table, task.source))
        if task.stage == "snapshots":
            unlike += [(first + row, said) for row, said in unlike_their_ids(table) if first + row not in blank]
        if blank and "text" in table.column_names:
            texts = table.column("text").take([row - first for row in blank if 0 <= row - first < table.num_rows])
            if any(texts.to_pylist()):
                _note(task, seen, "the texts that were erased", "empty", "there")
        first += table.num_rows
    for row, said in unlike[:NAMED_ROWS]:
        _note(task, seen, f"row {row}", f"what the id {said.hex()} says of its source, locator and text", "another")
    if len(unlike) > NAMED_ROWS:
        _note(task, seen, "the rows that are not what their ids say", "none", f"{len(unlike)}")
    seen.ids, seen.entries, seen.places = ids.hexdigest(), b"".join(digests), b"".join(places)
    seen.profile = profile


def _spelled(schema: tuple[tuple[str, str], ...]) -> str:
    """A table that was read and written again calls items of lists elements."""
    return ", ".join(f"{name} {kind}" for name, kind in schema).replace("<element: ", "<item: ")


def _note(task: Look, seen: Seen, what: str, expected: str, found: str) -> None:
    seen.problems.append(Problem(task.file.path, task.partition, what, expected, found))
