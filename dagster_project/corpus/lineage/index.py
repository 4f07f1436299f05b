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
from dagster_project.corpus.model.urls import canonical_url, domain_of, host_of
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.spool import Spool
from dagster_project.corpus.storage.stores import Store

POINTER = np.dtype([("key", "<u8"), ("shard", "<u4"), ("row", "<u4")])
POINTERS = ("key", "shard", "row")
INDEXED: dict[str, Sequence[str]] = {
    "snapshots": ("doc_id", "record_id", "locator", "url", "host", "domain", "parents"),
    "fingerprints": ("text_digest", "normalized_digest"),
    "families": ("family",),
    "mixed": ("doc_id",),
}
OF_URLS = frozenset({"host", "domain"})  # that no column has
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
    return find_all(store, manifest, column, [value])[value]


def find_all(
    store: Store, manifest: Manifest, column: str, values: Sequence[bytes | str]
) -> dict[bytes | str, list[tuple[int, int]]]:
    """The same for many values: every row group that may have one of them is read once."""
    keys = np.array([key_of_value(value) for value in values], np.uint64)
    parquet = _open_index(store, manifest, column)
    places: dict[int, list[tuple[int, int]]] = {int(key): [] for key in keys}
    for group in range(parquet.num_row_groups):
        if _may_hold(parquet, group, keys):
            found = parquet.read_row_group(group)
            found = found.filter(pc.is_in(found.column("key"), pa.array(keys)))
            for key, shard, row in zip(*(found.column(name).to_pylist() for name in POINTERS), strict=True):
                places[key].append((shard, row))
    return {value: sorted(places[int(key)]) for value, key in zip(values, keys, strict=True)}


def key_of_value(value: bytes | str) -> np.uint64:
    """Ids are already hashes; text is hashed."""
    raw = value if isinstance(value, bytes) else hashlib.sha256(value.encode()).digest()
    return np.uint64(int.from_bytes(raw[:8], "big"))


def spelled(column: str, value: Any) -> Any:
    """What is indexed of a value, and compared with it: addresses in their canonical form, hosts of addresses."""
    if value is None:
        return None
    return {"url": canonical_url, "host": host_of, "domain": _domain_of_url}.get(column, lambda same: same)(value)


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


def _may_hold(parquet: pq.ParquetFile, group: int, keys: NDArray[np.uint64]) -> bool:
    statistics = parquet.metadata.row_group(group).column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(((keys >= np.uint64(statistics.min)) & (keys <= np.uint64(statistics.max))).any())


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
    values = read_shard(store, file, ["url" if column in OF_URLS else column]).column(0).to_pylist()
    if column == "parents":
        rows = [(row, key_of_value(parent["doc_id"])) for row, parents in enumerate(values) for parent in parents]
    else:
        rows = list(_keys([spelled(column, value) for value in values]))
    pointers = np.zeros(len(rows), POINTER)
    if rows:
        pointers["row"], pointers["key"] = (np.array(part) for part in zip(*rows, strict=True))
    pointers["shard"] = number
    return pointers


def _domain_of_url(url: str) -> str | None:
    host = host_of(url)
    return domain_of(host) if host else None


def _keys(values: Sequence[bytes | str | None]) -> Iterator[tuple[int, np.uint64]]:
    for row, value in enumerate(values):
        if value is not None:
            yield row, key_of_value(value)
