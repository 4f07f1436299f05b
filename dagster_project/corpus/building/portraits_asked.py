"""What the portraits of new mixes know of documents that were taken down: each span with the documents that hold it
there, found by reading the mix, or shown to be false. Asked while the text is still there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.asked import Answer, Asked, Span
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import portrait_of
from dagster_project.corpus.portraits.proving import FALSE, proofs_of
from dagster_project.corpus.portraits.spans import starts_of_characters
from dagster_project.corpus.portraits.texts import batches
from dagster_project.corpus.storage.refs import history, load_manifest, published
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

BATCH_CHARACTERS = 16 << 20
Text = tuple[bytes, str]  # of a document


def portraits_asked(store: Store, engine: Engine, known: pa.Table, mixes: Sequence[Manifest]) -> dict[str, Answer]:
    """By entry what publications of mixes seem to hold of documents (rows of ERASED), of those that have a text."""
    documents, spans = dict[str, dict[str, Asked]](), dict[str, list[Span]]()
    versions = tuple(sorted(mix.id for mix in mixes))
    texts = _texts(store, known.column("doc_id").unique().to_pylist())
    for batch in batches(texts, lambda item: len(item[1]), BATCH_CHARACTERS):
        entries = _entries_of(known, batch)
        found, without = list[Span](), Counter[tuple[str, str]]()
        for item in (item for mix in mixes for item in _spans(store, engine, mix, batch)):
            if item.found:
                found.append(item)
            else:
                without[item.doc_id, "false" if item.verdict == FALSE else "unknown"] += 1
        for doc_id, names in entries.items():
            for entry in names:
                asked = Asked(versions, without[doc_id, "false"], without[doc_id, "unknown"])
                documents.setdefault(entry, {})[doc_id] = asked
        for item in found:
            for entry in entries[item.doc_id]:
                spans.setdefault(entry, []).append(item)
    return {entry: Answer(asked, tuple(spans.get(entry, ()))) for entry, asked in documents.items()}


def _entries_of(known: pa.Table, batch: Sequence[Text]) -> dict[str, list[str]]:
    """The entries for which each document of a batch goes."""
    asked = known.filter(pc.is_in(known.column("doc_id"), pa.array([doc_id for doc_id, _ in batch], pa.binary(16))))
    entries: dict[str, list[str]] = {}
    for doc_id, entry in zip(asked.column("doc_id").to_pylist(), asked.column("entry").to_pylist(), strict=True):
        entries.setdefault(doc_id.hex(), []).append(entry)
    return entries


def _spans(store: Store, engine: Engine, mix: Manifest, batch: Sequence[Text]) -> Iterator[Span]:
    """All that the portrait shows, also what chance may well explain."""
    texts = [text for _, text in batch]
    portrait = portrait_of(store, engine, mix)
    proofs = proofs_of(store, engine, mix, texts, portrait.spans(texts), portrait.header.width)
    for (doc_id, text), some in zip(batch, proofs, strict=True):
        data = text.encode()
        bytes_before = np.append(np.flatnonzero(starts_of_characters(np.frombuffer(data, np.uint8))), len(data))
        for span, verdict, _, holders in some:
            start, end = bytes_before[[span.start, span.end]].tolist()
            found = dict.fromkeys(item.first.doc_id.hex() for item in holders)
            yield Span(doc_id.hex(), start, end, mix.id, verdict, tuple(found))


def _texts(store: Store, documents: Sequence[bytes]) -> Iterator[Text]:
    """Each document with the text that any snapshot still has of it."""
    lacking = set(documents)
    for partition in published(store, "snapshots"):
        for version in dict.fromkeys(ref.id for ref in reversed(history(store, partition))):
            if not lacking:
                return
            manifest = load_manifest(store, version)
            places = find_all(store, manifest, "doc_id", sorted(lacking)).values()
            for shard, row in sorted({place for of in places for place in of}):
                (item,) = read_rows(store, manifest.files[shard], [row], ["doc_id", "text"]).to_pylist()
                if item["doc_id"] in lacking and item["text"]:
                    lacking.discard(item["doc_id"])
                    yield item["doc_id"], item["text"]
