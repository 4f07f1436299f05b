"""What the portraits of new mixes know of documents that were taken down: each span with the document that says the
same and stays, or shown to be false by reading the mix. Asked while the text is still there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.asked import Span
from dagster_project.corpus.lineage.index import find_all
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.portraits.asking import SURE, portrait_of
from dagster_project.corpus.portraits.proving import FALSE, Proof, proofs_of
from dagster_project.corpus.portraits.texts import batches
from dagster_project.corpus.storage.refs import history, load_manifest, published
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

BATCH_CHARACTERS = 16 << 20
Text = tuple[bytes, str]  # of a document


def portraits_asked(store: Store, engine: Engine, known: pa.Table, mixes: Sequence[Manifest]) -> dict[str, list[Span]]:
    """By entry what publications of mixes seem to hold of documents (rows of ERASED); no entry whose documents have no
    text any more."""
    found: dict[str, list[Span]] = {}
    texts = _texts(store, known.column("doc_id").unique().to_pylist())
    for batch in batches(texts, lambda item: len(item[1]), BATCH_CHARACTERS):
        asked = known.filter(pc.is_in(known.column("doc_id"), pa.array([doc for doc, _ in batch], pa.binary(16))))
        entries: dict[bytes, list[str]] = {}
        for doc_id, entry in zip(asked.column("doc_id").to_pylist(), asked.column("entry").to_pylist(), strict=True):
            entries.setdefault(doc_id, []).append(entry)
            found.setdefault(entry, [])
        for doc_id, span in (item for mix in mixes for item in _spans(store, engine, mix, batch)):
            for entry in entries[doc_id]:
                found[entry].append(span)
    return found


def _spans(store: Store, engine: Engine, mix: Manifest, batch: Sequence[Text]) -> Iterator[tuple[bytes, Span]]:
    """Those that chance hardly explains."""
    texts = [text for _, text in batch]
    portrait = portrait_of(store, engine, mix)
    shown = [[span for span in some if span.chance < SURE] for some in portrait.spans(texts)]
    proofs = proofs_of(store, engine, mix, texts, shown, portrait.header.width)
    for (doc_id, text), some in zip(batch, proofs, strict=True):
        for proof in some:
            yield doc_id, _told(doc_id, text, proof, mix)


def _told(doc_id: bytes, text: str, proof: Proof, mix: Manifest) -> Span:
    start = len(text[: proof.span.start].encode())
    end = start + len(text[proof.span.start : proof.span.end].encode())
    if proof.verdict == FALSE:
        return Span(doc_id.hex(), start, end, "", f"false: no document of {mix.id[:12]} has all of it")
    first = proof.matches[0].first
    said = f"{proof.verdict} in a document of {first.source} that stays in {mix.id[:12]}"
    return Span(doc_id.hex(), start, end, first.doc_id.hex(), said)


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
