"""The plain bytes of a WARC file, with the places at which gzip members begin and those at which bytes were lost.

A file of one gzip member per record survives damage: reading goes on at the next member that begins a record. Other
packings end where they break.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from os import SEEK_END
from typing import BinaryIO, NamedTuple

from dagster_project.corpus.sources.archives import BLOCK_BYTES, DECODERS, GZIP, Blocks, Damage, Limits
from dagster_project.corpus.sources.batches import BOMB, CORRUPT, TRUNCATED
from dagster_project.corpus.sources.warc_heads import SIGN, START

PIECE_BYTES = 1 << 14  # zlib copies what follows a member in its input, so it is given little at a time
PROBE_BYTES = 1 << 12
MAGIC = re.compile(rb"\x1f\x8b\x08(?=[\x00-\x1f])")  # the byte after it may begin the next
REREAD_BYTES = 64 << 20  # of damaged members that may be searched twice, more as the file goes on


class Start(NamedTuple):
    """A gzip member begins at this byte of the file; the plain bytes that follow are its own."""

    position: int


class Break(NamedTuple):
    """Bytes of the file were lost here; what follows, if anything, begins anew."""

    damage: Damage
    skipped: int  # of the file's bytes


Event = bytes | Start | Break


def read_events(raw: BinaryIO, packing: str, start: int = 0) -> Iterator[Event]:
    """What stands in a file from a byte on, which for gzip must be where a member begins, for others than plain 0."""
    raw.seek(start)
    if packing == ".gz":
        return Members(raw, start).events()
    return _blocks(raw, packing)


def packing_of(raw: BinaryIO, suffix: str) -> str:
    """How a file is packed: by its suffix, unless its first bytes are those of a plain record or of gzip."""
    raw.seek(0)
    head = raw.read(PROBE_BYTES)
    if START.match(head) and b"\nwarc-type:" in head.lower():
        return ""
    if suffix in DECODERS:
        return suffix
    return ".gz" if MAGIC.match(head) and _probe(head) is not None else ""


def find_member(raw: BinaryIO, start: int) -> int | None:
    """The first byte at or after `start` at which a gzip member begins whose content begins like a WARC record."""
    base, tail = start, b""
    raw.seek(start)
    while block := raw.read(BLOCK_BYTES):
        held = tail + block
        for found in MAGIC.finditer(held):
            if _begins_record(raw, held, found.start(), base):
                return base + found.start()
        raw.seek(base + len(held))
        tail = held[-3:]
        base += len(held) - len(tail)
    return None


def _begins_record(raw: BinaryIO, held: bytes, at: int, base: int) -> bool:
    probe = held[at : at + PROBE_BYTES]
    if len(probe) < PROBE_BYTES:
        raw.seek(base + at)
        probe = raw.read(PROBE_BYTES)
    return _probe(probe) == SIGN


def _probe(data: bytes) -> bytes | None:
    """The first plain bytes of a gzip member."""
    try:
        return zlib.decompressobj(GZIP).decompress(data, len(SIGN))
    except zlib.error:
        return None


def _blocks(raw: BinaryIO, packing: str) -> Iterator[Event]:
    blocks = Blocks(raw, packing)
    yield from blocks
    if blocks.damage is not None:
        yield Break(blocks.damage, 0)


class _Broken(Exception):
    """A member cannot be read on; says why."""

    def __init__(self, reason: str, detail: str):
        super().__init__(detail)
        self.damage = Damage(reason, detail)


class Members:
    """The members of a gzip file one by one; zeros between them are padding, as in every gzip tool."""

    def __init__(self, raw: BinaryIO, start: int, limits: Limits = Limits()):  # noqa: B008 (immutable)
        self._raw, self._limits = raw, limits
        self._block, self._base, self._at = memoryview(b""), start, 0
        self._reread = 0

    @property
    def position(self) -> int:
        """The byte of the file to be decoded next."""
        return self._base + self._at

    def events(self) -> Iterator[Event]:
        while self._skip_padding():
            start = self.position
            yield Start(start)
            try:
                yield from self._member()
            except _Broken as error:
                yield self._resume(start, error.damage)
            except zlib.error as error:
                yield self._resume(start, Damage(CORRUPT, str(error)))

    def _member(self) -> Iterator[bytes]:
        decoder = zlib.decompressobj(GZIP)
        packed = plain = 0
        while not decoder.eof:
            piece: memoryview | bytes = self._take()
            packed += len(piece)
            if not piece:
                raise _Broken(TRUNCATED, "gzip member without its end")
            is_more = True
            while is_more:
                block = decoder.decompress(piece, BLOCK_BYTES)
                plain += len(block)
                if plain > self._limits.plain_bytes and plain > self._limits.ratio * packed:
                    detail = (
                        f"more than {self._limits.plain_bytes:,} bytes, over {self._limits.ratio} for each packed one"
                    )
                    raise _Broken(BOMB, detail)
                yield block
                piece = decoder.unconsumed_tail
                is_more = not decoder.eof and (len(piece) > 0 or len(block) == BLOCK_BYTES)
        self._at -= len(decoder.unused_data)

    def _resume(self, start: int, damage: Damage) -> Break:
        """Go on at the next member that begins a record. It is sought from behind the first byte of the damaged one,
        which may have run over it, unless that was done so often that a hostile file would be read over and over."""
        failed = self.position
        if self._reread + failed - start <= REREAD_BYTES + failed:
            self._reread += failed - start
            failed = start + 1
        found = find_member(self._raw, failed)
        self._base = self._raw.seek(0, SEEK_END) if found is None else self._raw.seek(found)
        self._block, self._at = memoryview(b""), 0
        if damage.reason == TRUNCATED and found is not None:
            damage = Damage(CORRUPT, damage.detail)
        return Break(damage, self._base - start)

    def _skip_padding(self) -> bool:
        """Whether anything but zeros follows."""
        while self._at < len(self._block) or self._fill():
            if self._block[self._at]:
                return True
            rest = bytes(self._block[self._at :])
            self._at += len(rest) - len(rest.lstrip(b"\0"))
        return False

    def _fill(self) -> bool:
        if self._at == len(self._block):
            self._base += self._at
            self._block, self._at = memoryview(self._raw.read(BLOCK_BYTES)), 0
        return len(self._block) > 0

    def _take(self) -> memoryview:
        if self._at == len(self._block):
            self._fill()
        piece = self._block[self._at : self._at + PIECE_BYTES]
        self._at += len(piece)
        return piece
