"""Shards in the order of the mix: text joined to members by a two-pass scatter, so that no shard needs all others.

Pass one reads every documents shard once and sends each member's text to the shard it belongs to; pass two sorts
what a shard received and writes it in every format asked for. Each format is one line in FORMATS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import ShardResult, Steps, Work, assemble
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.publishing.promises import Indexes, Promises, search
from dagster_project.corpus.storage.exchange import Address, Exchange, Piece, Range, ranges_of, read_rows
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import put_object, read_shard, stands, write_shard
from dagster_project.corpus.storage.stores import Store

CODE_VERSION = "2"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("index", pa.int64(), nullable=False),  # position in the whole mix, from 0
        pa.field("text", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("component", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("license", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
    ]
)
SENT = ("text", "url", "title")
MEMBER = ("doc_id", "component", "copy", "source", "license", "words")


def write_parquet(table: pa.Table, store: Store, access: str) -> File:
    return write_shard(store, table, access=access)


def write_jsonl(table: pa.Table, store: Store, access: str) -> File:
    """One object per line, zstd-compressed, ids in hexadecimal."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        for batch in table.to_batches(max_chunksize=2048):
            for row in batch.to_pylist():
                stream.write(orjson.dumps({**row, "doc_id": row["doc_id"].hex()}) + b"\n")
    body = sink.getvalue().to_pybytes()
    path, sha256 = put_object(store, body, access=access, suffix="jsonl.zst")
    return File(path, sha256, len(body), table.num_rows)


FORMATS: dict[str, Callable[[pa.Table, Store, str], File]] = {"parquet": write_parquet, "jsonl": write_jsonl}


@dataclass(frozen=True)
class Scatter:
    """Members that lie in one documents shard and have the edits of one shard, if any: their rows there, and their
    positions in the mix."""

    address: Address
    number: int
    file: File
    edits: File | None
    rows: NDArray[np.int32]
    index: NDArray[np.int64]
    starts: NDArray[np.int64]  # of every export shard


@dataclass(frozen=True)
class Gather:
    """One export shard: its members in order, and where the text for it lies."""

    store: Store
    key: str
    access: str
    number: int
    start: int
    members: pa.Table
    sent: tuple[Range, ...]
    formats: tuple[str, ...]
    searched: Indexes = ()  # for the benchmarks that its text must not repeat


@dataclass(frozen=True)
class Gathered:
    """An export shard as the manifest names it, and the same rows in the other formats."""

    shard: ShardResult
    exports: Mapping[str, File]


def export(
    work: Work,
    mix: Manifest,
    files: Mapping[str, File],
    formats: Sequence[str],
    shard_words: int,
    promises: Promises | None = None,
) -> Manifest:
    """Write the shards of a mix. `files` maps the digest of a shard, of documents or of their edits, to its file."""
    promises = promises or Promises()
    members = pa.concat_tables([read_shard(work.store, file) for file in mix.files]) if mix.files else _no_members()
    starts = shard_starts(members.column("words").to_numpy(), shard_words)
    gathered: list[Gathered] = []
    with Exchange(work.store) as address:
        scatters = list(_scatters(address, members, files, starts))
        steps = Steps(work, len(scatters) + len(starts))
        pieces = list(steps.map(scatter, scatters))
        found = _gathers(work, members, pieces, tuple(formats), starts)
        gathers = (replace(item, searched=promises.indexes) for item in found)

        def shards() -> Iterator[ShardResult]:
            for item in steps.map(gather, gathers):
                gathered.append(item)
                yield item.shard

        manifest = assemble(work, shards(), ordered=True)
    exports = {name: [asdict(item.exports[name]) for item in gathered] for name in formats}
    facts = {"exports": exports, "clean_of": promises.facts(manifest.profile)}
    return replace(manifest, facts={**manifest.facts, **facts})


def shard_starts(words: NDArray[np.int64], shard_words: int) -> NDArray[np.int64]:
    """Where export shards begin: a new one whenever another `shard_words` words have gone before."""
    shard = (np.cumsum(words) - words) // shard_words
    starts: NDArray[np.int64] = np.flatnonzero(np.diff(shard, prepend=-1)).astype(np.int64)
    return starts


def _no_members() -> pa.Table:
    names = (*MEMBER, "documents", "row", "edits")
    return pa.table({name: pa.array([], pa.int64() if name == "words" else pa.string()) for name in names})


def _scatters(
    address: Address, members: pa.Table, files: Mapping[str, File], starts: NDArray[np.int64]
) -> Iterator[Scatter]:
    shards = pc.binary_join_element_wise(members.column("documents"), members.column("edits"), " ")
    coded = shards.combine_chunks().dictionary_encode()
    codes, rows = coded.indices.to_numpy(), members.column("row").to_numpy()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(coded.dictionary) + 1))
    for number, shard in enumerate(coded.dictionary.to_pylist()):
        index = order[bounds[number] : bounds[number + 1]]
        documents, _, edits = shard.partition(" ")
        if missing := [digest for digest in (documents, edits) if digest and digest not in files]:
            raise IntegrityError(f"no shard {missing[0][:12]} among the inputs of this mix: rebuild it")
        yield Scatter(address, number, files[documents], files.get(edits), rows[index], index, starts)


def scatter(task: Scatter) -> Piece:
    """Send the text of the members in one documents shard to the export shards that want it."""
    table = read_texts(task.address.store, task.file, task.edits, task.rows)
    table = table.append_column("index", pa.array(task.index))
    shards = np.searchsorted(task.starts, task.index, side="right") - 1
    return task.address.send_rows(f"texts-{task.number:06d}", table, shards, len(task.starts))


def read_texts(store: Store, file: File, edits: File | None, rows: NDArray[np.int32]) -> pa.Table:
    """Some rows of a documents shard, the text as its edits leave it."""
    table = read_shard(store, file, ["doc_id", *SENT])
    if edits:
        found = read_shard(store, edits, ["doc_id", "edits"])
        if not found.column("doc_id").equals(table.column("doc_id")):
            raise IntegrityError(
                f"{edits.path} does not list the documents that it should cover: rebuild its partition"
            )
        table = table.append_column("edits", found.column("edits"))
    return edited(table.take(pa.array(rows)))


def _gathers(
    work: Work, members: pa.Table, pieces: Sequence[Piece], formats: tuple[str, ...], starts: NDArray[np.int64]
) -> Iterator[Gather]:
    ends = [*starts[1:].tolist(), members.num_rows] if len(starts) else []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        rows = members.slice(start, end - start).select(list(MEMBER)).combine_chunks()
        sent, key = ranges_of(pieces, number), work.key("gather", start, end, formats)
        yield Gather(work.store, key, work.access, number, start, rows, sent, formats)


def gather(task: Gather) -> Gathered:
    """Sort what one export shard received and write it in every format."""
    record = find_build(task.store, task.key)
    exports = {name: File(**file) for name, file in record["exports"].items()} if record else {}
    if record and all(stands(task.store, file) for file in (File(**record["file"]), *exports.values())):
        return Gathered(_result(task, File(**record["file"])), exports)
    texts = pa.concat_tables(read_rows(task.store, task.sent)).sort_by("index")
    table = joined(task, texts)
    exports = {name: FORMATS[name](table, task.store, task.access) for name in task.formats}
    file = exports.get("parquet") or write_parquet(table, task.store, task.access)
    record_build(
        task.store, task.key, {"file": asdict(file), "exports": {name: asdict(item) for name, item in exports.items()}}
    )
    return Gathered(ShardResult(file, _profile(task, table), entries(table).tobytes()), exports)


def joined(task: Gather, texts: pa.Table) -> pa.Table:
    """Members with their text; every member has exactly its own."""
    if not texts.column("doc_id").equals(task.members.column("doc_id")):
        raise IntegrityError(f"export shard {task.number} did not receive the text of its members: build again")
    columns = {**{name: task.members.column(name) for name in MEMBER}, **{name: texts.column(name) for name in SENT}}
    columns["index"] = pa.chunked_array([np.arange(task.start, task.start + task.members.num_rows)])
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _result(task: Gather, file: File) -> ShardResult:
    table = read_shard(task.store, file)
    return ShardResult(file, _profile(task, table), entries(table).tobytes())


def _profile(task: Gather, table: pa.Table) -> dict[str, Any]:
    return {
        "words": pc.sum(table.column("words")).as_py(),
        "text_bytes": pc.sum(pc.binary_length(table.column("text"))).as_py(),
        **search(table.column("text"), task.searched),
    }
