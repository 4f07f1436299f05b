"""Parquet shards under content addresses: `data/<access class>/sha256/ab/<sha256>.parquet`, written once."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.model.errors import IntegrityError, MissingObject
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.replacements import find_replacement, instead_of
from dagster_project.corpus.storage.stores import Store

BLOCK_BYTES = 4 << 20  # of an object that is read to be checked
SMALL_BYTES = 1 << 20  # of a shard that comes whole for a few of its columns, too: one request, and its hash is checked
REQUEST_BYTES = 1 << 20  # that are read in the time of a request
WHOLE_BYTES = 16 << 20  # of a shard that is held for some of its rows; look-ups open several at once
GROUP_ROWS = 4096  # rows that a look-up of one document has to decode
Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)
WRITTEN_AS = b"ARROW:schema"  # in the metadata of a file that Arrow wrote


def write_shard(store: Store, table: pa.Table, *, access: str, documents: str = "") -> File:
    """Store a table; the same rows have the same bytes under one pyarrow release, so writing again adds nothing."""
    body = parquet_bytes(table)
    path, sha256 = put_object(store, body, access=access, suffix="parquet")
    return File(path, sha256, len(body), table.num_rows, documents)


def write_own_shard(store: Store, table: pa.Table, *, access: str, documents: str = "") -> File:
    """Store a table under a name that nothing had yet: what a stopped run left under its own may be swept this moment.
    Of such a one the number of tables left stands in the metadata of its schema."""
    for number in count():
        told = {**(table.schema.metadata or {}), **({b"florilegium.left": str(number).encode()} if number else {})}
        body = parquet_bytes(table.replace_schema_metadata(told or None))
        sha256 = hashlib.sha256(body).hexdigest()
        path = path_of(sha256, access, "parquet")
        if store.put_once(path, body):
            return File(path, sha256, len(body), table.num_rows, documents)
    raise AssertionError


def parquet_bytes(table: pa.Table) -> bytes:
    """The Parquet file of a shard."""
    buffer = io.BytesIO()
    names = [name for field in table.schema if field.name != "text" for name in _string_columns(field)]
    pq.write_table(
        table.combine_chunks(),
        buffer,
        compression="zstd",
        row_group_size=GROUP_ROWS,
        use_dictionary=names,
        write_page_index=True,
        write_page_checksum=True,  # so that reading a few columns notices a flipped bit, too
        store_schema=True,
    )
    return buffer.getvalue()


def _string_columns(field: pa.Field) -> Iterator[str]:
    """The Parquet paths of the strings in a column, also within lists of structs."""
    if pa.types.is_string(field.type):
        yield field.name
    elif pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type):
        within = (field.type.value_type.field(index) for index in range(field.type.value_type.num_fields))
        yield from (f"{field.name}.list.element.{item.name}" for item in within if pa.types.is_string(item.type))


def put_object(store: Store, body: bytes, *, access: str, suffix: str) -> tuple[str, str]:
    """Store any bytes under their hash; returns (path, sha256)."""
    sha256 = hashlib.sha256(body).hexdigest()
    path = path_of(sha256, access, suffix)
    store.put_once(path, body)
    return path, sha256


def path_of(sha256: str, access: str, suffix: str) -> str:
    return f"data/{access}/sha256/{sha256[:2]}/{sha256}.{suffix}"


def get_object(store: Store, path: str, sha256: str) -> bytes:
    """The bytes, checked against their hash; of an object that was erased from, those that stand in its place."""
    try:
        body = store.get(path)
    except MissingObject:
        new = instead_of(store, path, sha256)
        return get_object(store, new.path, new.sha256)
    if (found := hashlib.sha256(body).hexdigest()) != sha256:
        raise IntegrityError(f"{path} holds {found}: it was altered; build its partition again with --repair")
    return body


def copy_object(store: Store, file: File, target: Path, of: str = "partition") -> None:
    """A file with the bytes of an object, in blocks; they are checked when all are there. `of` is what can be built
    again when they are not."""
    total = hashlib.sha256()
    try:
        with store.open(file.path) as source, target.open("wb") as sink:
            while block := source.read(BLOCK_BYTES):
                total.update(block)
                sink.write(block)
    except MissingObject:
        if new := _successor(store, file):
            return copy_object(store, new, target, of)
        raise IntegrityError(f"{file.path} is gone: build its {of} again with --repair") from None
    if total.hexdigest() != file.sha256:
        raise IntegrityError(f"{file.path} was altered: build its {of} again with --repair")


def read_shard(store: Store, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """A shard as a table. All columns, or a small shard: the whole object, checked by hash; some columns of a large
    one: only their byte ranges."""
    return read_opened(open_shard(store, file, whole=columns is None), file, columns)


def read_opened(parquet: pq.ParquetFile, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """The same of a shard that is open already."""
    with _altered(file):
        return _as_written(parquet.read(columns=list(columns) if columns is not None else None), parquet)


def iterate_shard(store: Store, file: File, columns: Sequence[str], rows: int = GROUP_ROWS) -> Iterator[pa.RecordBatch]:
    """A shard in batches, for work that must not hold it whole."""
    parquet = open_shard(store, file, whole=False)
    with _altered(file):
        yield from batches_of(parquet, columns, rows)


def batches_of(
    parquet: pq.ParquetFile, columns: Sequence[str] | None = None, rows: int = GROUP_ROWS
) -> Iterator[pa.RecordBatch]:
    """The rows of a shard that is open, all columns by default."""
    for batch in parquet.iter_batches(rows, columns=columns and list(columns)):
        yield _as_written(batch, parquet)


def stands(store: Store, file: File) -> bool:
    """Whether the object, or what replaced it, is there in its full size; the cheap question, before work done earlier
    is reused."""
    size = store.size(file.path)
    if size is None and (found := find_replacement(store, file.sha256)):
        return found.new is not None and stands(store, found.new)
    return size == file.size_bytes


def remove_altered(store: Store, manifest: Manifest, own: Collection[str] = ()) -> list[str]:
    """Read every object of a version, in blocks; those that are missing or altered are removed, and their paths
    returned. What replaced an object is read in its place; an erased one is not missed, unless its hash is among `own`.
    """
    bad = [path for file in manifest.objects if (path := _not_whole(store, file, file.sha256 in own))]
    store.delete(bad)
    return bad


def remove_erased(store: Store, manifest: Manifest, kept: Collection[str] = ()) -> None:
    """Remove objects of a version that stand again, though a record says that they were erased; but not those whose
    hashes are `kept`."""
    objects = [file for file in manifest.objects if file.sha256 not in kept]
    store.delete([file.path for file in objects if find_replacement(store, file.sha256)])


def _not_whole(store: Store, file: File, is_own: bool = False) -> str:
    """The path of the object that is missing or altered; empty where all is well."""
    total = hashlib.sha256()
    try:
        with store.open(file.path) as source:
            while block := source.read(BLOCK_BYTES):
                total.update(block)
    except MissingObject:
        found = find_replacement(store, file.sha256)
        if found and found.new:
            return _not_whole(store, found.new)
        return "" if found and not is_own else file.path
    except IntegrityError:
        return file.path
    return "" if total.hexdigest() == file.sha256 else file.path


def _successor(store: Store, file: File) -> File | None:
    """What stands in the place of a missing object; None where nobody erased it."""
    try:
        return instead_of(store, file.path, file.sha256)
    except MissingObject:
        return None


def read_row(store: Store, file: File, row: int) -> pa.Table:
    """One row of a shard, decoding one row group."""
    return read_rows(store, file, [row])


def read_rows(store: Store, file: File, rows: Sequence[int], columns: Sequence[str] | None = None) -> pa.Table:
    """Some rows of a shard in the order asked for, decoding the row groups that hold them. Where these are many, one
    request for the whole shard is cheaper than one for each."""
    groups = sorted({row // GROUP_ROWS for row in rows})
    requests = len(groups) * (len(columns) if columns else 1)
    parquet = open_shard(store, file, whole=file.size_bytes <= min(requests * REQUEST_BYTES, WHOLE_BYTES))
    starts = {group: number * GROUP_ROWS for number, group in enumerate(groups)}
    places = pa.array([starts[row // GROUP_ROWS] + row % GROUP_ROWS for row in rows], pa.int64())
    with _altered(file):
        return _as_written(parquet.read_row_groups(groups, columns and list(columns)).take(places), parquet)


def read_range(store: Store, file: File, start: int, stop: int, columns: Sequence[str]) -> pa.Table:
    """Some columns of the rows from `start` to `stop`, decoding the row groups that hold them."""
    first, last = start // GROUP_ROWS, -(-stop // GROUP_ROWS)
    parquet = open_shard(store, file, whole=False)
    with _altered(file):
        table = _as_written(parquet.read_row_groups(range(first, last), list(columns)), parquet)
    return table.slice(start - first * GROUP_ROWS, stop - start)


def _as_written(rows: Rows, parquet: pq.ParquetFile) -> Rows:
    """Rows in the types in which they were written: Parquet knows no seconds, and gives milliseconds back."""
    written = written_schema(parquet)
    schema = pa.schema([written.field(name) for name in rows.schema.names])
    return rows if rows.schema.equals(schema) else rows.cast(schema)


def written_schema(parquet: pq.ParquetFile) -> pa.Schema:
    """The types in which a shard was written."""
    kept = (parquet.metadata.metadata or {}).get(WRITTEN_AS)
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(kept))) if kept else parquet.schema_arrow


@contextlib.contextmanager
def _altered(file: File) -> Iterator[None]:
    """What Arrow says of bytes that are no longer what was written, in one sentence with the way out."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise IntegrityError(f"{file.path} was altered ({said}): build its partition again with --repair") from None


def open_shard(store: Store, file: File, *, whole: bool) -> pq.ParquetFile:
    if whole or file.size_bytes <= SMALL_BYTES:
        source = pa.BufferReader(get_object(store, file.path, file.sha256))
    else:
        try:
            source = pa.PythonFile(store.open(file.path), mode="r")
        except MissingObject:
            new = instead_of(store, file.path, file.sha256)
            return open_shard(store, replace(new, rows=file.rows), whole=whole)
    with _altered(file):
        parquet = pq.ParquetFile(source, page_checksum_verification=True)
    if parquet.metadata.num_rows != file.rows:
        raise IntegrityError(f"{file.path} has {parquet.metadata.num_rows} rows and its manifest says {file.rows}")
    return parquet
