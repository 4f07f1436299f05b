"""Export shards for tests: any texts and tokens, and the files of a format where a reader finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from dagster_project.corpus.formats.format import Format, Shard, Stored, Written
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.tokens import Tokens

SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("index", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("component", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("spans", pa.list_(pa.struct([("start", pa.int64()), ("id", ID)]))),
    ]
)


def table_of(texts: Sequence[str], start: int = 0) -> pa.Table:
    """Rows as an export has them; the title is hostile wherever the text is."""
    ids = [hashlib.sha256(text.encode() + bytes([row % 251])).digest()[:16] for row, text in enumerate(texts)]
    columns = {
        "doc_id": ids,
        "index": range(start, start + len(texts)),
        "text": texts,
        "url": [None if row % 3 == 0 else f"https://example.org/{row}" for row in range(len(texts))],
        "title": [text[:40] for text in texts],
        "component": [text[:3] for text in texts],
        "source": [f"{text[:5]}@1" for text in texts],
        "license": ["MIT" if row % 2 else "NOASSERTION" for row in range(len(texts))],
        "copy": [row % 2 for row in range(len(texts))],
        "spans": [[{"start": row, "id": ids[row]}] * (row % 3) for row in range(len(texts))],
    }
    return pa.table({name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names}, schema=SCHEMA)


def tokens_of_length(lengths: Sequence[int], vocabulary: int, seed: int = 0) -> Tokens:
    """Tokens drawn from the whole vocabulary, its last id among them."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.random.default_rng(seed).integers(0, vocabulary, offsets[-1])
    values[-1:] = vocabulary - 1
    return Tokens(values.astype(np.uint16 if vocabulary <= 1 << 16 else np.uint32), offsets)


def shard_of(
    texts: Sequence[str],
    *,
    number: int = 0,
    start: int = 0,
    vocabulary: int = 0,
    separator: int | None = None,
    lengths: Sequence[int] | None = None,
    masked: bool = False,
) -> Shard:
    """A shard with tokens when it has a vocabulary: as many for each document as it has bytes, unless told; of a masked
    one about a third of them carries no loss."""
    lengths = [len(text.encode()) for text in texts] if lengths is None else lengths
    tokens = tokens_of_length(lengths, vocabulary, number) if vocabulary else None
    mask = np.random.default_rng(number).random(sum(lengths)) < 2 / 3 if masked else None
    return Shard(number, start, table_of(texts, start), tokens, vocabulary, separator, mask)


def stored_of(written: Written, rows: int) -> Stored:
    """The files as they come back from a store: a read beyond their end is an error."""

    def read(suffix: str, start: int, length: int) -> bytes:
        body = written.files[suffix]
        assert 0 <= start <= start + length <= len(body), (suffix, start, length, len(body))
        return body[start : start + length]

    return Stored(rows, {suffix: len(body) for suffix, body in written.files.items()}, read)


def delivered(format: Format, shards: Sequence[Shard], folder: Path) -> Path:
    """An export as a user has it: the files of all shards and those beside them, by the names that readers expect."""
    written = [format.write(shard) for shard in shards]
    for shard, one in zip(shards, written, strict=True):
        for suffix, body in one.files.items():
            (folder / f"{format.stem.format(shard.number)}.{suffix}").write_bytes(body)
    for name, body in format.index([one.facts for one in written]).items():
        (folder / name).write_bytes(body)
    return folder
