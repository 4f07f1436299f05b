"""MosaicML Streaming's MDS, version 2: shards of samples, and one `index.json` beside them.

A shard is the number of samples, where each begins (uint32), the configuration as JSON, and the samples; a sample is
the sizes of its columns that have no fixed one, then its columns by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.formats.format import Format, Shard, Stored, Written
from dagster_project.corpus.formats.jsonl import unzipped
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.formats.pieces import cut, fixed, hexadecimal, ids_from, joined, piece
from dagster_project.corpus.formats.streams import narrowest, stream_of, token_lists
from dagster_project.corpus.kernels.texts import Bytes, Offsets, buffers, ids_of
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.tokens import Tokens

TEXTS = ("component", "license", "source", "text")  # the columns of an export that a sample has, beside its numbers
SIZES = {"int": 8}  # bytes, by encoding
ZSTD_LEVEL = 3
MOST_BYTES = 2**32  # of a shard: places in it are uint32
AXIS = 1 << 2  # an array of one axis; the two bits below say how wide its length is


class _Column(NamedTuple):
    """One column of all samples: what stands of it in each, and in how many bytes."""

    encoding: str
    parts: Sequence[pa.LargeBinaryArray]
    sizes: NDArray[np.int64]


class Mds(Format):
    """`shard.00000.mds`: component, doc_id in hexadecimal, index, license, source, text, and tokens and mask where
    there are any."""

    stem: ClassVar[str] = "shard.{:05d}"
    compression: ClassVar[str | None] = None

    @property
    def suffix(self) -> str:
        return f"mds.{self.compression}" if self.compression else "mds"

    def write(self, shard: Shard) -> Written:
        columns = _columns(shard)
        config = self._config(columns)
        raw = _file(shard, columns, json.dumps(config, sort_keys=True).encode())
        name = f"{self.stem.format(shard.number)}.mds"
        facts = {**config, "samples": shard.table.num_rows, "raw_data": _described(name, raw), "zip_data": None}
        if not self.compression:
            return Written({self.suffix: raw}, facts)
        body = pa.Codec(self.compression, compression_level=ZSTD_LEVEL).compress(raw, asbytes=True)
        return Written({self.suffix: body}, {**facts, "zip_data": _described(f"{name}.{self.compression}", body)})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        if self.compression:
            raw = unzipped(stored.whole(self.suffix))
            stored = Stored(stored.rows, {"mds": len(raw)}, lambda _, place, length: raw[place : place + length])
        after_places = 4 * (stored.rows + 2)
        samples, begin = stored.array("mds", "<u4", 0, 2).tolist()
        config = json.loads(stored.part("mds", after_places, begin - after_places))
        places = stored.array("mds", "<u4", 4 * (1 + start), stop - start + 1).astype(np.int64)
        if samples != stored.rows or places[0] < begin or (np.diff(places) < 0).any():
            raise ValueError(f"{samples} samples, or some that do not lie one after another")
        data = stored.array("mds", np.uint8, int(places[0]), int(places[-1] - places[0]))
        encodings = dict(zip(config["column_names"], config["column_encodings"], strict=True))
        return _table(data, places - places[0], encodings)

    def index(self, facts: Sequence[Mapping[str, Any]]) -> Mapping[str, bytes]:
        return {"index.json": json.dumps({"version": 2, "shards": list(facts)}, sort_keys=True).encode()}

    def _config(self, columns: Mapping[str, _Column]) -> dict[str, Any]:
        return {
            "version": 2,
            "format": "mds",
            "compression": self.compression,
            "hashes": ["sha1"],
            "size_limit": None,
            "column_names": list(columns),
            "column_encodings": [column.encoding for column in columns.values()],
            "column_sizes": [SIZES.get(column.encoding) for column in columns.values()],
        }


class MdsZstd(Mds):
    """`shard.00000.mds.zstd`: the same, which Streaming unpacks when it has fetched a shard."""

    seeks: ClassVar[bool] = False
    compression: ClassVar[str | None] = "zstd"


def _described(name: str, body: bytes) -> dict[str, Any]:
    return {"basename": name, "bytes": len(body), "hashes": {"sha1": hashlib.sha1(body).hexdigest()}}


def _columns(shard: Shard) -> dict[str, _Column]:
    """The columns of a shard in the order of their names, as Streaming's own writer has them."""
    rows = shard.table.num_rows
    columns = {name: _texts(*buffers(shard.table.column(name))) for name in TEXTS if name in shard.table.column_names}
    digits = hexadecimal(ids_of(shard.table.column("doc_id")))
    columns["doc_id"] = _Column("str", [fixed(digits)], np.full(rows, 2 * ID_BYTES))
    index = shard.table.column("index").to_numpy().astype("<i8")
    columns["index"] = _Column("int", [fixed(index.reshape(-1, 1))], np.full(rows, SIZES["int"]))
    if shard.tokens is not None:
        columns["tokens"] = _numbers(stream_of(shard.tokens, narrowest(shard.vocabulary), None))
    if (masks := masks_of(shard)) is not None:
        columns["mask"] = _numbers(masks)
    return dict(sorted(columns.items()))


def _texts(data: Bytes, offsets: Offsets) -> _Column:
    return _Column("str", [piece(data, offsets)], np.diff(offsets))


def _numbers(tokens: Tokens) -> _Column:
    counts = np.diff(tokens.offsets)
    sizes = 1 + _widths(counts) + counts * tokens.values.itemsize
    return _Column(f"ndarray:{tokens.values.dtype.name}", [_shapes(counts), piece(*tokens)], sizes)


def _file(shard: Shard, columns: Mapping[str, _Column], config: bytes) -> bytes:
    """The shard, not compressed."""
    sizes = [column.sizes for column in columns.values() if column.encoding not in SIZES]
    parts = [part for column in columns.values() for part in column.parts]
    data, places = joined([fixed(np.stack(sizes, axis=1).astype("<u4")), *parts])
    before = 4 * (len(places) + 1) + len(config)
    if before + len(data) >= MOST_BYTES:
        raise Refused(f"export shard {shard.number} has {len(data)} bytes, MDS holds 4 GiB: make shards smaller")
    head = np.concatenate([[len(places) - 1], places + before]).astype("<u4").tobytes()
    return b"".join((head, config, data.data))


def _widths(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """In how many bytes the length of an array stands."""
    widths: NDArray[np.int64] = np.where(counts < 1 << 8, 1, np.where(counts < 1 << 16, 2, 4))
    return widths


def _shapes(counts: NDArray[np.int64]) -> pa.LargeBinaryArray:
    """What stands before the values of an array: its axes and the width of its length (0, 1 or 2), and its length."""
    widths = _widths(counts)
    rows = np.zeros(len(counts), np.dtype([("axes", "u1"), ("length", "<u4")]))
    rows["axes"], rows["length"] = AXIS | (widths >> 1), counts
    data = np.frombuffer(rows.tobytes(), np.uint8).reshape(-1, 5)
    kept = np.arange(5) <= widths[:, None]
    return piece(data[kept], np.concatenate([[0], np.cumsum(1 + widths)]))


class Bounds(NamedTuple):
    """Where something begins and ends in every sample."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def _table(data: Bytes, places: NDArray[np.int64], encodings: Mapping[str, str]) -> pa.Table:
    """The samples, one after another in `data`, taken apart."""
    bounds = _bounds(data, places, encodings)
    columns = {
        "index": pa.array(_bytes(data, bounds["index"], SIZES["int"]).view("<i8").reshape(-1)),
        "doc_id": ids_from(_bytes(data, bounds["doc_id"], 2 * ID_BYTES)),
        "text": cut(data, *bounds["text"]).cast(pa.string()),
    }
    for name in [name for name in ("tokens", "mask") if name in encodings]:
        columns[name] = _arrays(data, bounds[name], np.dtype(encodings[name].removeprefix("ndarray:")))
    return pa.table(columns)


def _bounds(data: Bytes, places: NDArray[np.int64], encodings: Mapping[str, str]) -> dict[str, Bounds]:
    """Where each column begins and ends in every sample: after the sizes of all that have no fixed one."""
    sized = [name for name, encoding in encodings.items() if encoding not in SIZES]
    head = Bounds(places[:-1], places[:-1] + 4 * len(sized))
    sizes = _bytes(data, head, 4 * len(sized)).view("<u4").astype(np.int64)
    starts, found = head.ends, {}
    for name, encoding in encodings.items():
        size = SIZES[encoding] if encoding in SIZES else sizes[:, sized.index(name)]
        found[name] = Bounds(starts, starts + size)
        starts = found[name].ends
    return found


def _bytes(data: Bytes, bounds: Bounds, size: int) -> Bytes:
    """What lies within bounds that are `size` bytes apart, uint8[n, size]."""
    if (bounds.ends - bounds.starts != size).any():
        raise ValueError(f"a column of another size than {size} bytes")
    return np.ascontiguousarray(data[bounds.starts[:, None] + np.arange(size)])


def _arrays(data: Bytes, bounds: Bounds, dtype: np.dtype[Any]) -> pa.ListArray:
    values = bounds.starts + 1 + (1 << (data[bounds.starts] & 3).astype(np.int64))
    found, offsets = buffers(cut(data, values, bounds.ends))
    return token_lists(Tokens(np.frombuffer(found.tobytes(), dtype), offsets // dtype.itemsize))
