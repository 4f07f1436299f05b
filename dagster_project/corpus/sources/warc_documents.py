"""What one WARC record is: a page or text to keep, a file by which a site speaks for all its pages, or a dead letter.

Requests, metadata and the archive's own notes are none of these and are passed over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dagster_project.corpus.extraction import main_content, pages
from dagster_project.corpus.extraction.encodings import decode, is_text
from dagster_project.corpus.extraction.facts import facts_of
from dagster_project.corpus.extraction.plain_text import paragraphs
from dagster_project.corpus.model.dates import Dated
from dagster_project.corpus.model.documents import HTTP_STATUS, NOT_TEXT, REVISIT, SITE_FILE_BYTES, SITE_PATHS
from dagster_project.corpus.model.urls import target
from dagster_project.corpus.sources.batches import (
    BAD_BODY,
    CORRUPT,
    EMPTY_TEXT,
    EXCERPT_BYTES,
    DeadLetter,
    Record,
    SiteFile,
)
from dagster_project.corpus.sources.fields import metadata
from dagster_project.corpus.sources.http_bodies import Answer, Body, answer_of, read_answer, undone
from dagster_project.corpus.sources.moments import seconds
from dagster_project.corpus.sources.warc_heads import Fields
from dagster_project.corpus.sources.warc_records import Frame

Item = Record | DeadLetter | SiteFile

TYPES = frozenset({"response", "resource", "conversion", "revisit"})
OTHER_TYPES = frozenset({"warcinfo", "request", "metadata", "continuation"})
OTHER_SCHEMES = ("dns:", "whois:", "metadata:", "urn:pageinfo:")  # what crawlers note in records of these types
HTML = frozenset({"text/html", "application/xhtml+xml"})
TEXT = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
UTF8_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)  # as WET has it
UNTYPED = frozenset({"", "unknown/unknown"})
FACTS = (
    ("record_id", "warc-record-id"),
    ("ip", "warc-ip-address"),
    ("languages", "warc-identified-content-language"),
    ("truncated", "warc-truncated"),
)
SITE_FILE_NAMES = tuple(path.rpartition("/")[2] for path in SITE_PATHS)
DETAIL_CHARACTERS = 200
VALUE_CHARACTERS = 500
SNIFFED_BYTES = 1_024


class Said(NamedTuple):
    """What a record says of its content, whatever the content is."""

    position: int
    type: str
    fields: Fields
    url: str | None


class Documents:
    """Reads records of the types named; a page longer than `page_bytes` is none."""

    def __init__(self, types: frozenset[str], extractor: main_content.Extractor, page_bytes: int):
        self._types, self._extractor, self._page_bytes = types, extractor, page_bytes

    def is_wanted(self, fields: Fields) -> bool:
        """Whether the block of a record is needed."""
        return _type(fields) in self._types

    def read(self, frame: Frame) -> Item | None:
        type = _type(frame.fields)
        if type in OTHER_TYPES:
            return None
        said = Said(frame.position, type, frame.fields, _url(frame.fields))
        if type not in self._types:
            return None if type in TYPES else _dead(said, CORRUPT, f"a record of unknown type {said.type[:40]!r}", b"")
        if said.url is not None and said.url.startswith(OTHER_SCHEMES):
            return None
        site = _site_file(said.url)
        if said.type == "revisit":
            return None if site else _dead(said, REVISIT, _short(said.fields, "warc-profile"), frame.block or b"")
        if frame.block is None:
            return _dead(said, pages.PAGE_TOO_LONG, f"{frame.length:,} bytes", b"")
        if "warc-segment-number" in said.fields:
            return _dead(said, pages.PAGE_TOO_LONG, "in segments", frame.block)
        answer = _answer(said, frame.block)
        if site is not None:
            return self._site(said, site, answer)
        return self._document(said, answer)

    @staticmethod
    def size_of(item: Item) -> int:
        """Bytes of its text."""
        if isinstance(item, DeadLetter):
            return 0
        return len(item.text) if item.text.isascii() else len(item.text.encode())

    def _site(self, said: Said, site: tuple[str, str], answer: Answer) -> Item:
        """A status that is no success says that there is no such file; then the text is an error page, and left out."""
        body = undone(answer, self._page_bytes)
        if body.bad is not None:
            return _dead(said, BAD_BODY, body.bad, answer.body)
        is_there = 200 <= answer.status < 300
        text = body.data[:SITE_FILE_BYTES].decode("utf-8", "ignore") if is_there else ""
        while len(text.encode()) > SITE_FILE_BYTES:
            text = text[:-1]
        return SiteFile(*site, answer.status, text.removeprefix("\ufeff"), _collected(said))

    def _document(self, said: Said, answer: Answer) -> Item:
        if not 200 <= answer.status < 300:
            return _dead(said, HTTP_STATUS, str(answer.status), answer.body)
        type = _content_type(said, answer)
        if type not in HTML and type not in TEXT and type not in UNTYPED:
            return _dead(said, NOT_TEXT, type[:DETAIL_CHARACTERS], answer.body)
        body = undone(answer, self._page_bytes)
        if body.bad is not None:
            return _dead(said, BAD_BODY, body.bad, answer.body)
        if body.is_long:
            return _dead(said, pages.PAGE_TOO_LONG, f"more than {self._page_bytes:,} bytes unpacked", answer.body)
        if not body.data or body.data.isspace():
            return _dead(said, EMPTY_TEXT, f"{len(body.data):,} bytes, all of them white space", b"")
        if type in HTML or (type in UNTYPED and _is_html(body.data)):
            return self._page(said, answer, body)
        return _text(said, answer, body)

    def _page(self, said: Said, answer: Answer, body: Body) -> Record | DeadLetter:
        found = main_content.extract(pages.Page(body.data, said.url, answer.fields), self._extractor)
        if isinstance(found, pages.Unextracted):
            return _dead(said, found.reason, found.detail, body.data)
        if not found.text or found.text.isspace():
            return _dead(said, EMPTY_TEXT, "no text in the main content", body.data)
        return Record(
            said.position,
            found.text,
            url=said.url,
            title=found.title,
            language=found.language,
            license_evidence=found.license_evidence,
            dates=[*_dates(said), *found.dates],
            metadata=metadata({**found.metadata, **_facts(said, answer, body)}),
            structure=found.structure,
            reservations=found.reservations,
            boilerplate_characters=found.boilerplate_characters,
        )


def _text(said: Said, answer: Answer, body: Body) -> Record | DeadLetter:
    """A body that is text, as it is."""
    decoded = decode(body.data, UTF8_TEXT if said.type == "conversion" else answer.fields)
    if not is_text(decoded.page):
        return _dead(said, NOT_TEXT, f"as {decoded.encoding} it is mostly no characters", body.data)
    text = decoded.page.decode("utf-8", "replace")
    if not text or text.isspace():
        return _dead(said, EMPTY_TEXT, f"{len(text):,} characters, all of them white space", body.data)
    found = facts_of((), answer.fields, said.url)
    besides: dict[str, Any] = {"encoding": decoded.encoding, "encoding_from": decoded.said_by}
    if decoded.replaced:
        besides["replaced_bytes"] = decoded.replaced
    return Record(
        said.position,
        text,
        url=said.url,
        language=found.language,
        license_evidence=found.license_evidence,
        dates=[*_dates(said), *found.dates],
        metadata=metadata({**found.metadata, **besides, **_facts(said, answer, body)}),
        structure=paragraphs(decoded.page),
        reservations=found.reservations,
    )


def _answer(said: Said, block: bytes) -> Answer:
    """What a server sent, or a block that stands for itself."""
    sent_as = said.fields.get("content-type", "")
    if said.type == "response" and (sent_as.lower().startswith("application/http") or not sent_as):
        return read_answer(block)
    if said.type == "conversion":
        sent_as = sent_as or "text/plain"
    return answer_of(200, (("Content-Type", sent_as),), block)


def _content_type(said: Said, answer: Answer) -> str:
    declared = answer.value("content-type") or said.fields.get("warc-identified-payload-type") or ""
    return declared.partition(";")[0].strip().lower()


def _is_html(body: bytes) -> bool:
    head = body[:SNIFFED_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<!--")) or b"<html" in head


def _site_file(url: str | None) -> tuple[str, str] | None:
    """Site and path, when an address is that of a file by which a site speaks for all its pages."""
    if url is None or not url.endswith(SITE_FILE_NAMES):
        return None
    place = target(url)
    return (place.origin, place.path) if place is not None and place.path in SITE_PATHS else None


def _url(fields: Fields) -> str | None:
    """The address of a record, which wget writes in angle brackets, as WARC 1.0 has them."""
    said = fields.get("warc-target-uri", "")
    if said.startswith("<") and said.endswith(">"):
        said = said[1:-1].strip()
    return said or None


def _type(fields: Fields) -> str:
    return fields.get("warc-type", "").lower()


def _collected(said: Said) -> int | None:
    return seconds(said.fields.get("warc-date", ""))


def _dates(said: Said) -> list[Dated]:
    at = _collected(said)
    return [] if at is None else [Dated("collected", at, "warc-date", _short(said.fields, "warc-date"))]


def _facts(said: Said, answer: Answer, body: Body) -> dict[str, Any]:
    """What the record says besides, and by what one sees that the body is not whole."""
    warc = {name: said.fields[field][:VALUE_CHARACTERS] for name, field in FACTS if said.fields.get(field)}
    if body.cut and "truncated" not in warc:
        warc["truncated"] = body.cut
    http = {"status": answer.status} if said.type == "response" else {}
    content_type = {"content_type": sent[:VALUE_CHARACTERS]} if (sent := answer.value("content-type")) else {}
    return {"warc": {"type": said.type, **warc}, **({"http": {**http, **content_type}} if http else content_type)}


def _short(fields: Fields, name: str) -> str:
    return fields.get(name, "")[:VALUE_CHARACTERS]


def _dead(said: Said, reason: str, detail: str, data: bytes) -> DeadLetter:
    return DeadLetter(said.position, reason, detail[:DETAIL_CHARACTERS], data[:EXCERPT_BYTES] or None)
