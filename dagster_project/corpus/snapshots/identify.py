"""Records become documents: locators, record ids, document ids. Nothing positional enters any of them."""

from __future__ import annotations

import pyarrow as pa

from dagster_project.corpus.model.documents import DOCUMENTS, ID, RECORDS, doc_id, record_id, text_locator
from dagster_project.corpus.model.urls import canonical_url


def identify(records: pa.Table, source: str) -> pa.Table:
    """Documents of one source. A record without key and URL is located by its text, as its first occurrence."""
    texts = [text.encode() for text in records.column("text").to_pylist()]
    urls = [canonical_url(url) if url else None for url in records.column("url").to_pylist()]
    located = zip(records.column("key").to_pylist(), urls, texts, strict=True)
    locators = [locate(key, url, text) for key, url, text in located]
    place = records.schema.get_field_index("url")
    records = records.set_column(place, RECORDS.field("url"), pa.array(urls, pa.string()))
    return _documents(records, source, locators, texts)


def locate(key: str | None, url: str | None, text: bytes) -> str:
    """The declared key, else the URL (canonical), else the text. A key that looks like a text's locator is marked."""
    if key:
        return f"key:{key}" if key.startswith(("sha256:", "key:")) else key
    return url or text_locator(text, 1)


def renumber(documents: pa.Table, occurrences: dict[int, int]) -> pa.Table:
    """The same documents, with the rows named given their occurrence number among equal texts; all others keep their
    ids, also those whose text was erased."""
    if not occurrences:
        return documents
    locators, records, ids = (documents.column(name).to_pylist() for name in ("locator", "record_id", "doc_id"))
    texts, source = documents.column("text"), documents.column("source")[0].as_py()
    for row, occurrence in occurrences.items():
        text = texts[row].as_py().encode()
        locators[row] = text_locator(text, occurrence)
        records[row] = record_id(source, locators[row])
        ids[row] = doc_id(records[row], text)
    renamed = {"doc_id": pa.array(ids, ID), "record_id": pa.array(records, ID), "locator": pa.array(locators)}
    columns = [renamed.get(name, documents.column(name)) for name in DOCUMENTS.names]
    return pa.table(columns, schema=DOCUMENTS)


def is_located_by_text(locator: str) -> bool:
    return locator.startswith("sha256:") and locator.endswith("#1")


def _documents(rows: pa.Table, source: str, locators: list[str], texts: list[bytes]) -> pa.Table:
    records = [record_id(source, locator) for locator in locators]
    identities = {
        "doc_id": pa.array([doc_id(record, text) for record, text in zip(records, texts, strict=True)], ID),
        "record_id": pa.array(records, ID),
        "source": pa.array([source] * len(texts), pa.string()),
        "locator": pa.array(locators, pa.string()),
    }
    columns = [identities[name] if name in identities else rows.column(name) for name in DOCUMENTS.names]
    return pa.table(columns, schema=DOCUMENTS)
