"""WARC files made by hand, with every fault one wishes, and what reading them gives."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources.warc import Warc

WARCINFO = "<urn:uuid:00000000-aaaa-bbbb-cccc-000000000000>"
DATE = "2024-05-06T07:08:09Z"
WORDS = "The quick brown fox jumps over the lazy dog and runs far away. "


class Made(NamedTuple):
    """What a file gave, as rows."""

    records: list[dict[str, Any]]
    dead: list[dict[str, Any]]
    sites: list[dict[str, Any]]

    @property
    def urls(self) -> list[str]:
        return [row["url"] for row in self.records]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.dead]


def page(words: str = WORDS) -> bytes:
    return f"<!doctype html><html><body><main><p>{words * 4}</p></main></body></html>".encode()


def answer(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """An HTTP answer; of HTML, unless a field says otherwise."""
    typed = any(field.lower().startswith("content-type") for field in fields)
    lines = [f"HTTP/1.1 {status}", *(() if typed else ("Content-Type: text/html",)), *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def record(
    number: int,
    block: bytes | None = None,
    type: str = "response",
    url: str | None = None,
    length: int | None = None,
    content_type: str = "application/http;msgtype=response",
    fields: Sequence[str] = (),
) -> bytes:
    """One record, whose Content-Length may lie."""
    block = answer(page(f"Page {number}. {WORDS}")) if block is None else block
    address = f"http://site.test/{number}" if url is None else url
    head = [
        "WARC/1.0",
        f"WARC-Type: {type}",
        *([f"WARC-Target-URI: {address}"] if address else []),
        f"WARC-Date: {DATE}",
        f"WARC-Record-ID: <urn:uuid:{number:032x}>",
        *([] if type == "warcinfo" else [f"WARC-Warcinfo-ID: {WARCINFO}"]),
        f"Content-Type: {content_type}",
        *fields,
        f"Content-Length: {len(block) if length is None else length}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def warcinfo() -> bytes:
    """The record with which a file begins."""
    made = record(0, b"software: made by hand\r\n", "warcinfo", "", content_type="application/warc-fields")
    return made.replace(f"<urn:uuid:{0:032x}>".encode(), WARCINFO.encode())


def text_record(number: int, text: bytes, content_type: str = "text/plain", type: str = "resource") -> bytes:
    return record(number, text, type, content_type=content_type)


def packed(records: Iterable[bytes]) -> bytes:
    """One gzip member for each record."""
    return b"".join(gzip.compress(item, mtime=0) for item in records)


def read(folder: Path, data: bytes, name: str = "x.warc", source: Warc = Warc()) -> Made:  # noqa: B008 (immutable)
    path = folder / name
    path.write_bytes(data)
    return read_file(path, source)


def read_file(path: Path, source: Warc = Warc()) -> Made:  # noqa: B008 (immutable)
    recipe = SourceRecipe("web", "warc", location=str(path))
    (item,) = source.objects(recipe)
    batches = [batch for part in source.parts(recipe, item) for batch in source.read(recipe, part)]
    return Made(*_rows(batches))


def _rows(batches: Sequence[Any]) -> Iterable[list[dict[str, Any]]]:
    for name in ("records", "dead", "sites"):
        yield [row for batch in batches for row in getattr(batch, name).to_pylist()]
