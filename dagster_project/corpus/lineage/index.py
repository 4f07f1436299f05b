"""The catalog's indexes: one sorted Parquet per version, by which a look-up reads a few row groups and not a corpus.

INDEXED names the columns of each stage. Keys are the first 64 bits of
SHA-256 (of the leading bits of an id), so every hit is checked against the row itself. Rebuildable from the manifests.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import MissingObject
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.urls import canonical_url, host_of
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

POINTER = np.dtype([("key", "<u8"), ("shard", "<u4"), ("row", "<u4")])
INDEXED: dict[str, Sequence[str]] = {
    "snapshots": ("doc_id", "record_id", "locator", "url", "host"),
    "fingerprints": ("text_digest", "normalized_digest"),
    "families": ("family",),
    "mixed": ("doc_id",),
}
GROUP_ROWS = 16_384


def index_version(store: Store, manifest: Manifest) -> None:
    """Write the indexes of a version, where its stage has any and they are not there yet."""
    for column in indexed(manifest.stage):
        if store.size(path_of(manifest.id, column)) is None:
            store.put(path_of(manifest.id, column), _sorted_index(store, manifest, column))


def indexed(stage: str) -> Sequence[str]:
    return INDEXED.get(stage, ())


def find(store: Store, manifest: Manifest, column: str, value: bytes | str) -> list[tuple[int, int]]:
    """(shard, row) of every row that may have the value, in order; the caller compares the row itself."""
    key = int(key_of_value(value))
    parquet = _open_index(store, manifest, column)
    groups = [group for group in range(parquet.num_row_groups) if _may_hold(parquet, group, key)]
    if not groups:
        return []
    found = parquet.read_row_groups(groups)
    found = found.filter(pc.equal(found.column("key"), pa.scalar(key, pa.uint64())))
    return sorted(zip(found.column("shard").to_pylist(), found.column("row").to_pylist(), strict=True))


def key_of_value(value: bytes | str) -> np.uint64:
    """Ids are already hashes; text is hashed."""
    raw = value if isinstance(value, bytes) else hashlib.sha256(value.encode()).digest()
    return np.uint64(int.from_bytes(raw[:8], "big"))


def spelled(column: str, value: Any) -> Any:
    """What is indexed of a value, and compared with it: addresses in their canonical form, hosts of addresses."""
    if value is None:
        return None
    return {"url": canonical_url, "host": host_of}.get(column, lambda same: same)(value)


def path_of(version: str, column: str) -> str:
    return f"catalog/indexes/{version}/{column}.parquet"


def _open_index(store: Store, manifest: Manifest, column: str) -> pq.ParquetFile:
    """The index, made again when somebody removed it: the catalog is rebuildable."""
    path = path_of(manifest.id, column)
    try:
        return pq.ParquetFile(pa.PythonFile(store.open(path), mode="r"))
    except MissingObject:
        index_version(store, manifest)
        return pq.ParquetFile(pa.PythonFile(store.open(path), mode="r"))


def _may_hold(parquet: pq.ParquetFile, group: int, key: int) -> bool:
    statistics = parquet.metadata.row_group(group).column(0).statistics
    return statistics is None or not statistics.has_min_max or statistics.min <= key <= statistics.max


def _sorted_index(store: Store, manifest: Manifest, column: str) -> bytes:
    buffer = io.BytesIO()
    schema = pa.schema([("key", pa.uint64()), ("shard", pa.uint32()), ("row", pa.uint32())])
    with Spool(POINTER) as spool, pq.ParquetWriter(buffer, schema, compression="zstd", use_dictionary=False) as writer:
        for number, file in enumerate(manifest.files):
            spool.append(_pointers(store, file, number, column))
        for chunk in spool.sorted():
            chunk = np.sort(chunk, order=["key", "shard", "row"])
            writer.write_table(pa.table({name: chunk[name] for name in schema.names}, schema=schema), GROUP_ROWS)
    return buffer.getvalue()


def _pointers(store: Store, file: File, number: int, column: str) -> NDArray[np.void]:
    values = read_shard(store, file, ["url" if column == "host" else column]).column(0).to_pylist()
    rows = list(_keys([spelled(column, value) for value in values]))
    pointers = np.zeros(len(rows), POINTER)
    if rows:
        pointers["row"], pointers["key"] = (np.array(part) for part in zip(*rows, strict=True))
    pointers["shard"] = number
    return pointers


def _keys(values: Sequence[bytes | str | None]) -> Iterator[tuple[int, np.uint64]]:
    for row, value in enumerate(values):
        if value is not None:
            yield row, key_of_value(value)
