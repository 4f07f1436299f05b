"""Compressed streams as blocks of plain bytes, up to the byte where they break."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from dagster_project.corpus.sources.batches import BOMB, CORRUPT, TRUNCATED

BLOCK_BYTES = 1 << 20
GZIP = 31  # zlib's number for "gzip header and trailer"
XZ_MEMORY_BYTES = 256 << 20  # a header may ask for a dictionary of 4 GiB; `xz -9` needs 65 MiB


class Damage(NamedTuple):
    """Why a stream ended before its end."""

    reason: str
    detail: str


Decoded = Generator[bytes, None, Damage | None]


class Limits(NamedTuple):
    """What a stream may unpack to; one beyond both is taken for a bomb. zstd has no bound of its own, deflate 1,032."""

    plain_bytes: int = 256 << 20
    ratio: int = 400  # plain bytes for each packed byte read so far


class Blocks:
    """The plain bytes of a stream, block by block; when they are used up, `damage` says whether they are all."""

    def __init__(self, raw: BinaryIO, suffix: str = "", limits: Limits = Limits()):  # noqa: B008 (immutable)
        self._raw, self._decode, self._limits = raw, DECODERS.get(suffix, plain), limits
        self.damage: Damage | None = None

    def __iter__(self) -> Iterator[bytes]:
        if self._decode is plain:
            self.damage = yield from plain(self._raw)
        else:
            self.damage = yield from guarded(self._decode(self._raw), self._raw, self._limits)


def guarded(decoded: Decoded, raw: BinaryIO, limits: Limits) -> Decoded:
    """The blocks of a decoder up to the one that breaks both limits, which is not handed on."""
    done = 0
    while True:
        try:
            block = next(decoded)
        except StopIteration as end:
            damage: Damage | None = end.value
            return damage
        done += len(block)
        if done > limits.plain_bytes and done > limits.ratio * raw.tell():
            decoded.close()
            return Damage(BOMB, f"more than {limits.plain_bytes:,} bytes, over {limits.ratio} for each packed one")
        yield block


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


def unxz(raw: BinaryIO) -> Decoded:
    """All streams of an xz file. A failing call of lzma drops what it had, so the rest is read again in bytes."""
    done = 0
    try:
        for block in _xz_blocks(raw, lambda _: BLOCK_BYTES):
            done += len(block)
            yield block
    except lzma.LZMAError as error:
        damage = Damage(CORRUPT, str(error))
    except EOFError:
        return Damage(TRUNCATED, "xz stream without its end")
    else:
        return None
    raw.seek(0)
    at, saved = 0, bytearray()
    with suppress(lzma.LZMAError, EOFError):
        for block in _xz_blocks(raw, lambda at: min(BLOCK_BYTES, done - at) if at < done else 1):
            saved += block[max(done - at, 0) :]
            at += len(block)
    yield bytes(saved)
    return damage


def _xz_blocks(raw: BinaryIO, room: Callable[[int], int]) -> Iterator[bytes]:
    """Plain bytes, at most `room(bytes so far)` at a time; EOFError without an end. Zeros between streams pad."""
    decoder, started, done = _xz(), False, 0
    while data := raw.read(BLOCK_BYTES):
        while data or not (decoder.needs_input or decoder.eof):
            if decoder.eof:
                data, decoder, started = data.lstrip(b"\0"), _xz(), False
                continue
            started = True
            block = decoder.decompress(data, room(done))
            done += len(block)
            yield block
            data = decoder.unused_data if decoder.eof else b""
    if started and not decoder.eof:
        raise EOFError


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


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


DECODERS: dict[str, Callable[[BinaryIO], Decoded]] = {".gz": gunzip, ".bz2": bunzip, ".xz": unxz, ".zst": unzstd}
