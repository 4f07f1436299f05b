"""Compressed streams as blocks of plain bytes, up to the byte where they break."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from dagster_project.corpus.sources.batches import CORRUPT, TRUNCATED

BLOCK_BYTES = 1 << 20
GZIP = 31  # zlib's number for "gzip header and trailer"


class Damage(NamedTuple):
    """Why a stream ended before its end."""

    reason: str
    detail: str


Decoded = Generator[bytes, None, Damage | None]


class Blocks:
    """The plain bytes of a stream, block by block; when they are used up, `damage` says whether they are all."""

    def __init__(self, raw: BinaryIO, suffix: str = ""):
        self._raw, self._decode = raw, DECODERS.get(suffix, plain)
        self.damage: Damage | None = None

    def __iter__(self) -> Iterator[bytes]:
        self.damage = yield from self._decode(self._raw)


def plain(raw: BinaryIO) -> Decoded:
    while block := raw.read(BLOCK_BYTES):
        yield block
    return None


def gunzip(raw: BinaryIO) -> Decoded:
    """All members of a gzip stream; zeros between them are padding, as in every gzip tool."""
    decoder = zlib.decompressobj(GZIP)
    started = False
    try:
        while data := raw.read(BLOCK_BYTES):
            while data:
                if decoder.eof:
                    data, decoder, started = data.lstrip(b"\0"), zlib.decompressobj(GZIP), False
                    continue
                started = True
                yield decoder.decompress(data, BLOCK_BYTES)
                data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        while not decoder.eof and (block := decoder.decompress(b"", BLOCK_BYTES)):
            yield block
    except zlib.error as error:
        return Damage(CORRUPT, str(error))
    return Damage(TRUNCATED, "gzip stream without its end") if started and not decoder.eof else None


def bunzip(raw: BinaryIO) -> Decoded:
    """All streams of a bzip2 file."""
    decoder = bz2.BZ2Decompressor()
    started = False
    try:
        while data := raw.read(BLOCK_BYTES):
            while data or not (decoder.needs_input or decoder.eof):
                if decoder.eof:
                    decoder = bz2.BZ2Decompressor()
                started = True
                yield decoder.decompress(data, BLOCK_BYTES)
                data = decoder.unused_data if decoder.eof else b""
    except OSError as error:
        return Damage(CORRUPT, str(error))
    return Damage(TRUNCATED, "bzip2 stream without its end") if started and not decoder.eof else None


def unzstd(raw: BinaryIO) -> Decoded:
    """All frames of a zstd stream. Arrow drops the block in which it fails, so that one is read again in bytes."""
    stream = pa.CompressedInputStream(raw, "zstd")
    done = 0
    try:
        while block := stream.read(BLOCK_BYTES):
            done += len(block)
            yield block
    except OSError as error:
        truncated = "Truncated" in str(error)
        damage = Damage(TRUNCATED, "zstd stream without its end") if truncated else Damage(CORRUPT, str(error))
    else:
        return None
    yield _salvage(raw, done)
    return damage


def _salvage(raw: BinaryIO, done: int) -> bytes:
    """What can still be decoded after the first `done` bytes."""
    raw.seek(0)
    stream = pa.CompressedInputStream(raw, "zstd")
    saved = bytearray()
    with suppress(OSError):
        while done and (block := stream.read(min(done, BLOCK_BYTES))):
            done -= len(block)
        while byte := stream.read(1):
            saved += byte
    return bytes(saved)


DECODERS: dict[str, Callable[[BinaryIO], Decoded]] = {".gz": gunzip, ".bz2": bunzip, ".zst": unzstd}
