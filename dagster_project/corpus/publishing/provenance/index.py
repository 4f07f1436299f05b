"""What a page needs to search by itself: for each entry of a mix, keys of its address and its text, and where it is.

Keys are the first 64 bits of SHA-256, so no address and no text stands in it. Numbers lie in little-endian order behind
each other, as base64; keys in big-endian order, ascending. A mix of more than MOST_ENTRIES has none: then the command
line and the server search the store.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.lineage.pointers import key_of_value
from dagster_project.corpus.model.documents import ID_BYTES
from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.urls import SESSION_FAMILIES, SESSIONS, TRACKING, TRACKING_FAMILIES
from dagster_project.corpus.publishing.rows import joined
from dagster_project.corpus.publishing.subject import Subject
from dagster_project.corpus.storage.shards import read_shard

MOST_ENTRIES = 16_384  # about a megabyte of the page
NAME_CHARACTERS = 300
ENTRY = np.dtype([("doc_id", f"V{ID_BYTES}"), ("source", "<u2"), ("license", "<u2")])
KEYED = np.dtype([("key", ">u8"), ("place", "<u4")])
NOWHERE = np.empty(0, np.int64)
Keys = list[tuple[int, np.uint64]]


def search_index(subject: Subject) -> dict[str, Any] | None:
    """The index of a version; None where there would be too much of it."""
    if subject.mixed.rows > MOST_ENTRIES:
        return None
    found = _Entries(subject)
    files = (subject.published or subject.mixed).files
    return {
        "mix": f"{subject.mix}#{subject.mixed.id[:12]}",
        "entries": _packed(found.entries),
        "urls": _packed(_sorted(found.urls)),
        "texts": _packed(_sorted(found.texts)),
        "sources": found.named("source"),
        "licenses": found.named("license"),
        "shards": [file.rows for file in files],
        "published": subject.published is not None,
        "noise": {
            "names": sorted(TRACKING | SESSIONS),
            "families": sorted((*TRACKING_FAMILIES, *SESSION_FAMILIES)),
        },
    }


class _Entries:
    """The entries of a mix in its order."""

    def __init__(self, subject: Subject):
        self.names: dict[str, dict[str, int]] = {"source": {}, "license": {}}
        self.urls: Keys = []
        self.texts: Keys = []
        prints = _fingerprints(subject)
        tables = [_with_texts(subject, table, prints) for _, table in joined(subject, {"snapshots": ("url",)})]
        self.entries = np.zeros(subject.mixed.rows, ENTRY)
        order = np.sort(np.concatenate([table.column("index").to_numpy() for table in tables] or [NOWHERE]))
        for table in tables:
            self._add(table, np.searchsorted(order, table.column("index").to_numpy()))

    def named(self, name: str) -> list[str]:
        return [visible(text, NAME_CHARACTERS) for text in self.names[name]]

    def _add(self, table: pa.Table, places: NDArray[np.int64]) -> None:
        columns = [table.column(name).to_pylist() for name in ("doc_id", "source", "license", "url", "text_digest")]
        for place, doc_id, source, license, url, digest in zip(places.tolist(), *columns, strict=True):
            self.entries[place] = (np.void(doc_id), self._number("source", source), self._number("license", license))
            if url is not None:
                self.urls.append((place, key_of_value(url)))
            if digest is not None:
                self.texts.append((place, key_of_value(digest)))

    def _number(self, name: str, value: str) -> int:
        return self.names[name].setdefault(value, len(self.names[name]))


def _fingerprints(subject: Subject) -> Mapping[str, File]:
    """The fingerprints of each documents shard below a mix, by its digest."""
    return {
        file.documents: file
        for _, manifest in subject.inputs()
        if manifest.stage == "fingerprints"
        for file in manifest.files
    }


def _with_texts(subject: Subject, table: pa.Table, prints: Mapping[str, File]) -> pa.Table:
    """Entries of one documents shard with the digests of their texts; null where nobody took them."""
    file = prints.get(table.column("documents")[0].as_py())
    if file is None:
        return table.append_column("text_digest", pa.nulls(len(table), pa.binary()))
    digests = read_shard(subject.store, file, ["text_digest"]).column("text_digest")
    return table.append_column("text_digest", digests.take(table.column("row")))


def _sorted(keys: Keys) -> NDArray[np.void]:
    found = np.array([(key, place) for place, key in keys], KEYED)
    return found[np.lexsort((found["place"], found["key"]))]


def _packed(records: NDArray[np.void]) -> str:
    return base64.b64encode(records.tobytes()).decode()
