"""Parquet: every column, and the tokens, with their loss mask, as lists."""

from __future__ import annotations

import io
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.formats.format import ROWS, Format, Shard, Stored, Written
from dagster_project.corpus.formats.masks import masks_of
from dagster_project.corpus.formats.streams import narrowest, stream_of, token_lists
from dagster_project.corpus.storage.shards import GROUP_ROWS, parquet_bytes


class Parquet(Format):
    """`shard-00000.parquet`, in row groups and with page checksums, as every shard of a store."""

    together: ClassVar[int] = GROUP_ROWS
    suffix: ClassVar[str] = "parquet"

    def write(self, shard: Shard) -> Written:
        if shard.tokens is None:
            return Written({self.suffix: shard.parquet})
        tokens = stream_of(shard.tokens, narrowest(shard.vocabulary), None)
        table = shard.table.append_column("tokens", token_lists(tokens))
        if (masks := masks_of(shard)) is not None:
            table = table.append_column("mask", token_lists(masks))
        return Written({self.suffix: parquet_bytes(table)})

    def rows(self, stored: Stored, start: int, stop: int) -> pa.Table:
        source = pa.PythonFile(io.BufferedReader(Ranged(stored, self.suffix)), mode="r")
        parquet = pq.ParquetFile(source, page_checksum_verification=True)
        if parquet.metadata.num_rows != stored.rows:
            raise ValueError(f"{parquet.metadata.num_rows} rows")
        columns = [name for name in ROWS if name in parquet.schema_arrow.names]
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        bounds = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        first, last = np.searchsorted(bounds, start, side="right") - 1, np.searchsorted(bounds, stop)
        table = parquet.read_row_groups(list(range(first, last)), columns=columns).select(columns)
        return table.slice(start - int(bounds[first]), stop - start)


class Ranged(io.RawIOBase):
    """One file of a shard as a seekable file that reads only what it is asked for."""

    def __init__(self, stored: Stored, suffix: str):
        self.stored, self.suffix, self.place = stored, suffix, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        from_where = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.stored.sizes[self.suffix]}
        self.place = from_where[whence] + offset
        return self.place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        length = max(0, min(len(buffer), self.stored.sizes[self.suffix] - self.place))
        buffer[:length] = self.stored.read(self.suffix, self.place, length)
        self.place += length
        return length
