"""The formats by name, and rows of a shard from any of them: a new format is one module and one line in FORMATS."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pyarrow as pa

from dagster_project.corpus.formats.format import Format, Stored
from dagster_project.corpus.formats.jsonl import Jsonl
from dagster_project.corpus.formats.mds import Mds, MdsZstd
from dagster_project.corpus.formats.megatron import Megatron
from dagster_project.corpus.formats.numpy_arrays import NumpyArrays
from dagster_project.corpus.formats.parquet import Parquet
from dagster_project.corpus.formats.webdataset import Webdataset
from dagster_project.corpus.model.errors import IntegrityError, Refused

# what reading raises when bytes are not what was written
ALTERED = (pa.ArrowException, struct.error, ValueError, LookupError, TypeError, OSError)
FORMATS: Mapping[str, Format] = {
    "parquet": Parquet(),
    "jsonl": Jsonl(),
    "megatron": Megatron(),
    "numpy": NumpyArrays(),
    "mds": Mds(),
    "mds-zstd": MdsZstd(),
    "webdataset": Webdataset(),
}


def format_of(name: str) -> Format:
    if name not in FORMATS:
        raise Refused(f"{name!r} is not a format of exports: use one of {', '.join(FORMATS)}")
    return FORMATS[name]


def file_name(name: str, number: int, suffix: str) -> str:
    """The name under which the readers of a format look for a file of a shard."""
    return f"{format_of(name).stem.format(number)}.{suffix}"


def delivered_name(name: str, number: int, suffix: str) -> str:
    """The same of any export; `packed`, which is no format of rows, has plain names."""
    return file_name(name, number, suffix) if name in FORMATS else f"shard-{number:05d}.{suffix}"


def read_rows(name: str, stored: Stored, start: int = 0, stop: int | None = None) -> pa.Table:
    """Rows `start` to `stop` of a shard, all by default. Columns as far as the format has them: index int64, doc_id
    binary(16), text string, tokens list<uint16> or list<uint32>.
    An empty shard has every column where nothing in it says which it would have."""
    stop = stored.rows if stop is None else stop
    if not 0 <= start <= stop <= stored.rows:
        raise Refused(f"rows {start} to {stop} are not in a shard of {stored.rows} rows: ask for rows that it has")
    try:
        table = format_of(name).rows(stored, start, stop)
        if table.num_rows != stop - start:
            raise ValueError(f"it has not the {stored.rows} rows that it should have")
    except ALTERED as error:
        said = " ".join(str(error).split())[:200]
        raise IntegrityError(f"a {name} shard was altered ({said}): build its partition again with --repair") from None
    return table
