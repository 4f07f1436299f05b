"""WARC and WET files, packed per record, as a whole or not at all: one record per page, text or conversion.

A raw position is the byte at which a record begins: in gzip that of its member, plus how many records precede it in
there. Large files split where a record names the file's own warcinfo record. Its id was unknown to whoever served the
pages; were the look of a record enough, a page could hold bytes that pass for records of other sites.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dagster_project.corpus.extraction.pages import PAGE_BYTES
from dagster_project.corpus.model.raw import Batch, RawObject, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import files
from dagster_project.corpus.sources.archives import BLOCK_BYTES, DECODERS, GZIP
from dagster_project.corpus.sources.batches import EMPTY_OBJECT, DeadLetter, Gathering
from dagster_project.corpus.sources.http_bodies import HEAD_BYTES as ANSWER_HEAD_BYTES
from dagster_project.corpus.sources.warc_documents import TYPES, Documents
from dagster_project.corpus.sources.warc_heads import HEAD_BYTES, HEAD_END, SIGN, START, Fields, Head, parse_head
from dagster_project.corpus.sources.warc_members import find_member, packing_of, read_events
from dagster_project.corpus.sources.warc_records import Lost, Records
from dagster_project.corpus.sources.warc_windows import Window

WARCINFO_ID = "warc-warcinfo-id"


@dataclass(frozen=True)
class Warc:
    """Files of WARC records, of which the types named are read."""

    types: frozenset[str] = TYPES
    stem: str = ".warc"
    part_bytes: int = 64 << 20
    page_bytes: int = PAGE_BYTES

    def objects(self, recipe: SourceRecipe) -> list[RawObject]:
        return files.find(recipe, [self.stem + packed for packed in ("", *DECODERS)])

    def checksum(self, item: RawObject) -> str:
        return files.checksum(item.uri)

    def parts(self, recipe: SourceRecipe, item: RawObject) -> list[RawPart]:
        """Bytes of the file; a part reads from the first record in it that names the warcinfo record up to the first
        one behind it that does."""
        if item.size <= self.part_bytes:
            return [RawPart(item.uri)]
        with files.open_raw(item.uri) as raw:
            if warcinfo_of(raw, packing_of(raw, files.suffix_of(item.uri))) is None:
                return [RawPart(item.uri)]
        starts = range(0, item.size, self.part_bytes)
        return [RawPart(item.uri, start, min(start + self.part_bytes, item.size)) for start in starts]

    def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
        documents = Documents(self.types, recipe.extractor, self.page_bytes)
        gathering = Gathering(part.uri, recipe)
        is_empty = not part.start
        with files.open_raw(part.uri) as raw:
            for found in self._frames(raw, part, documents):
                is_empty = False
                item = _dead(found) if isinstance(found, Lost) else documents.read(found)
                if item is None:
                    continue
                size = documents.size_of(item)
                if gathering.has_no_room_for(size):
                    yield gathering.take()
                gathering.add(item, size)
        if is_empty:
            gathering.add(DeadLetter(0, EMPTY_OBJECT, "nothing but line ends"), 0)
        yield from gathering.rest()

    def _frames(self, raw: BinaryIO, part: RawPart, documents: Documents) -> Records | tuple[()]:
        packing = packing_of(raw, files.suffix_of(part.uri))
        limit = self.page_bytes + ANSWER_HEAD_BYTES
        if part.end is None and not part.start:
            return Records(_window(raw, packing, 0), documents.is_wanted, limit)
        warcinfo = warcinfo_of(raw, packing)
        start = find_record(raw, packing, part.start, warcinfo) if part.start and warcinfo else part.start
        end = part.end
        if start is None or (end is not None and start >= end):
            return ()

        def is_of_next_part(begins: int | None, fields: Fields) -> bool:
            is_behind = end is not None and begins is not None and begins >= end
            return is_behind and fields.get(WARCINFO_ID) == warcinfo

        return Records(_window(raw, packing, start), documents.is_wanted, limit, is_of_next_part)


def _dead(lost: Lost) -> DeadLetter:
    return DeadLetter(lost.position, lost.reason, lost.detail, lost.excerpt or None)


def _window(raw: BinaryIO, packing: str, start: int) -> Window:
    if packing:
        return Window(read_events(raw, packing, start))
    size = files.size_of(raw)
    return Window(read_events(raw, packing, start), start, lambda offset: read_events(raw, packing, offset), size)


def warcinfo_of(raw: BinaryIO, packing: str) -> str | None:
    """The id of the warcinfo record with which a file begins, when the two records after it name it and gzip, if any,
    has a member for each; else None, and the file does not split."""
    firsts: list[tuple[int | None, Fields]] = []

    def is_third(begins: int | None, fields: Fields) -> bool:
        firsts.append((begins, fields))
        return len(firsts) == 3

    if packing not in ("", ".gz"):
        return None
    for item in Records(_window(raw, packing, 0), lambda _: False, PAGE_BYTES, is_third):
        if isinstance(item, Lost):
            return None
    if len(firsts) < 3 or any(begins is None for begins, _ in firsts):
        return None
    (_, info), *others = firsts
    name = info.get("warc-record-id")
    is_named = info.get("warc-type") == "warcinfo" and all(fields.get(WARCINFO_ID) == name for _, fields in others)
    return name if name and is_named else None


def find_record(raw: BinaryIO, packing: str, start: int, warcinfo: str) -> int | None:
    """The byte at or after `start` at which the first record begins that names the warcinfo record."""
    return _find_packed(raw, start, warcinfo) if packing else _find_plain(raw, start, warcinfo)


def _find_packed(raw: BinaryIO, start: int, warcinfo: str) -> int | None:
    at = find_member(raw, start)
    while at is not None:
        raw.seek(at)
        try:
            head = zlib.decompressobj(GZIP).decompress(raw.read(HEAD_BYTES), HEAD_BYTES)
        except zlib.error:
            head = b""
        if _names(head, warcinfo):
            return at
        at = find_member(raw, at + 1)
    return None


def _find_plain(raw: BinaryIO, start: int, warcinfo: str) -> int | None:
    """Where the id stands is rare, and a record begins before it; what looks like a record may be everywhere."""
    name = warcinfo.encode()
    base, held = start, b""
    raw.seek(start)
    while block := raw.read(BLOCK_BYTES):
        held += block
        at = held.find(name)
        while at >= 0:
            begin = at
            while begin >= 0 and not START.match(held, begin):
                begin = held.rfind(SIGN, max(at - HEAD_BYTES, 0), begin)
            if begin >= 0 and at + HEAD_BYTES > len(held):
                held += raw.read(HEAD_BYTES)
            if begin >= 0 and _names(held[begin : begin + HEAD_BYTES], warcinfo):
                return base + begin
            at = held.find(name, at + 1)
        base, held = base + max(len(held) - HEAD_BYTES, 0), held[-HEAD_BYTES:]
    return None


def _names(head: bytes, warcinfo: str) -> bool:
    """Whether bytes begin a record that names the warcinfo record."""
    end = HEAD_END.search(head)
    if end is None or not START.match(head):
        return False
    found = parse_head(head[: end.end()])
    return isinstance(found, Head) and found.fields.get(WARCINFO_ID) == warcinfo
