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
from dagster_project.corpus.formats.pieces import cut, fixed, hexadecimal, ids_from, joined, piece
from dagster_project.corpus.formats.streams import narrowest, stream_of, token_lists
from dagster_project.corpus.kernels.texts import Bytes, buffers, ids_of
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.tokens import Tokens

ENCODINGS = {"doc_id": "str", "index": "int", "text": "str"}
SIZES = {"index": 8}
ZSTD_LEVEL = 3
MOST_BYTES = 2**32  # of a shard: places in it are uint32
AXIS = 1 << 2  # an array of one axis; the two bits below say how wide its length is


class Mds(Format):
    """`shard.00000.mds`: index, doc_id in hexadecimal, text, and tokens where there are any."""

    stem: ClassVar[str] = "shard.{:05d}"
    compression: ClassVar[str | None] = None

    @property
    def suffix(self) -> str:
        return f"mds.{self.compression}" if self.compression else "mds"

    def write(self, shard: Shard) -> Written:
        config = self._config(shard)
        raw = _file(shard, json.dumps(config, sort_keys=True).encode())
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

    def _config(self, shard: Shard) -> dict[str, Any]:
        tokens = {"tokens": f"ndarray:{narrowest(shard.vocabulary).name}"} if shard.tokens is not None else {}
        encodings = {**ENCODINGS, **tokens}
        return {
            "version": 2,
            "format": "mds",
            "compression": self.compression,
            "hashes": ["sha1"],
            "size_limit": None,
            "column_names": list(encodings),
            "column_encodings": list(encodings.values()),
            "column_sizes": [SIZES.get(name) for name in encodings],
        }


class MdsZstd(Mds):
    """`shard.00000.mds.zstd`: the same, which Streaming unpacks when it has fetched a shard."""

    seeks: ClassVar[bool] = False
    compression: ClassVar[str | None] = "zstd"


def _described(name: str, body: bytes) -> dict[str, Any]:
    return {"basename": name, "bytes": len(body), "hashes": {"sha1": hashlib.sha1(body).hexdigest()}}


def _file(shard: Shard, config: bytes) -> bytes:
    """The shard, not compressed."""
    text, offsets = buffers(shard.table.column("text"))
    parts, lengths = [piece(text, offsets)], [np.diff(offsets)]
    if shard.tokens is not None:
        tokens = stream_of(shard.tokens, narrowest(shard.vocabulary), None)
        counts = np.diff(tokens.offsets)
        parts += [_shapes(counts), piece(*tokens)]
        lengths += [1 + _widths(counts) + counts * tokens.values.itemsize]
    data, places = joined([fixed(_heads(shard.table, lengths)), *parts])
    before = 4 * (len(places) + 1) + len(config)
    if before + len(data) >= MOST_BYTES:
        raise Refused(f"export shard {shard.number} has {len(data)} bytes, MDS holds 4 GiB: make shards smaller")
    head = np.concatenate([[len(places) - 1], places + before]).astype("<u4").tobytes()
    return b"".join((head, config, data.data))


def _head_type(sizes: int) -> np.dtype[Any]:
    """The begin of a sample: how long its doc_id, its text and, with tokens, these are; and its columns before text."""
    return np.dtype([("sizes", "<u4", (sizes,)), ("doc_id", "u1", (2 * ID_BYTES,)), ("index", "<i8")])


def _heads(table: pa.Table, lengths: Sequence[NDArray[np.int64]]) -> NDArray[np.void]:
    heads = np.zeros(table.num_rows, _head_type(1 + len(lengths)))
    heads["sizes"] = np.stack([np.full(table.num_rows, 2 * ID_BYTES), *lengths], axis=1)
    heads["doc_id"] = hexadecimal(ids_of(table.column("doc_id")))
    heads["index"] = table.column("index").to_numpy()
    return heads


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
    head = _head_type(3 if "tokens" in encodings else 2)
    heads = np.frombuffer(data[places[:-1, None] + np.arange(head.itemsize)].tobytes(), head)
    starts = places[:-1] + head.itemsize
    text = Bounds(starts, starts + heads["sizes"][:, 1])
    columns = {
        "index": pa.array(heads["index"]),
        "doc_id": ids_from(np.ascontiguousarray(heads["doc_id"])),
        "text": cut(data, *text).cast(pa.string()),
    }
    if "tokens" in encodings:
        tokens = Bounds(text.ends, text.ends + heads["sizes"][:, 2])
        columns["tokens"] = _arrays(data, tokens, np.dtype(encodings["tokens"].removeprefix("ndarray:")))
    return pa.table(columns)


def _arrays(data: Bytes, bounds: Bounds, dtype: np.dtype[Any]) -> pa.ListArray:
    values = bounds.starts + 1 + (1 << (data[bounds.starts] & 3).astype(np.int64))
    found, offsets = buffers(cut(data, values, bounds.ends))
    return token_lists(Tokens(np.frombuffer(found.tobytes(), dtype), offsets // dtype.itemsize))
