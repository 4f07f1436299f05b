"""Parquet shards under content addresses: `data/<access class>/sha256/ab/<sha256>.parquet`, written once."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.stores import Store

GROUP_ROWS = 4096  # rows that a look-up of one document has to decode


def write_shard(store: Store, table: pa.Table, *, access: str, documents: str = "") -> File:
    """Store a table; the same rows have the same bytes under one pyarrow release, so writing again adds nothing."""
    buffer = io.BytesIO()
    names = [field.name for field in table.schema if pa.types.is_string(field.type) and field.name != "text"]
    pq.write_table(
        table.combine_chunks(),
        buffer,
        compression="zstd",
        row_group_size=GROUP_ROWS,
        use_dictionary=names,
        write_page_index=True,
        store_schema=True,
    )
    path, sha256 = put_object(store, buffer.getvalue(), access=access, suffix="parquet")
    return File(path, sha256, buffer.tell(), table.num_rows, documents)


def put_object(store: Store, body: bytes, *, access: str, suffix: str) -> tuple[str, str]:
    """Store any bytes under their hash; returns (path, sha256)."""
    sha256 = hashlib.sha256(body).hexdigest()
    path = f"data/{access}/sha256/{sha256[:2]}/{sha256}.{suffix}"
    store.put_once(path, body)
    return path, sha256


def get_object(store: Store, path: str, sha256: str) -> bytes:
    """The bytes, checked against their hash."""
    body = store.get(path)
    if (found := hashlib.sha256(body).hexdigest()) != sha256:
        raise IntegrityError(f"{path} holds {found}: it was altered; restore the object or rebuild the partition")
    return body


def read_shard(store: Store, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """A shard as a table. All columns: the whole object, checked by hash; some columns: only their byte ranges."""
    return open_shard(store, file, whole=columns is None).read(columns=list(columns) if columns is not None else None)


def iterate_shard(store: Store, file: File, columns: Sequence[str], rows: int = GROUP_ROWS) -> Iterator[pa.RecordBatch]:
    """A shard in batches, for work that must not hold it whole."""
    yield from open_shard(store, file, whole="text" in columns).iter_batches(rows, columns=list(columns))


def read_row(store: Store, file: File, row: int) -> pa.Table:
    """One row of a shard, decoding one row group."""
    parquet = open_shard(store, file, whole=False)
    return parquet.read_row_group(row // GROUP_ROWS).slice(row % GROUP_ROWS, 1)


def open_shard(store: Store, file: File, *, whole: bool) -> pq.ParquetFile:
    if whole:
        source = pa.BufferReader(get_object(store, file.path, file.sha256))
    else:
        source = pa.PythonFile(store.open(file.path), mode="r")
    try:
        parquet = pq.ParquetFile(source)
    except pa.ArrowInvalid as error:
        raise IntegrityError(
            f"{file.path} is not readable Parquet ({error}): restore it or rebuild the partition"
        ) from None
    if parquet.metadata.num_rows != file.rows:
        raise IntegrityError(f"{file.path} has {parquet.metadata.num_rows} rows and its manifest says {file.rows}")
    return parquet
