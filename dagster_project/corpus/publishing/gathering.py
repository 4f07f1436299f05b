"""The second pass of an export: one shard, its members beside their texts, encoded once and written in every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.corpus.engine.work import ShardResult
from dagster_project.corpus.formats.format import Shard
from dagster_project.corpus.formats.formats import format_of
from dagster_project.corpus.formats.masks import masked_spans
from dagster_project.corpus.formats.spans import Spans, no_spans, span_lists
from dagster_project.corpus.formats.streams import stream_digest
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.mix_recipes import PACKED, PackingRecipe
from dagster_project.corpus.model.orders import MASKED, ORDER
from dagster_project.corpus.model.rendering_recipes import RenderingRecipe
from dagster_project.corpus.model.turns import TURNS
from dagster_project.corpus.publishing.encoding import Encoded, encode
from dagster_project.corpus.publishing.promises import Indexes, search
from dagster_project.corpus.publishing.rendering import render
from dagster_project.corpus.publishing.scattering import SENT, TEXTS
from dagster_project.corpus.publishing.sequences import packed_files
from dagster_project.corpus.publishing.shortening import shortened
from dagster_project.corpus.publishing.splitting import Span, received
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.tokenizers import load_tokenizer
from dagster_project.corpus.storage.exchange import Range
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import put_object, read_range, read_shard, stands, write_shard
from dagster_project.corpus.storage.stores import Store

SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("index", pa.int64(), nullable=False),  # position in the whole mix, from 0
        pa.field("text", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("component", pa.string(), nullable=False),
        pa.field("phase", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),  # of the document, not of what is written around it
        pa.field("turns", TURNS, nullable=False),  # of a conversation: who speaks in which bytes of the text
        pa.field("masked", MASKED, nullable=False),  # bytes of the text that carry no loss
    ]
)
RECEIVED = pa.schema(
    [("doc_id", ID), *((name, pa.string()) for name in TEXTS), ("turns", TURNS), ("index", pa.int64())]
)
MEMBER = ("doc_id", "component", "phase", "copy", "index", "source", "license", "language", "words", "control", "cut")


class Within(NamedTuple):
    """Files of the mix side by side that hold the members of a shard, or one of which it has none; and the row of the
    mix with which they begin."""

    files: tuple[File, ...]
    first: int


@dataclass(frozen=True)
class Gather:
    """One export shard: which members it has, where these and their texts lie, and how it is written."""

    store: Store
    key: str
    access: str
    number: int
    span: Span
    sent: tuple[Range, ...]
    members: Within
    formats: tuple[str, ...]
    tokenizer: Artifact | None
    packing: PackingRecipe
    rendering: RenderingRecipe
    seed: int
    searched: Indexes = ()  # for the benchmarks that its text must not repeat


@dataclass(frozen=True)
class Export:
    """The files of one shard in one format, by suffix, and what the format says of them."""

    files: Mapping[str, File]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Gathered:
    """An export shard as the manifest names it, the same rows in every format, and its part of the order manifest."""

    shard: ShardResult
    exports: Mapping[str, Export]
    order: File
    stream: str  # digest of its tokens; empty without a tokenizer


def gather(task: Gather) -> Gathered:
    """Sort what one export shard received and write it in every format; or find what was written before."""
    if found := _found(task):
        return found
    table, written, said = rendered(_joined(task), task.rendering, task.seed)
    encoded = _encoded(task, table, written)
    mask = encoded.mask if task.rendering.masks else None
    shard = Shard(task.number, task.span.start, table, encoded.tokens, encoded.vocabulary, encoded.separator, mask)
    file = _put(task, "parquet", shard.parquet)
    exports = {name: _written(task, name, shard, file) for name in task.formats}
    order = write_shard(task.store, _order(shard, encoded), access=task.access)
    stream = stream_digest([encoded.tokens], encoded.separator) if encoded.tokens is not None else ""
    profile = {**_profile(task, shard, exports), **said}
    told = {name: {"files": _as_data(item.files), "facts": item.facts} for name, item in exports.items()}
    record = {"file": asdict(file), "exports": told, "order": asdict(order), "stream": stream, "profile": profile}
    record_build(task.store, task.key, record)
    return Gathered(ShardResult(file, profile, entries(table).tobytes()), exports, order, stream)


def _found(task: Gather) -> Gathered | None:
    record = find_build(task.store, task.key)
    if record is None:
        return None
    file, order = File(**record["file"]), File(**record["order"])
    exports = {
        name: Export({suffix: File(**told) for suffix, told in item["files"].items()}, item["facts"])
        for name, item in record["exports"].items()
    }
    everything = [file, order, *(made for item in exports.values() for made in item.files.values())]
    if not all(stands(task.store, made) for made in everything):
        return None
    rows = entries(read_shard(task.store, file)).tobytes()
    return Gathered(ShardResult(file, record["profile"], rows), exports, order, record["stream"])


def _joined(task: Gather) -> pa.Table:
    """Members with their text; every member has exactly its own."""
    members = _members(task)
    texts = pa.concat_tables(received(task.store, task.span, task.sent) or [RECEIVED.empty_table()]).sort_by("index")
    if not texts.column("doc_id").equals(members.column("doc_id")):
        raise IntegrityError(f"export shard {task.number} did not receive the text of its members: build again")
    columns = {**{name: members.column(name) for name in MEMBER}, **{name: texts.column(name) for name in SENT}}
    return shortened(pa.table(columns).combine_chunks())


def rendered(table: pa.Table, rendering: RenderingRecipe, seed: int) -> tuple[pa.Table, Spans, dict[str, Any]]:
    """Members with their texts as a trainer sees them, which of their bytes the recipe wrote, and what was done."""
    report: dict[str, Any] = {}
    written = no_spans(len(table))
    if rendering == RenderingRecipe():
        table = table.append_column("masked", pa.array([[]] * len(table), MASKED))
    else:
        found = render(table, rendering, seed)
        written, report = found.written, {"rendering": found.report}
        for name, column in (("text", found.text), ("turns", found.turns)):
            table = table.set_column(table.column_names.index(name), name, column)
        table = table.append_column("masked", found.masked)
    return pa.table([table.column(name) for name in SCHEMA.names], schema=SCHEMA).combine_chunks(), written, report


def _members(task: Gather) -> pa.Table:
    """Its rows of the mix; there may be none, where all were taken down."""
    tables, first = [], task.members.first
    for file in task.members.files:
        start, end = max(task.span.first - first, 0), min(task.span.first + task.span.rows - first, file.rows)
        tables.append(read_range(task.store, file, start, max(start, end), MEMBER))
        first += file.rows
    return pa.concat_tables(tables)


def _encoded(task: Gather, table: pa.Table, written: Spans) -> Encoded:
    if task.tokenizer is None or task.tokenizer.model is None:
        return Encoded(None)
    return encode(load_tokenizer(task.tokenizer.model, task.tokenizer.loading), table, written)


def _written(task: Gather, name: str, shard: Shard, file: File) -> Export:
    """The files of a shard in one format; what has the bytes of the shard's own file is not sent to the store again."""
    written = packed_files(shard, task.packing) if name == PACKED else format_of(name).write(shard)
    files = {
        suffix: file if body is shard.parquet else _put(task, suffix, body) for suffix, body in written.files.items()
    }
    return Export(files, written.facts)


def _put(task: Gather, suffix: str, body: bytes) -> File:
    path, sha256 = put_object(task.store, body, access=task.access, suffix=suffix)
    return File(path, sha256, len(body), task.span.rows)


def _order(shard: Shard, encoded: Encoded) -> pa.Table:
    """The part of the order manifest of one shard."""
    rows = shard.table.num_rows
    columns = {name: shard.table.column(name) for name in ("index", "doc_id", "component", "phase", "copy")}
    columns["shard"] = pa.array(np.full(rows, shard.number, np.int32))
    columns["row"] = pa.array(np.arange(rows, dtype=np.int32))
    columns |= {name: pa.nulls(rows, ORDER.field(name).type) for name in ("offset", "length", "masked")}
    if shard.tokens is not None and encoded.mask is not None:
        extra = 0 if shard.separator is None else 1
        columns["offset"] = pa.array(shard.tokens.offsets[:-1] + extra * np.arange(rows))
        columns["length"] = pa.array(np.diff(shard.tokens.offsets) + extra)
        columns["masked"] = span_lists(masked_spans(encoded.mask, shard.tokens.offsets)).cast(MASKED)
    return pa.table([columns[name] for name in ORDER.names], schema=ORDER)


def _profile(task: Gather, shard: Shard, exports: Mapping[str, Export]) -> dict[str, Any]:
    text = shard.table.column("text")
    tokens = {"tokens": len(shard.tokens.values)} if shard.tokens is not None else {}
    roles = pc.struct_field(pc.list_flatten(shard.table.column("turns")), "role").value_counts()
    turns = {"turns": {item["values"]: item["counts"] for item in roles.to_pylist()}} if len(roles) else {}
    packed = {"packing": exports[PACKED].facts["report"]} if PACKED in exports else {}
    return {
        "words": pc.sum(shard.table.column("words"), min_count=0).as_py(),
        "text_bytes": pc.sum(pc.binary_length(text), min_count=0).as_py(),
        **tokens,
        **({"learned_tokens": int(shard.mask.sum())} if shard.mask is not None else {}),
        **turns,
        **packed,
        **search(text, task.searched),
    }


def _as_data(files: Mapping[str, File]) -> dict[str, Any]:
    return {suffix: asdict(file) for suffix, file in files.items()}
