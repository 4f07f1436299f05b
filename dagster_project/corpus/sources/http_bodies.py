"""The answer of an HTTP server as an archive holds it: status, header fields, and the body with its codings undone.

Archives hold answers as they were sent, or with codings undone but still declared, or cut; a coding is undone where the
bytes show it. Nothing here raises, and no body is unpacked beyond its limit (RFC 9110, RFC 9112, RFC 1952, RFC 7932).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import brotli
import pyarrow as pa
from fastwarc.warc import HeaderMap

HEAD_BYTES = 64 << 10
RATIO = 1_000  # of unpacked to packed bytes, above which a body of more than RATIO_BYTES is a bomb
RATIO_BYTES = 4 << 20
CODINGS = 3  # applied one upon another
MEMBERS = 16  # of one gzip body, beyond the first
STATUS = re.compile(rb"(?:HTTP/\d|ICY)\S{0,10}[ \t]+(\d{3})(?!\d)")
BLANK = re.compile(rb"\r?\n\r?\n")
FIELD = re.compile(rb"[!-9;=-~]{1,200}[ \t]*:")  # without "<", with which markup begins
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
END_OF_CHUNK = re.compile(rb"\r?\n")

Fields = Sequence[tuple[str, str]]  # names as sent


class Answer(NamedTuple):
    """What a server sent; status 0 is one that cannot be read, 200 that of HTTP/0.9, which sends only a body."""

    status: int
    fields: Fields
    body: bytes
    values: Mapping[str, str] = {}  # the first of each field, names in lower case

    def value(self, name: str) -> str:
        """The first value of a field; "" where it was not sent. `name` in lower case."""
        return self.values.get(name, "")


class Body(NamedTuple):
    """A body with its codings undone, as far as that went."""

    data: bytes
    cut: str | None = None  # by what one sees that its end is missing
    bad: str | None = None  # why it cannot be undone
    is_long: bool = False  # there is more of it than the limit


def read_answer(block: bytes) -> Answer:
    """The parts of an HTTP answer, whatever its line ends; what is not one is a body (HTTP/0.9)."""
    if block[:4].upper() not in (b"HTTP", b"ICY "):
        return Answer(200, (), block)
    status = STATUS.match(block)
    size, start = _head(block)
    return answer_of(int(status[1]) if status else 0, _fields(block[:size]), block[start:])


def answer_of(status: int, fields: Fields, body: bytes) -> Answer:
    return Answer(status, fields, body, {name.lower(): value for name, value in reversed(fields)})


def _head(block: bytes) -> tuple[int, int]:
    """Where the head ends and where the body begins. Without a blank line, or with markup before it, the head ends at
    the first line that is no field."""
    found = BLANK.search(block, 0, HEAD_BYTES)
    if found is not None and b"\n<" not in block[: found.start()]:
        return found.start(), found.end()
    at = block.find(b"\n", 0, HEAD_BYTES) + 1
    while at and (FIELD.match(block, at) or block[at : at + 1] in (b" ", b"\t")):
        end = block.find(b"\n", at, HEAD_BYTES)
        at = end + 1 if end >= 0 else len(block)
    start = at or len(block)
    return start, start


def _fields(head: bytes) -> Fields:
    """Field names and values, folded lines joined; bytes that are not UTF-8 are read as Latin-1."""
    text = head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            text = text.decode("latin-1").encode()
    fields = HeaderMap()
    fields.parse(io.BytesIO(text + b"\r\n\r\n"), True)
    return fields.to_tuples()


def undone(answer: Answer, limit: int) -> Body:
    """The body with transfer and content codings undone, the last one first."""
    body = Body(answer.body)
    if "chunked" in answer.value("transfer-encoding").lower():
        body = dechunked(body.data)
    codings = answer.value("content-encoding").lower().split(",")
    for coding in (coding.strip() for coding in codings[: -CODINGS - 1 : -1]):
        if body.bad is None and body.data and coding in CONTENT_CODINGS:
            body = _joined(body, CONTENT_CODINGS[coding](body.data, limit))
    if body.bad is None and body.data.startswith(GZIP):  # not declared, or more than once
        body = _joined(body, _gunzipped(body.data, limit))
    if body.data is answer.body and body.bad is None and body.cut is None:
        body = Body(body.data, _shorter(answer))
    return body if len(body.data) <= limit else body._replace(data=body.data[:limit], is_long=True)


def _joined(packed: Body, unpacked: Body) -> Body:
    return unpacked._replace(cut=packed.cut or unpacked.cut)


def _shorter(answer: Answer) -> str | None:
    """Whether less came than was announced; more says nothing, for codings may have been undone."""
    said = answer.value("content-length")
    if not (said.isascii() and said.isdigit() and len(said) < 19) or len(answer.body) >= int(said):
        return None
    return None if answer.value("content-encoding") else f"{len(answer.body)} of {int(said)} bytes"


def dechunked(data: bytes) -> Body:
    """The data of chunks. What does not begin with a chunk is taken for already undone."""
    parts: list[bytes] = []
    at = 0
    while found := CHUNK.match(data, at):
        size = int(found[1], 16)
        start = found.end()
        if size == 0:
            return Body(b"".join(parts))
        parts.append(data[start : start + size])
        if start + size >= len(data):
            return Body(b"".join(parts), cut="chunked")
        end = END_OF_CHUNK.match(data, start + size)
        if end is None:
            return Body(data) if len(parts) == 1 else Body(b"", bad="a chunk that does not end where it says")
        at = end.end()
    if not parts:
        return Body(data)
    return Body(b"".join(parts), cut="chunked") if at >= len(data) else Body(b"", bad="a chunk without its size")


GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"


def _gunzipped(data: bytes, limit: int) -> Body:
    return _inflated(data, limit, 31, "gzip") if data.startswith(GZIP) else Body(data)


def _inflated(data: bytes, limit: int, window: int, coding: str) -> Body:
    decoder = zlib.decompressobj(window)
    try:
        found = decoder.decompress(data, limit + 1)
        for _ in range(MEMBERS):
            if not decoder.unused_data.startswith(GZIP) or len(found) > limit:
                break
            decoder, rest = zlib.decompressobj(window), decoder.unused_data
            found += decoder.decompress(rest, limit + 1)
    except zlib.error as error:
        return Body(b"", bad=str(error))
    return _checked(found, len(data), coding, decoder.eof or len(found) > limit)


def _deflated(data: bytes, limit: int) -> Body:
    """deflate with or without the frame of zlib: both were sent under this name."""
    if len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0:
        return _inflated(data, limit, 15, "deflate")
    unpacked = _inflated(data, limit, -15, "deflate")
    return Body(data) if unpacked.bad or unpacked.cut else unpacked


def _unbrotlied(data: bytes, limit: int) -> Body:
    """Brotli has no sign of its own: text that does not read as it from end to end was undone before."""
    unpacked = _debrotlied(data, limit)
    return Body(data) if (unpacked.bad or unpacked.cut) and _is_text(data[:1_000]) else unpacked


def _debrotlied(data: bytes, limit: int) -> Body:
    decoder, parts, size = brotli.Decompressor(), list[bytes](), 0
    rest = data
    try:
        while size <= limit and not decoder.is_finished():
            part = decoder.process(rest, output_buffer_limit=limit + 1 - size)
            if not (part or rest):
                break
            rest, size = b"", size + len(part)
            parts.append(part)
    except brotli.error as error:
        return Body(b"", bad=str(error))
    return _checked(b"".join(parts), len(data), "br", decoder.is_finished() or size > limit)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(data) - 3 > 0  # a character that the cut took apart
    return b"\0" not in data


def _unzstd(data: bytes, limit: int) -> Body:
    if not data.startswith(ZSTD):
        return Body(data)
    parts, size = list[bytes](), 0
    try:
        stream = pa.CompressedInputStream(pa.BufferReader(data), "zstd")
        while size <= limit and (part := stream.read(min(1 << 16, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    except OSError as error:
        if "Truncated" not in str(error) or not parts:
            return Body(b"", bad=str(error))
        return _checked(b"".join(parts), len(data), "zstd", False)
    return _checked(b"".join(parts), len(data), "zstd", True)


def _checked(found: bytes, packed: int, coding: str, is_whole: bool) -> Body:
    if len(found) > RATIO_BYTES and len(found) > RATIO * packed:
        return Body(b"", bad=f"{coding} that unpacks to more than {RATIO:,} times its size")
    return Body(found, None if is_whole else coding)


CONTENT_CODINGS: dict[str, Callable[[bytes, int], Body]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotlied,
    "zstd": _unzstd,
}
