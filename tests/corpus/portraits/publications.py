"""Publications of a few texts, without the stages before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import Identity, Manifest
from dagster_project.corpus.publishing.gathering import SCHEMA
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store


def doc_id(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def published(store: Store, *shards: Sequence[str]) -> Manifest:
    """A publication of these texts, a document for each different one; of any shards the id is that of the texts."""
    texts = [text for shard in shards for text in shard]
    files, index = [], 0
    for shard in shards:
        rows = [
            {"doc_id": doc_id(text), "index": index + row, "text": text, "url": f"https://example.org/{len(text)}",
             "title": None, "component": "all", "phase": "", "copy": 0, "source": "notes@1", "license": "MIT",
             "language": "en", "words": len(text.split()), "turns": [], "masked": []}
            for row, text in enumerate(shard)
        ]  # fmt: skip
        index += len(rows)
        files.append(write_shard(store, pa.Table.from_pylist(rows, schema=SCHEMA), access="public"))
    return Manifest(Identity("published", (), {}, "1", (), digest(texts)), (), tuple(files))
