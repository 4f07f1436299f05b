"""What copies share: of every document the digests and band keys by which it meets its copies, in sorted tables.

One table per batch of fingerprint shards is an object of the store, which a later layer of the corpus reads again. A
document takes 41 bytes for each of its two digests, its URL and its bands: 656 bytes with 14 of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.deduplication.fingerprints import rows_of
from dagster_project.corpus.kernels.hashing import mix64
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.exchange import Piece
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.shards import put_object, read_shard, stands
from dagster_project.corpus.storage.stores import Store

KINDS = ("exact", "normalized", "url", "near")  # of copies, the surest first
EXACT, NORMALIZED, URL, NEAR = range(len(KINDS))
DIGESTS = ((EXACT, "text_digest"), (NORMALIZED, "normalized_digest"))
KEY = np.dtype(
    [
        ("key", "<u8"),  # of a digest its first half
        ("check", "<u8"),  # of a digest its second half; beside a band, of the normalized text
        ("high", "<u8"),  # the doc_id, as two numbers
        ("low", "<u8"),
        ("shard", "<u4"),
        ("row", "<u4"),
        ("kind", "u1"),
    ]
)
RANGES = 4096  # into which tables are cut by the leading bits of their keys
RANGE_BITS = np.uint64(64 - 12)
HEADER = np.dtype("<i8")
Rows = NDArray[np.void]


@dataclass(frozen=True)
class Batch:
    """Fingerprint shards that one task reads; `first` is the number of the first among all of the corpus."""

    first: int
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


@dataclass(frozen=True)
class KeysTask:
    """The keys of one batch, as the task travels to a worker."""

    store: Store
    key: str
    access: str
    batch: Batch
    bands: int
    same_url: bool
    verdicts: tuple[File, ...]  # of the same documents, where only kept ones have keys


def write_keys(task: KeysTask) -> Mapping[str, Any]:
    """Find the table or make it; shards in it are numbered from 0. Returns its file as facts name it."""
    record = find_build(task.store, task.key)
    if record and stands(task.store, File(**record["file"])):
        found: Mapping[str, Any] = record["file"]
        return found
    records = np.concatenate([_keys(task, number, file) for number, file in enumerate(task.batch.files)])
    records = records[np.argsort(records["key"], kind="stable")]
    bounds = np.searchsorted(records["key"] >> RANGE_BITS, np.arange(RANGES + 1, dtype=np.uint64)).astype(HEADER)
    body = bounds.tobytes() + records.tobytes()
    path, sha256 = put_object(task.store, body, access=task.access, suffix="keys")
    file = asdict(File(path, sha256, len(body), len(records)))
    record_build(task.store, task.key, {"file": file})
    return file


def open_keys(store: Store, file: Mapping[str, Any]) -> Piece:
    """The table with the bounds of its ranges."""
    size = HEADER.itemsize * (RANGES + 1)
    rows = np.frombuffer(store.get_range(file["path"], 0, size), HEADER)
    return Piece(file["path"], size + rows * KEY.itemsize)


def ids_of(column: pa.ChunkedArray | pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Ids of 16 bytes as the two numbers whose order is theirs; nulls are zeros."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    filled = array.fill_null(bytes(16)) if array.null_count else array
    raw = np.frombuffer(filled.buffers()[1], ">u8", 2 * len(filled), 16 * filled.offset).reshape(-1, 2)
    return raw[:, 0].astype(np.uint64), raw[:, 1].astype(np.uint64)


def id_bytes(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.void]:
    """The 16 bytes of ids."""
    raw = np.empty((len(high), 2), ">u8")
    raw[:, 0], raw[:, 1] = high, low
    return raw.view("V16").ravel()


def first_of_each(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Marks the first of every run of rows that agree in these columns."""
    marks = np.ones(len(columns[0]), np.bool_)
    marks[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return marks


def ordered_by(records: Rows, *names: str) -> Rows:
    """Records in the order of these fields, the first counting most."""
    found: Rows = records[np.lexsort([records[name] for name in reversed(names)])]
    return found


def distinct(records: Rows, names: Sequence[str], then: Sequence[str] = ()) -> Rows:
    """In the order of these fields the records that differ in them; of equals the first by those that follow."""
    ordered = ordered_by(records, *names, *then)
    found: Rows = ordered[first_of_each(*(ordered[name] for name in names))]
    return found


def _keys(task: KeysTask, number: int, file: File) -> Rows:
    names = [
        "doc_id",
        "text_digest",
        "normalized_digest",
        "shingles",
        "bands",
        *(["url_digest"] if task.same_url else []),
    ]
    table = read_shard(task.store, file, names)
    records = np.concatenate([*_digest_keys(table, task.same_url, number), _band_keys(table, task.bands, number)])
    if not task.verdicts:
        return records
    kept = read_shard(task.store, task.verdicts[number], ["keep"]).column("keep").to_numpy()
    found: Rows = records[kept[records["row"]]]
    return found


def _digest_keys(table: pa.Table, same_url: bool, number: int) -> Iterator[Rows]:
    for kind, column in [*DIGESTS, *([(URL, "url_digest")] if same_url else [])]:
        there = table.column(column).is_valid().to_numpy()
        records = _records(table, np.flatnonzero(there), number, kind)
        records["key"], records["check"] = (half[there] for half in ids_of(table.column(column)))
        yield records


def _band_keys(table: pa.Table, bands: int, number: int) -> Rows:
    """Of the documents that are long enough to have shingles."""
    there = np.flatnonzero(table.column("shingles").to_numpy() > 0)
    keys, _ = rows_of(table.column("bands"), "<u8", bands)
    records = _records(table, np.repeat(there, bands), number, NEAR)
    records["key"] = mix64(keys[there].ravel())  # apart from digests, and evenly spread
    records["check"] = np.repeat(ids_of(table.column("normalized_digest"))[0][there], bands)
    return records


def _records(table: pa.Table, rows: NDArray[np.int64], number: int, kind: int) -> Rows:
    high, low = ids_of(table.column("doc_id"))
    records = np.empty(len(rows), KEY)
    records["high"], records["low"], records["row"] = high[rows], low[rows], rows
    records["shard"], records["kind"] = number, kind
    return records


def batches(files: Sequence[File], most_rows: int, first: int = 0) -> list[Batch]:
    """Shards side by side, of at most so many rows together but at least one."""
    found: list[list[File]] = []
    rows = 0
    for file in files:
        if not found or rows + file.rows > most_rows:
            found.append([])
            rows = 0
        found[-1].append(file)
        rows += file.rows
    firsts = accumulate(map(len, found), initial=first)
    return [Batch(start, tuple(held)) for start, held in zip(firsts, found, strict=False)]
