"""Records and dead letters, one by one, gathered into batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.model.documents import DEAD_LETTERS, EVIDENCE, RECORDS
from dagster_project.corpus.model.raw import Batch

BATCH_BYTES = 16 << 20  # of raw record; one record may be longer
BATCH_RECORDS = 2_000
EXCERPT_BYTES = 200

# The fixed reasons of dead letters.
NOT_JSON = "not JSON"
NOT_AN_OBJECT = "not an object"
NO_TEXT = "no text"
TEXT_NOT_A_STRING = "text is not a string"
EMPTY_TEXT = "empty text"
NOT_UTF8 = "not UTF-8"
LONE_SURROGATE = "lone surrogate"
LINE_TOO_LONG = "line too long"
TEXT_TOO_LONG = "text too long"
TRUNCATED = "truncated archive"
CORRUPT = "corrupt archive"
BAD_KEY = "bad key"
EMPTY_OBJECT = "empty object"
REASONS = frozenset(
    {
        NOT_JSON,
        NOT_AN_OBJECT,
        NO_TEXT,
        TEXT_NOT_A_STRING,
        EMPTY_TEXT,
        NOT_UTF8,
        LONE_SURROGATE,
        LINE_TOO_LONG,
        TEXT_TOO_LONG,
        TRUNCATED,
        CORRUPT,
        BAD_KEY,
        EMPTY_OBJECT,
    }
)


class Record(NamedTuple):
    """One row of RECORDS, less its raw object."""

    key: str | None
    url: str | None
    text: str
    title: str | None
    language: str | None
    license_evidence: list[dict[str, str]]
    collected_at: int | None  # seconds since the epoch, UTC
    published_at: int | None
    metadata: str | None
    raw_position: int


class DeadLetter(NamedTuple):
    """One row of DEAD_LETTERS, less its raw object."""

    raw_position: int
    reason: str
    detail: str | None = None
    excerpt: bytes | None = None


class Gathering:
    """Collects records and dead letters of one raw object, up to the size of a batch."""

    def __init__(self, uri: str):
        self._uri = uri
        self._records: list[Record] = []
        self._dead: list[DeadLetter] = []
        self._bytes = 0
        self.count = 0  # records so far, over all batches

    def add(self, item: Record | DeadLetter, size: int) -> None:
        if isinstance(item, Record):
            self._records.append(item)
            self.count += 1
        else:
            self._dead.append(item)
        self._bytes += size

    def has_no_room_for(self, size: int) -> bool:
        held = len(self._records) + len(self._dead)
        return held >= BATCH_RECORDS or (held > 0 and self._bytes + size > BATCH_BYTES)

    def take(self) -> Batch:
        """What was gathered since the last time."""
        batch = Batch(self._record_batch(), self._dead_batch())
        self._records, self._dead, self._bytes = [], [], 0
        return batch

    def rest(self) -> Iterator[Batch]:
        """The last batch, when there is one."""
        if self._records or self._dead:
            yield self.take()

    def _record_batch(self) -> pa.RecordBatch:
        columns = dict(zip(Record._fields, zip(*self._records, strict=True), strict=True)) if self._records else {}
        columns["raw_object"] = (self._uri,) * len(self._records)
        arrays = [_array(field, columns.get(field.name, ())) for field in RECORDS]
        return pa.RecordBatch.from_arrays(arrays, schema=RECORDS)

    def _dead_batch(self) -> pa.RecordBatch:
        columns = dict(zip(DeadLetter._fields, zip(*self._dead, strict=True), strict=True)) if self._dead else {}
        columns["raw_object"] = (self._uri,) * len(self._dead)
        arrays = [pa.array(columns.get(field.name, ()), field.type) for field in DEAD_LETTERS]
        return pa.RecordBatch.from_arrays(arrays, schema=DEAD_LETTERS)


def _array(field: pa.Field, values: tuple[Any, ...]) -> pa.Array:
    """An Arrow column; most sources say nothing about licenses, and empty lists need not be walked."""
    if field.name == "license_evidence" and not any(values):
        offsets = pa.array([0] * (len(values) + 1), pa.int32())
        return pa.ListArray.from_arrays(offsets, pa.array([], EVIDENCE))
    return pa.array(values, field.type)
