"""What a document is: the Arrow schemas of records and documents, and the two identities of design section 4.

A *record* is what a source reader yields; a *document* is a record with its identity. `locator` is the canonical
URL or the declared key; a record with neither is located by its text and an occurrence number. Nothing positional
is ever part of an identity: `raw_object` and `raw_position` are evidence.
"""

from __future__ import annotations

import hashlib

import pyarrow as pa

ID_BYTES = 16
ID = pa.binary(ID_BYTES)
MOMENT = pa.timestamp("s", tz="UTC")
EVIDENCE = pa.struct([("kind", pa.string()), ("value", pa.string()), ("where", pa.string())])

RECORDS = pa.schema(
    [
        pa.field("key", pa.string()),  # the key declared in the recipe, when there is one
        pa.field("url", pa.string()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("language", pa.string()),  # as declared by the source, not as identified
        pa.field("license_evidence", pa.list_(EVIDENCE), nullable=False),
        pa.field("collected_at", MOMENT),  # null is a value: unknown
        pa.field("published_at", MOMENT),
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

# Where the rows lay says nothing about what they are, and doc_id already commits to the text.
NOT_DIGESTED = frozenset({"text", "raw_object", "raw_position"})


def record_id(source: str, locator: str) -> bytes:
    """128 bits of SHA-256(source, locator): survives refreshes, so that "changed" can be said."""
    return hashlib.sha256(source.encode() + b"\0" + locator.encode()).digest()[:ID_BYTES]


def doc_id(record: bytes, text: bytes) -> bytes:
    """128 bits of SHA-256(record_id, text in UTF-8)."""
    return hashlib.sha256(record + text).digest()[:ID_BYTES]


def text_locator(text: bytes, occurrence: int) -> str:
    """The locator of a record that has neither URL nor key; occurrences count from 1."""
    return f"sha256:{hashlib.sha256(text).hexdigest()}#{occurrence}"
