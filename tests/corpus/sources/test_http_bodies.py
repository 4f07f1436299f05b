"""Answers of HTTP servers: codings are undone where they are there, up to a limit, and what is cut or bad says so."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.sources.http_bodies import Body, dechunked, read_answer, undone

HTML = b"<!doctype html><html><body><p>" + b"words and more words " * 99 + b"</p></body></html>"
LIMIT = 1 << 16


def raw_deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(data: bytes, size: int = 700, end: bytes = b"0\r\n\r\n") -> bytes:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + end


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflated,
    "br": brotli.compress,
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def answer(body: bytes, *lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html", *lines]).encode() + b"\r\n\r\n" + body


def body_of(body: bytes, *lines: str) -> Body:
    return undone(read_answer(answer(body, *lines)), LIMIT)


@pytest.mark.parametrize(
    ("block", "status", "fields", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nhi", 200, [("A", "b")], b"hi"),
        (b"HTTP/1.1 404\nA: b\n\nhi", 404, [("A", "b")], b"hi"),
        (b"HTTP/2 301 \r\n\r\n", 301, [], b""),
        (b"ICY 200 OK\r\nA: b\r\n\r\nhi", 200, [("A", "b")], b"hi"),
        (b"HTTP/1.1 2000 OK\r\n\r\nhi", 0, [], b"hi"),
        (b"HTTP/1.1 \xb2\xb3\xb9 OK\r\n\r\nhi", 0, [], b"hi"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\nhi", 200, [("A", "b c")], b"hi"),
        (b"HTTP/1.1 200 OK\r\nA: \xe4\xf6\r\n\r\nhi", 200, [("A", "äö")], b"hi"),
        ("HTTP/1.1 200 OK\r\nA: äö\r\n\r\nhi".encode(), 200, [("A", "äö")], b"hi"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\nnonsense\r\nC: d\r\n\r\nhi", 200, [("A", "b"), ("C", "d")], b"hi"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n<p>hi: x\r\n\r\nC: d", 200, [("A", "b")], b"<p>hi: x\r\n\r\nC: d"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n<p>hi", 200, [("A", "b")], b"<p>hi"),
        (b"HTTP/1.1 200 OK\r\nA: b", 200, [("A", "b")], b""),
        (b"HTTP/1.1 200 OK", 200, [], b""),
        (b"<html>hi</html>", 200, [], b"<html>hi</html>"),
        (b"", 200, [], b""),
    ],
)
def test_an_answer_has_status_fields_and_body(block: bytes, status: int, fields: list[tuple[str, str]], body: bytes):
    found = read_answer(block)
    assert (found.status, list(found.fields), found.body) == (status, fields, body)


def test_of_a_field_sent_twice_the_first_counts():
    assert read_answer(answer(b"", "A: 1", "a: 2")).value("a") == "1"


@pytest.mark.parametrize("coding", CODINGS)
def test_codings_are_undone(coding: str):
    pack = CODINGS[coding]
    assert body_of(pack(HTML), f"Content-Encoding: {coding}") == Body(HTML)
    assert body_of(chunked(pack(HTML)), f"Content-Encoding: {coding}", "Transfer-Encoding: chunked") == Body(HTML)


@pytest.mark.parametrize("coding", CODINGS)
def test_codings_that_were_undone_before_are_left(coding: str):
    assert body_of(HTML, f"Content-Encoding: {coding}") == Body(HTML)


@pytest.mark.parametrize("coding", ["identity", "utf-8", "none", ""])
def test_what_is_no_coding_changes_nothing(coding: str):
    assert body_of(HTML, f"Content-Encoding: {coding}") == Body(HTML)


def test_codings_upon_codings_are_undone_last_first():
    assert body_of(gzip.compress(brotli.compress(HTML)), "Content-Encoding: br, gzip") == Body(HTML)


def test_gzip_is_undone_though_nothing_or_something_else_says_so():
    assert body_of(gzip.compress(HTML)) == Body(HTML)
    assert body_of(gzip.compress(gzip.compress(HTML)), "Content-Encoding: gzip") == Body(HTML)
    assert body_of(gzip.compress(HTML[:99]) + gzip.compress(HTML[99:])) == Body(HTML)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_coding_gives_what_there_is_and_says_so(coding: str):
    noise = HTML + bytes(range(33, 127)) * 40
    found = body_of(CODINGS[coding](noise)[:-12], f"Content-Encoding: {coding}")
    assert found.bad is not None or (noise.startswith(found.data) and found.cut == coding)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_broken_coding_is_bad(coding: str):
    packed = CODINGS[coding](HTML)
    assert body_of(packed[:12] + b"\xff" * 99 + packed[12:], f"Content-Encoding: {coding}").bad


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_is_never_unpacked_beyond_the_limit(coding: str):
    found = body_of(CODINGS[coding](b"a" * (8 << 20)), f"Content-Encoding: {coding}")
    assert found.is_long
    assert len(found.data) == LIMIT


def test_too_high_a_ratio_is_bad():
    found = undone(read_answer(answer(brotli.compress(b"a" * (8 << 20)), "Content-Encoding: br")), 16 << 20)
    assert found.bad == "br that unpacks to more than 1,000 times its size"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (chunked(HTML), Body(HTML)),
        (chunked(HTML).replace(b"\r\n", b"\n"), Body(HTML)),
        (HTML, Body(HTML)),
        (b"", Body(b"")),
        (chunked(HTML, end=b""), Body(HTML, cut="chunked")),
        (chunked(HTML)[:1000], Body(HTML[: 1000 - 2 * 9 - 2], cut="chunked")),
        (chunked(HTML[:1400], end=b"") + HTML[1400:], Body(b"", bad="a chunk without its size")),
        (b"abc\r\nis the beginning of a text" * 99, Body(b"abc\r\nis the beginning of a text" * 99)),
        (chunked(HTML) + b"trailer: x\r\n\r\n", Body(HTML)),
    ],
)
def test_chunks(data: bytes, found: Body):
    assert dechunked(data) == found


def test_a_body_shorter_than_announced_says_so():
    assert body_of(HTML, f"Content-Length: {len(HTML) + 1}").cut == f"{len(HTML)} of {len(HTML) + 1} bytes"
    for length in (str(len(HTML)), "7", "-1", "x", "9" * 40, "²"):
        assert body_of(HTML, f"Content-Length: {length}") == Body(HTML)


LINES = st.sampled_from(
    ["Content-Encoding: " + coding for coding in [*CODINGS, "gzip, br", "x" * 99]]
    + ["Transfer-Encoding: chunked", "Content-Length: 5", "Content-Type: text/html", "a", ": b", " c"]
)
PACKED = st.sampled_from([HTML, *(pack(HTML) for pack in CODINGS.values()), chunked(HTML), b"\x1f\x8b\x08" * 50])


@settings(max_examples=150, deadline=None)
@given(body=PACKED | st.binary(max_size=300), lines=st.lists(LINES, max_size=5), data=st.data())
def test_no_bytes_are_too_strange(body: bytes, lines: list[str], data: st.DataObject):
    whole = bytearray(answer(body, *lines))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.binary(max_size=9) | st.sampled_from([b"\r\n", b"\n", b"0\r\n"])
        )
    found = undone(read_answer(bytes(whole)), LIMIT)
    assert len(found.data) <= LIMIT
    assert found.bad is None or not found.data
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in read_answer(bytes(whole)).fields)
