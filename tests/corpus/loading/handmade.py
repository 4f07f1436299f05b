"""Publications made by hand: shards of uneven sizes in every format, an empty one and empty documents among them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dagster_project.corpus.formats.format import Shard
from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.orders import MASKED
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.shards import put_object, write_shard
from dagster_project.corpus.storage.stores import Store

ROWS = (7, 0, 1, 23, 12)
VOCABULARY, SEPARATOR = 300, 299
PARTITION = Partition("published", "handmade@1")


@dataclass(frozen=True)
class Publication:
    """A publication, and what every sample of it must be: (index, id, component, phase, copy, tokens, text, mask)."""

    manifest: Manifest
    samples: list[tuple[Any, ...]]


def publication_of(
    store: Store,
    rows: Sequence[int] = ROWS,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    tokenized: bool = True,
    name: str = "handmade",
) -> Publication:
    """The manifest of a publication with such shards, whose objects stand in the store."""
    texts = [f"{name} {number} " * (number % 5) for number in range(sum(rows))]  # each fifth is empty
    starts = np.cumsum([0, *rows]).tolist()
    shards = [
        _shard(number, start, texts[start : start + count], tokenized)
        for number, (start, count) in enumerate(zip(starts, rows, strict=False))
    ]
    exports = {format: _exported(store, format, shards) for format in formats}
    order = [asdict(write_shard(store, _order(shard), access="public")) for shard in shards]
    tokenizer = {"tokenizer": {"key": "bytes@1", "id": "0" * 64, "vocabulary": VOCABULARY, "separator": SEPARATOR}}
    facts = {
        "exports": exports,
        "order": order,
        "starts": starts[:-1],
        "total": starts[-1],
        **(tokenizer if tokenized else {}),
    }
    identity = Identity("published", (), {"name": name}, "1", (), hashlib.sha256(str(texts).encode()).hexdigest())
    manifest = refs.put_manifest(store, Manifest(identity, (), (), {}, facts))
    return Publication(manifest, [row for shard in shards for row in _samples(shard)])


def published(store: Store, **more: Any) -> Publication:
    """The same, published under its name."""
    made = publication_of(store, **more)
    before = refs.latest(store, PARTITION)
    refs.publish(store, PARTITION, made.manifest.id, build_key=made.manifest.id, started_from=before, reason="a test")
    return made


def plain(sample: Any) -> tuple[Any, ...]:
    """A sample in values that can be compared."""
    tokens = None if sample.tokens is None else sample.tokens.tolist()
    mask = None if sample.mask is None else sample.mask.tolist()
    return (sample.index, sample.doc_id, sample.component, sample.phase, sample.copy, tokens, sample.text, mask)


def without(samples: Sequence[tuple[Any, ...]], *places: int) -> list[tuple[Any, ...]]:
    """The samples with some of their values unknown: 5 the tokens, 6 the text."""
    return [tuple(None if place in places else value for place, value in enumerate(item)) for item in samples]


def file_of(manifest: Manifest, format: str, shard: int, suffix: str) -> File:
    return File(**manifest.facts["exports"][format]["shards"][shard]["files"][suffix])


def replaced(store: Store, path: str, body: bytes) -> None:
    """The object with other bytes, as no promise of a store allows."""
    store.delete([path])
    store.put_once(path, body)


def _shard(number: int, start: int, texts: Sequence[str], tokenized: bool) -> Shard:
    index = range(start, start + len(texts))
    columns: Mapping[str, pa.Array] = {
        "doc_id": pa.array([hashlib.sha256(str(row // 2).encode()).digest()[:16] for row in index], ID),
        "index": pa.array(index, pa.int64()),
        "text": pa.array(texts, pa.string()),
        "component": pa.array([("prose", "code")[row % 3 == 0] for row in index], pa.string()),
        "phase": pa.array([("stable", "anneal")[row > 30] for row in index], pa.string()),
        "copy": pa.array([row % 2 for row in index], pa.int32()),
    }
    bodies = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, bodies)]).astype(np.int64)
    tokens = Tokens(np.frombuffer(b"".join(bodies), np.uint8).astype(np.uint16), offsets)
    if not tokenized:
        return Shard(number, start, pa.table(columns))
    mask = np.array([carries_loss(place) for body in bodies for place in range(len(body))], np.bool_)
    return Shard(number, start, pa.table(columns), tokens, VOCABULARY, SEPARATOR, mask)


def carries_loss(place: int) -> bool:
    """Of a token in its document: three have none, the next three have it, and so on."""
    return place // 3 % 2 == 1


def _exported(store: Store, format: str, shards: Sequence[Shard]) -> dict[str, Any]:
    written = [FORMATS[format].write(shard) for shard in shards]
    told = [
        {
            "rows": shard.table.num_rows,
            "files": {suffix: _put(store, body, suffix, shard.table.num_rows) for suffix, body in one.files.items()},
            "facts": dict(one.facts),
        }
        for shard, one in zip(shards, written, strict=True)
    ]
    index = FORMATS[format].index([one.facts for one in written])
    return {"shards": told, "index": {name: _put(store, body, "json", 0) for name, body in index.items()}}


def _put(store: Store, body: bytes, suffix: str, rows: int) -> dict[str, Any]:
    path, sha256 = put_object(store, body, access="public", suffix=suffix)
    return asdict(File(path, sha256, len(body), rows))


def _order(shard: Shard) -> pa.Table:
    rows, names = shard.table.num_rows, ("index", "doc_id", "component", "phase", "copy")
    columns = {name: shard.table.column(name) for name in names}
    columns["shard"] = pa.array([shard.number] * rows, pa.int32())
    columns["row"] = pa.array(range(rows), pa.int32())
    columns["offset"] = columns["length"] = pa.nulls(rows, pa.int64())
    columns["masked"] = pa.nulls(rows, MASKED)
    if shard.tokens is not None:
        columns["offset"] = pa.array(shard.tokens.offsets[:-1] + np.arange(rows), pa.int64())
        columns["length"] = pa.array(np.diff(shard.tokens.offsets) + 1, pa.int64())
        lengths = np.diff(shard.tokens.offsets).tolist()
        spans = [[{"start": at, "end": min(at + 3, length)} for at in range(0, length, 6)] for length in lengths]
        columns["masked"] = pa.array(spans, MASKED)
    return pa.table(columns)


def _samples(shard: Shard) -> list[tuple[Any, ...]]:
    rows = shard.table.to_pylist()
    texts = [row["text"] for row in rows]
    tokens = [None if shard.tokens is None else [*text.encode(), SEPARATOR] for text in texts]
    masks = [None if token is None else [*map(carries_loss, range(len(token) - 1)), True] for token in tokens]
    return [
        (row["index"], row["doc_id"], row["component"], row["phase"], row["copy"], token, row["text"], mask)
        for row, token, mask in zip(rows, tokens, masks, strict=True)
    ]
