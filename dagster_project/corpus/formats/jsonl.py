"""JSON lines under zstd: every column, ids in hexadecimal, and the tokens, with their loss mask, as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar

import orjson
import pyarrow as pa

from dagster_project.corpus.formats.format import ROWS, Format, Shard, Stored, Written
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.tokens import Tokens

BATCH_ROWS = 256  # that are Python objects at a time
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
TYPES = {
    "index": pa.int64(),
    "doc_id": ID,
    "text": pa.string(),
    "tokens": pa.list_(pa.uint32()),
    "mask": pa.list_(pa.uint8()),
}


class Jsonl(Format):
    """`shard-00000.jsonl.zst`, one object per line."""

    seeks: ClassVar[bool] = False
    suffix: ClassVar[str] = "jsonl.zst"

    def write(self, shard: Shard) -> Written:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            for lines in json_lines(shard.table, {"tokens": shard.tokens, "mask": masks_of(shard)}):
                stream.write(b"".join(lines))
        return Written({self.suffix: sink.getvalue().to_pybytes()})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        lines = unzipped(stored.whole(self.suffix)).split(b"\n")
        if len(lines) != stored.rows + 1 or lines[-1]:
            raise ValueError(f"{len(lines) - 1} lines")
        rows = [orjson.loads(line) for line in lines[start:stop]]
        for row in rows:
            row["doc_id"] = bytes.fromhex(row["doc_id"])
        names = [name for name in ROWS if not stored.rows or name in orjson.loads(lines[0])]
        return pa.table({name: pa.array([row[name] for row in rows], TYPES[name]) for name in names})


def json_lines(table: pa.Table, beside: Mapping[str, Tokens | None] = MappingProxyType({})) -> Iterator[list[bytes]]:
    """One JSON object and a newline for each row, some rows at a time; what is binary in hexadecimal. `beside` are
    lists of numbers, by name."""
    for first in range(0, table.num_rows, BATCH_ROWS):
        rows = table.slice(first, BATCH_ROWS).to_pylist()
        for name, numbers in beside.items():
            if numbers is None:
                continue
            bounds = numbers.offsets[first : first + len(rows) + 1].tolist()
            for row, (start, end) in zip(rows, pairwise(bounds), strict=True):
                row[name] = numbers.values[start:end]
        yield [orjson.dumps(row, bytes.hex, OPTIONS) for row in rows]


def unzipped(body: bytes) -> bytes:
    """What one or several zstd frames hold."""
    whole: bytes = pa.CompressedInputStream(pa.BufferReader(body), "zstd").read()
    return whole
