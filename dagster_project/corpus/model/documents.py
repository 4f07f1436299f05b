"""What a document is: the Arrow schemas of records and documents, and the two identities of design section 4.

A *record* is what a source reader yields; a *document* is a record with its identity. `locator` is the canonical
URL or the declared key; a record with neither is located by its text and an occurrence number. Nothing positional
is ever part of an identity: `raw_object` and `raw_position` are evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyarrow as pa

from dagster_project.corpus.model.dates import DATE_EVIDENCE, MOMENT, seconds_of
from dagster_project.corpus.model.structure import SPANS

ID_BYTES = 16
ID = pa.binary(ID_BYTES)
EVIDENCE = pa.struct([("kind", pa.string()), ("value", pa.string()), ("where", pa.string())])
# What a derived document was made from: these bytes of the text of another; null: from its beginning, or to its end
PARENT = pa.struct([("doc_id", ID), ("start", pa.int64()), ("end", pa.int64())])

RECORDS = pa.schema(
    [
        pa.field("key", pa.string()),  # the key declared in the recipe, when there is one
        pa.field("url", pa.string()),  # of a document: canonical
        pa.field("text", pa.string(), nullable=False),
        pa.field("structure", SPANS, nullable=False),  # spans of the text's bytes
        pa.field("title", pa.string()),
        pa.field("language", pa.string()),  # as declared by the source, not as identified
        pa.field("license_evidence", pa.list_(EVIDENCE), nullable=False),
        pa.field("reservations", pa.list_(EVIDENCE), nullable=False),  # what the page itself asks of its readers
        pa.field("collected_at", MOMENT),  # null is a value: unknown
        pa.field("collected_confidence", pa.string(), nullable=False),
        pa.field("published_at", MOMENT),
        pa.field("published_confidence", pa.string(), nullable=False),
        pa.field("date_evidence", pa.list_(DATE_EVIDENCE), nullable=False),
        pa.field("boilerplate_characters", pa.int32()),  # left out by extraction, white space apart; null without one
        pa.field("parents", pa.list_(PARENT), nullable=False),  # empty: natural text; the first is its family's
        pa.field("generator", pa.string()),  # what made it of them; null: nobody says, or nothing did
        pa.field("metadata", pa.string()),  # canonical JSON object of everything else that the source says
        pa.field("raw_object", pa.string(), nullable=False),
        pa.field("raw_position", pa.int64(), nullable=False),  # from 0: row or member number; in JSONL the plain byte
    ]
)

DOCUMENTS = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("record_id", ID, nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        *[field for field in RECORDS if field.name != "key"],
    ]
)

DEAD_LETTERS = pa.schema(
    [
        pa.field("raw_object", pa.string(), nullable=False),
        pa.field("raw_position", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),  # one of the reader's fixed reasons
        pa.field("detail", pa.string()),  # what the parser said, without the text
        pa.field("excerpt", pa.binary()),  # at most 200 raw bytes
    ]
)

NO_PARENT, UNKNOWN_PARENT, OUTSIDE = "no parent", "unknown parent", "span outside parent"

# Reasons that say nothing bad about the input: every crawl has pages that are gone, images, and pages met twice.
SAME, CONTRARY = "repeated record", "repeated record that says otherwise"
HTTP_STATUS, NOT_TEXT, REVISIT, NO_CONTENT = "HTTP status", "not text", "revisit", "no main content"
ORDINARY = frozenset({SAME, CONTRARY, HTTP_STATUS, NOT_TEXT, REVISIT, NO_CONTENT})

# Of documents that were identified, and left out: their letters say in `detail` which these are
LEFT_OUT = frozenset({SAME, CONTRARY, NO_PARENT, UNKNOWN_PARENT, OUTSIDE})

# What a site says of all its pages, to be applied to them whatever object they came in (RFC 9309, TDMRep, ai.txt)
SITE_FILES = pa.schema(
    [
        pa.field("site", pa.string(), nullable=False),  # scheme://host[:port], canonical
        pa.field("path", pa.string(), nullable=False),  # one of SITE_PATHS
        pa.field("status", pa.int16(), nullable=False),  # of HTTP: 404 says that there is none
        pa.field("text", pa.string(), nullable=False),  # at most SITE_FILE_BYTES
        pa.field("collected_at", MOMENT),
    ]
)
SITE_PATHS = ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json")
SITE_FILE_BYTES = 500 << 10  # RFC 9309 section 2.5: parsing may stop after 500 KiB

# Where the rows lay says nothing about what they are, and doc_id already commits to the text.
NOT_DIGESTED = frozenset({"text", "raw_object", "raw_position"})


SiteRow = tuple[str, str, int, str, int | None]  # as SITE_FILES, with seconds since the epoch


def site_rows(batch: pa.RecordBatch) -> Iterator[SiteRow]:
    """The rows of a batch of SITE_FILES."""
    *said, at = (batch.column(name) for name in SITE_FILES.names)
    yield from zip(*(column.to_pylist() for column in said), seconds_of(at), strict=True)


def record_id(source: str, locator: str) -> bytes:
    """128 bits of SHA-256(source, locator): survives refreshes, so that "changed" can be said."""
    return hashlib.sha256(source.encode() + b"\0" + locator.encode()).digest()[:ID_BYTES]


def doc_id(record: bytes, text: bytes) -> bytes:
    """128 bits of SHA-256(record_id, text in UTF-8)."""
    return hashlib.sha256(record + text).digest()[:ID_BYTES]


def text_locator(text: bytes, occurrence: int) -> str:
    """The locator of a record that has neither URL nor key; occurrences count from 1."""
    return f"sha256:{hashlib.sha256(text).hexdigest()}#{occurrence}"
