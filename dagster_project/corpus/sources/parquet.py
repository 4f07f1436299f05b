"""Parquet files: rows as records, a group of row groups at a time. A raw position is the row's number in its file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.model.errors import SourceError
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files
from dagster_project.corpus.sources.batches import (
    BATCH_BYTES,
    BATCH_RECORDS,
    CORRUPT,
    EMPTY_OBJECT,
    DeadLetter,
    Gathering,
)
from dagster_project.corpus.sources.fields import Fields
from dagster_project.corpus.sources.paths import UNREADABLE
from dagster_project.corpus.sources.shapes import columns_of, required

SUFFIXES = (".parquet", ".pq")
BUFFER_BYTES = 1 << 20
UNDECODABLE = (UnicodeDecodeError, ValueError, OverflowError, pa.ArrowException)
BROKEN = (pa.ArrowException, OSError)


@dataclass(frozen=True)
class Parquet:
    """Files of rows. Row groups are read together up to `part_bytes` of what they hold unpacked."""

    part_bytes: int = 64 << 20

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        return files.find(recipe, SUFFIXES)

    def checksum(self, item: RawObject) -> str:
        return files.checksum(item.uri)

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        with files.open_raw(item.uri) as raw:
            try:
                footer = pq.ParquetFile(raw).metadata
            except BROKEN:
                return [RawPart(item.uri)]  # reading it is what says so
        sizes = [footer.row_group(index).total_byte_size for index in range(footer.num_row_groups)]
        return [RawPart(item.uri, start, end) for start, end in _groups(sizes, self.part_bytes)] or [RawPart(item.uri)]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        gathering = Gathering(part.uri, recipe)
        with files.open_raw(part.uri) as raw:
            rows = _Rows(recipe, part)
            try:
                for position, value, size in rows.read(raw):
                    if gathering.has_no_room_for(size):
                        yield gathering.take()
                    gathering.add(rows.fields.take(value, position), size)
            except BROKEN as error:
                gathering.add(DeadLetter(rows.position, *_damage(error, files.size_of(raw))), 0)
            else:
                if rows.is_empty:
                    gathering.add(DeadLetter(0, EMPTY_OBJECT, "0 rows"), 0)
        yield from gathering.rest()


class _Rows:
    """The rows of one part, as JSON-like objects; `position` is the next row's number in the file."""

    def __init__(self, recipe: SourceRecipe, part: RawPart):
        self._recipe, self._part, self.fields = recipe, part, Fields(recipe.columns)
        self.position, self.is_empty = 0, False

    def read(self, raw: BinaryIO) -> Iterator[tuple[int, dict[str, Any], int]]:
        file = pq.ParquetFile(raw, buffer_size=BUFFER_BYTES, pre_buffer=False)
        footer = file.metadata
        check_columns(self._recipe, self._part.uri, file.schema_arrow)
        groups = range(self._part.start, footer.num_row_groups if self._part.end is None else self._part.end)
        self.position = sum(footer.row_group(index).num_rows for index in range(self._part.start))
        self.is_empty = footer.num_rows == 0
        for batch in file.iter_batches(_batch_rows(footer, groups), row_groups=list(groups), use_threads=False):
            size = batch.nbytes // max(batch.num_rows, 1)
            names = batch.schema.names
            for row in zip(*(_values(column) for column in batch.columns), strict=True):
                self.position += 1
                yield self.position - 1, dict(zip(names, row, strict=True)), size


def check_columns(recipe: SourceRecipe, uri: str, schema: pa.Schema) -> None:
    """Refuse a file without the columns that the recipe names; a text column must be able to hold text."""
    for path in required(recipe.columns):
        if _type_at(schema, path) is None:
            there = ", ".join(schema.names[:50]) or "none at all"
            raise SourceError(f"{uri} has no column {path!r}, only {there}: mend `columns` of source {recipe.name}")
    turns = recipe.columns.turns
    for text in [turn.column for turn in turns if turn.role] if turns else [columns_of(recipe.columns).text]:
        if _is_text(kind := _type_at(schema, text)):
            continue
        raise SourceError(f"{uri}: column {text!r} is {kind}, not text: mend `columns` of source {recipe.name}")


def _type_at(schema: pa.Schema, path: str) -> Any:
    """The Arrow type of a column or of a field inside it, or None when there is none. Text may hold JSON, and in it
    whatever the path asks for."""
    first, *rest = path.split(".")
    kind: Any = schema.field(first).type if schema.names.count(first) == 1 else None
    for name in rest:
        if kind is not None and _is_text(kind):
            return kind
        is_inside = kind is not None and pa.types.is_struct(kind) and kind.get_field_index(name) >= 0
        kind = kind.field(name).type if is_inside else None
    return kind


def _is_text(kind: pa.DataType) -> bool:
    """Old writers mark text as bytes, so bytes are taken for text and must then be UTF-8."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in (*tests, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view))


def _groups(sizes: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
    """Neighboring row groups whose sizes stay within the limit together, at least one each time."""
    start = held = 0
    for index, size in enumerate(sizes):
        if index > start and held + size > limit:
            yield start, index
            start, held = index, 0
        held += size
    if sizes:
        yield start, len(sizes)


def _batch_rows(footer: pq.FileMetaData, groups: range) -> int:
    """Rows that hold about one batch of bytes, by the file's own account."""
    rows = sum(footer.row_group(index).num_rows for index in groups)
    size = sum(footer.row_group(index).total_byte_size for index in groups)
    return int(max(1, min(BATCH_RECORDS, BATCH_BYTES * rows // max(size, 1))))


def _values(column: pa.Array) -> list[Any]:
    """A column as JSON-like values; what has none is UNREADABLE."""
    kind = column.type
    if pa.types.is_temporal(kind):
        return _moments(column)
    try:
        values: list[Any] = column.to_pylist()
    except UNDECODABLE:
        values = [_value(column, index) for index in range(len(column))]
    is_plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean)
    return values if any(test(kind) for test in is_plain) else [_plain(value) for value in values]


def _value(column: pa.Array, index: int) -> Any:
    try:
        return column[index].as_py()
    except UNDECODABLE:
        return UNREADABLE


def _moments(column: pa.Array) -> list[Any]:
    """Dates and times in ISO 8601, by Arrow: Python's own have no nanoseconds and no year 10000."""
    with suppress(*UNDECODABLE):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp(column.type.unit, "UTC" if column.type.tz else None))
        return list(column.cast(pa.string()).to_pylist())
    return [UNREADABLE if valid else None for valid in column.is_valid().to_pylist()]


def _plain(value: Any) -> Any:
    """Python's view of an Arrow value as JSON-like data."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return UNREADABLE
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _damage(error: Exception, size: int) -> tuple[str, str]:
    return (EMPTY_OBJECT, "0 bytes") if size == 0 else (CORRUPT, str(error).split("\n", 1)[0][:300])
