"""Records and dead letters, one by one, gathered into batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.extraction import pages
from dagster_project.corpus.model.dates import DATE_EVIDENCE, Dated, conclude, strongest_first
from dagster_project.corpus.model.documents import (
    DEAD_LETTERS,
    EVIDENCE,
    HTTP_STATUS,
    NOT_TEXT,
    PARENT,
    RECORDS,
    REVISIT,
    SITE_FILES,
)
from dagster_project.corpus.model.raw import Batch
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.model.structure import NO_STRUCTURE, Structure, structure_column

BATCH_BYTES = 16 << 20  # of raw record; one record may be longer
BATCH_RECORDS = 2_000
EXCERPT_BYTES = 200

Parent = Mapping[str, Any]  # doc_id as bytes, start, end
Evidence = Mapping[str, str]  # kind, value, where: what says so, in its words, and the place

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
BOMB = "archive bomb"
BAD_KEY = "bad key"
BAD_PARENT = "bad parent"
EMPTY_OBJECT = "empty object"
BAD_BODY = "corrupt body"
NO_TURNS = "no turns"
EMPTY_TURN = "empty turn"
UNKNOWN_ROLE = "unknown role"
TURN_NOT_TEXT = "turn is not text"
UNKNOWN_WEIGHT = "unknown weight"
REASONS = frozenset(
    {
        NOT_JSON,
        NOT_AN_OBJECT,
        NO_TEXT,
        TEXT_NOT_A_STRING,
        EMPTY_TEXT,
        NOT_UTF8,
        NOT_TEXT,
        LONE_SURROGATE,
        LINE_TOO_LONG,
        TEXT_TOO_LONG,
        TRUNCATED,
        CORRUPT,
        BOMB,
        BAD_KEY,
        BAD_PARENT,
        EMPTY_OBJECT,
        HTTP_STATUS,
        REVISIT,
        BAD_BODY,
        NO_TURNS,
        EMPTY_TURN,
        UNKNOWN_ROLE,
        TURN_NOT_TEXT,
        UNKNOWN_WEIGHT,
        *pages.REASONS,
    }
)


class Record(NamedTuple):
    """One row of RECORDS, less its raw object; dates are what there is evidence of."""

    raw_position: int
    text: str
    key: str | None = None
    url: str | None = None
    title: str | None = None
    language: str | None = None
    license_evidence: Sequence[Evidence] = ()
    dates: Sequence[Dated] = ()
    metadata: str | None = None
    structure: Structure = NO_STRUCTURE
    reservations: Sequence[Evidence] = ()
    boilerplate_characters: int | None = None
    parents: Sequence[Parent] = ()
    generator: str | None = None


class DeadLetter(NamedTuple):
    """One row of DEAD_LETTERS, less its raw object."""

    raw_position: int
    reason: str
    detail: str | None = None
    excerpt: bytes | None = None


class SiteFile(NamedTuple):
    """One row of SITE_FILES."""

    site: str
    path: str
    status: int
    text: str
    collected_at: int | None


class Gathering:
    """Collects records, dead letters and site files of one raw object, up to the size of a batch."""

    def __init__(self, uri: str, recipe: SourceRecipe):
        self._uri, self._registered = uri, registered_dates(recipe)
        self._records: list[Record] = []
        self._dead: list[DeadLetter] = []
        self._sites: list[SiteFile] = []
        self._bytes = 0
        self.count = 0  # records so far, over all batches

    def add(self, item: Record | DeadLetter | SiteFile, size: int) -> None:
        if isinstance(item, Record):
            self._records.append(item)
            self.count += 1
        elif isinstance(item, DeadLetter):
            self._dead.append(item)
        else:
            self._sites.append(item)
        self._bytes += size

    def has_no_room_for(self, size: int) -> bool:
        held = len(self._records) + len(self._dead) + len(self._sites)
        return held >= BATCH_RECORDS or (held > 0 and self._bytes + size > BATCH_BYTES)

    def take(self) -> Batch:
        """What was gathered since the last time."""
        records = _record_batch(self._records, self._uri, self._registered)
        batch = Batch(records, _dead_batch(self._dead, self._uri), _rows(self._sites, SITE_FILES))
        self._records, self._dead, self._sites, self._bytes = [], [], [], 0
        return batch

    def rest(self) -> Iterator[Batch]:
        """The last batch, when there is one."""
        if self._records or self._dead or self._sites:
            yield self.take()


def registered_dates(recipe: SourceRecipe) -> tuple[Dated, ...]:
    """What the registry says of every record: collected when the collection ended."""
    period = recipe.collection
    if not period.end:
        return ()
    at = datetime.combine(date.fromisoformat(period.end), time(), UTC)
    return (Dated("collected", int(at.timestamp()), "registry", f"collected {period.start or '…'} to {period.end}"),)


def _record_batch(records: Sequence[Record], uri: str, registered: Sequence[Dated]) -> pa.RecordBatch:
    columns = _columns(records)
    dates = [[*said, *registered] for said in columns.pop("dates", ())]
    concluded = [conclude(said) for said in dates]
    columns |= {
        "raw_object": (uri,) * len(records),
        "date_evidence": [[item.row() for item in strongest_first(said)] for said in dates],
        "collected_at": [collected.at for collected, _ in concluded],
        "collected_confidence": [collected.confidence for collected, _ in concluded],
        "published_at": [published.at for _, published in concluded],
        "published_confidence": [published.confidence for _, published in concluded],
    }
    arrays = [_array(field, columns.get(field.name, ())) for field in RECORDS]
    return pa.RecordBatch.from_arrays(arrays, schema=RECORDS)


def _dead_batch(dead: Sequence[DeadLetter], uri: str) -> pa.RecordBatch:
    return _rows(dead, DEAD_LETTERS, raw_object=(uri,) * len(dead))


def _rows(rows: Sequence[Any], schema: pa.Schema, **besides: Sequence[Any]) -> pa.RecordBatch:
    columns = {**_columns(rows), **besides}
    return pa.RecordBatch.from_arrays(
        [pa.array(columns.get(field.name, ()), field.type) for field in schema], schema=schema
    )


def _columns(rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    return dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True)) if rows else {}


LISTS = {"license_evidence": EVIDENCE, "reservations": EVIDENCE, "date_evidence": DATE_EVIDENCE, "parents": PARENT}


def _array(field: pa.Field, values: Sequence[Any]) -> pa.Array:
    """An Arrow column; most sources say nothing about licenses, and empty lists need not be walked."""
    if field.name == "structure":
        return structure_column(values)
    if field.name in LISTS and not any(values):
        offsets = pa.array([0] * (len(values) + 1), pa.int32())
        return pa.ListArray.from_arrays(offsets, pa.array([], LISTS[field.name]))
    return pa.array(values, field.type)
