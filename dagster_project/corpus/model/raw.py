"""The nouns of reading: raw objects, the parts they are read in, batches of records, and what a source must do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pyarrow as pa

from dagster_project.corpus.model.recipes import SourceRecipe


@dataclass(frozen=True, order=True)
class RawObject:
    """One thing that a source is read from; same size and same modification time may be taken for same bytes."""

    uri: str
    size: int  # bytes
    modified_ns: int
    sha256: str | None = None  # filled by whoever asks `Source.checksum`


def touched(facts: os.stat_result) -> int:
    """When a file last changed, in nanoseconds: an edit may put its modification time back, but not its change time."""
    return max(facts.st_mtime_ns, facts.st_ctime_ns)


@dataclass(frozen=True, order=True)
class RawPart:
    """What one task reads of one object: bytes, or row groups, from `start` to before `end`; no `end` means all."""

    uri: str
    start: int = 0
    end: int | None = None
    beside: str = ""  # digest of what stands in other objects and decides its records, such as a LICENSE file


class Batch(NamedTuple):
    """Records in the schema RECORDS, what could not become one in the schema DEAD_LETTERS, and the files by which
    sites speak for all their pages in the schema SITE_FILES."""

    records: pa.RecordBatch
    dead: pa.RecordBatch
    sites: pa.RecordBatch


class Source(Protocol):
    """A format: where its objects are, how one splits for parallel reading, and what is in a part. Picklable."""

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        """All raw objects, sorted by uri, without checksums; SourceError when there is none."""
        ...

    def checksum(self, item: RawObject) -> str:
        """SHA-256 of the object's content, as 64 hexadecimal digits."""
        ...

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        """The parts of one object; read together they give each of its records once."""
        ...

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        """The records of a part, in the order of the object; bad ones are dead letters, never exceptions."""
        ...
