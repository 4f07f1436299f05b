"""JSON Lines, plain or compressed: one record per line, wherever its part of the file begins.

A raw position is the byte at which a line begins in the uncompressed stream. Lines of white space are no records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from dagster_project.corpus.model.raw import Batch, RawObject, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files
from dagster_project.corpus.sources.archives import DECODERS, Blocks, Damage
from dagster_project.corpus.sources.batches import (
    EMPTY_OBJECT,
    EXCERPT_BYTES,
    LINE_TOO_LONG,
    LONE_SURROGATE,
    NOT_AN_OBJECT,
    NOT_JSON,
    NOT_UTF8,
    DeadLetter,
    Gathering,
    Record,
)
from dagster_project.corpus.sources.fields import Fields

STEMS = (".jsonl", ".ndjson", ".json")
SUFFIXES = tuple(stem + packed for stem in STEMS for packed in ("", *DECODERS))
BESIDE = "/attributes/"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class JsonLines:
    """Files of JSON Lines. Plain ones split anywhere: a line belongs to the part in which its first byte lies."""

    part_bytes: int = 64 << 20
    line_bytes: int = 64 << 20

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        found = files.find(recipe, SUFFIXES)
        if recipe.columns.shape == "dolma":  # what taggers say of its documents lies beside them
            found = [
                item for item in found if BESIDE not in f"/{item.uri.removeprefix(files.root_of(recipe, item.uri))}"
            ]
        return found

    def checksum(self, item: RawObject) -> str:
        return files.checksum(item.uri)

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        if files.suffix_of(item.uri) in DECODERS or item.size <= self.part_bytes:
            return [RawPart(item.uri)]
        starts = range(0, item.size, self.part_bytes)
        return [RawPart(item.uri, start, min(start + self.part_bytes, item.size)) for start in starts]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        reader = _Reader(Fields(recipe.columns), self.line_bytes)
        gathering = Gathering(part.uri, recipe)
        with files.open_raw(part.uri) as raw:
            blocks = Blocks(raw, files.suffix_of(part.uri))
            lines = Lines(blocks, part, self.line_bytes)
            if part.start:
                raw.seek(part.start - 1)
            for position, line in lines:
                if gathering.has_no_room_for(len(line)):
                    yield gathering.take()
                if (item := reader.read(line, position)) is not None:
                    gathering.add(item, len(line))
            for item in reader.last(lines, blocks.damage, gathering.count):
                gathering.add(item, len(lines.tail))
        yield from gathering.rest()


class Lines:
    """The lines that begin in a part, each with its byte; after the loop, `tail` is what no newline ended.

    A line over the limit comes as its first bytes, one more than the limit allows, and the rest is never held.
    """

    def __init__(self, blocks: Iterable[bytes], part: RawPart, limit: int):
        self._blocks, self._part, self._limit = blocks, part, limit
        self.tail, self.position, self.is_empty = b"", max(part.start - 1, 0), True

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        lines = self._all()
        if self._part.start:  # the bytes up to the first newline belong to an earlier part
            next(lines, None)
        for position, line in lines:
            if not self._is_ours(position):
                self.tail = b""
                return
            yield position, line
        if not self._is_ours(self.position):
            self.tail = b""

    def _is_ours(self, position: int) -> bool:
        end = self._part.end
        return position >= self._part.start and (end is None or position < end)

    def _all(self) -> Iterator[tuple[int, bytes]]:
        skipped = 0  # bytes of a line over the limit that were let go
        for block in self._blocks:
            self.is_empty = self.is_empty and not block
            if len(self.tail) > self._limit:
                end = block.find(b"\n")
                skipped += len(block) if end < 0 else end
                block = b"" if end < 0 else block[end:]
            *lines, self.tail = (self.tail + block).split(b"\n") if block else [self.tail]
            for line in lines:
                start = self.position
                self.position += skipped + len(line) + 1
                skipped = 0
                yield start, line
            if len(self.tail) > self._limit + 1:
                skipped += len(self.tail) - self._limit - 1
                self.tail = self.tail[: self._limit + 1]


@dataclass(frozen=True)
class _Reader:
    """What one line is: a record, a dead letter, or nothing."""

    fields: Fields
    line_bytes: int

    def read(self, line: bytes, position: int) -> Record | DeadLetter | None:
        if len(line) > self.line_bytes:  # first, for of such a line only the beginning may be here
            detail = f"more than {self.line_bytes:,} bytes before the next newline"
            return DeadLetter(position, LINE_TOO_LONG, detail, line[: min(EXCERPT_BYTES, self.line_bytes)])
        if position == 0:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if not line or line.isspace():
            return None
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            return DeadLetter(position, _reason(line, error.msg), error.msg, line[:EXCERPT_BYTES])
        if type(value) is not dict:
            return DeadLetter(position, NOT_AN_OBJECT, f"a JSON {type(value).__name__}", line[:EXCERPT_BYTES])
        return self.fields.take(value, position, line)

    def last(self, lines: Lines, damage: Damage | None, count: int) -> Iterator[Record | DeadLetter]:
        """What stands after the last newline, and whether the stream broke there or had nothing at all."""
        item = self.read(lines.tail, lines.position)
        if item is not None and (damage is None or isinstance(item, Record)):
            yield item
        if damage is not None:
            yield _broken(lines, damage, count, isinstance(item, Record))
        elif lines.is_empty:
            yield DeadLetter(0, EMPTY_OBJECT, "0 bytes")


def _broken(lines: Lines, damage: Damage, count: int, tail_is_record: bool) -> DeadLetter:
    """Where a stream broke: after its last whole record, of which no newline need tell."""
    position = lines.position + len(lines.tail) * tail_is_record
    excerpt = b"" if tail_is_record else lines.tail[:EXCERPT_BYTES]
    return DeadLetter(position, damage.reason, f"{damage.detail}, after {count + tail_is_record:,} records", excerpt)


def _reason(line: bytes, message: str) -> str:
    if "surrogate in string" in message:
        return LONE_SURROGATE
    try:
        line.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return NOT_JSON
