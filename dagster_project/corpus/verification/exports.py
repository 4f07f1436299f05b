"""Whether every format of a publication holds its rows: each shard is read back and compared with the rows and with the
order manifest; the stream of its tokens is digested again, and its packed sequences are packed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.formats.format import Shard
from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.formats.streams import stream_digest
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.loading.exports import export_of
from dagster_project.corpus.loading.shards import OpenShard, Window, rows_together
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.mix_recipes import PACKED, PackingRecipe
from dagster_project.corpus.model.tokens import Tokens
from dagster_project.corpus.publishing.sequences import packed_files
from dagster_project.corpus.storage.refs import read_manifest
from dagster_project.corpus.storage.shards import iterate_shard, read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.problems import Problem, noting
from dagster_project.corpus.verification.versions import Version


@dataclass(frozen=True)
class ExportTask:
    """One export shard in all formats that can be read."""

    store: Store
    version: str
    partition: str
    number: int
    damaged: frozenset[str]


class _Stream(NamedTuple):
    """The tokens of a shard, less separators, and the loss mask of each."""

    tokens: Tokens
    mask: Any


def export_tasks(store: Store, version: Version, damaged: set[str]) -> Iterator[ExportTask]:
    """A task for every shard whose rows can be read."""
    manifest = version.manifest
    order = manifest.facts.get("order", ())
    for number, file in enumerate(manifest.files):
        if file.path not in damaged and number < len(order) and order[number]["path"] not in damaged:
            named = {item.path for item in _files(manifest, number)}
            yield ExportTask(store, manifest.id, version.partition, number, frozenset(named & damaged))


def check_exports(task: ExportTask) -> list[Problem]:
    """What of a shard the formats say otherwise than its rows."""
    manifest, problems = read_manifest(task.store, task.version), list[Problem]()
    stream: _Stream | None = None
    for name, found in sorted(manifest.facts.get("exports", {}).items()):
        files = [File(**item) for item in found["shards"][task.number]["files"].values()]
        if name in FORMATS and not any(file.path in task.damaged for file in files):
            with noting(problems, files[0].path, task.partition, f"its {name} shard"):
                stream = _compared(task, manifest, name, files[0].path, problems) or stream
    if stream is not None and PACKED in manifest.facts["exports"]:
        _packed(task, manifest, stream, problems)
    return problems


def stream_problem(version: Version) -> Iterator[Problem]:
    """Whether the digest of all tokens is that of the digests of its shards."""
    told = version.manifest.facts.get("stream")
    if told and digest(told["shards"]) != told["digest"]:
        what = "the digest of its tokens"
        yield Problem(version.path, version.partition, what, digest(told["shards"]), str(told["digest"]))


def _files(manifest: Manifest, number: int) -> Iterator[File]:
    for found in manifest.facts.get("exports", {}).values():
        yield from (File(**item) for item in found["shards"][number]["files"].values())


def _compared(task: ExportTask, manifest: Manifest, name: str, path: str, problems: list[Problem]) -> _Stream | None:
    """Indexes, ids, lengths and masks are compared with the order manifest as loaders do it; here texts and tokens."""
    export = export_of(manifest, name)
    shard = OpenShard(task.store, export, task.number, ranged=False)
    texts, tokens = hashlib.sha256(), list[Window]()
    has_text, start = False, 0
    while start < shard.stored.rows:
        window = shard.decoded(start, min(start + rows_together(shard.format, False), shard.stored.rows))
        if window.texts is not None:
            has_text = True
            _hash(texts, window.texts)
        if window.tokens is not None:
            tokens.append(window)
        start = window.stop
    if has_text and texts.digest() != _texts_of(task.store, manifest.files[task.number]):
        problems.append(Problem(path, task.partition, "its texts", "those of the rows of the publication", "others"))
    if not tokens:
        return None
    stream = _Stream(
        _whole([window.tokens for window in tokens if window.tokens is not None]),
        np.concatenate([window.mask for window in tokens if window.mask is not None]),
    )
    expected, found = manifest.facts["stream"]["shards"][task.number], stream_digest([stream.tokens])
    if found != expected:
        problems.append(Problem(path, task.partition, "the digest of its tokens", str(expected), found))
    return stream


def _hash(total: Any, texts: pa.Array) -> None:
    """Each text behind its length, so that the digest is the same whatever the batches."""
    data, offsets = buffers(texts)
    bytes_ = memoryview(np.ascontiguousarray(data).data)
    for start, end in pairwise(offsets.tolist()):
        total.update((end - start).to_bytes(8, "little"))
        total.update(bytes_[start:end])


def _texts_of(store: Store, file: File) -> bytes:
    total = hashlib.sha256()
    for batch in iterate_shard(store, file, ["text"]):
        _hash(total, batch.column("text"))
    return total.digest()


def _whole(parts: list[Tokens]) -> Tokens:
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Tokens(np.concatenate([part.values for part in parts]), offsets)


def _packed(task: ExportTask, manifest: Manifest, stream: _Stream, problems: list[Problem]) -> None:
    """Pack the tokens again as the recipe says; arrays are compared byte by byte, tables of pieces by their rows."""
    told = {suffix: File(**item) for suffix, item in _packed_shard(manifest, task.number).items()}
    packing = PackingRecipe(**manifest.identity.recipe["packing"])
    for suffix, body in packed_files(_shard(task, manifest, stream, told), packing).files.items():
        if (file := told.pop(suffix, None)) is None:
            problems.append(
                Problem(f"manifests/{manifest.id}.json", task.partition, f"its {suffix}", "told", "missing")
            )
        elif file.path in task.damaged:
            continue
        elif suffix.endswith(".parquet"):
            with noting(problems, file.path, task.partition):
                if not read_shard(task.store, replace(file, rows=_rows(body))).equals(
                    pq.read_table(pa.BufferReader(body))
                ):
                    problems.append(Problem(file.path, task.partition, "its pieces", "those of its tokens", "others"))
        elif hashlib.sha256(body).hexdigest() != file.sha256:
            problems.append(Problem(file.path, task.partition, "its sequences", "those of its tokens", "others"))
    for file in told.values():
        problems.append(Problem(file.path, task.partition, "the object", "one that packing makes", "another"))


def _rows(parquet: bytes) -> int:
    return int(pq.read_metadata(pa.BufferReader(parquet)).num_rows)


def _packed_shard(manifest: Manifest, number: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest.facts["exports"][PACKED]["shards"][number]["files"]
    return found


def _shard(task: ExportTask, manifest: Manifest, stream: _Stream, told: Mapping[str, File]) -> Shard:
    """The shard as it was when it was packed: separators stood apart from the tokens then."""
    tokens, mask, tokenizer = stream.tokens, stream.mask, manifest.facts["tokenizer"]
    if tokenizer["separator"] is not None:
        stays = np.ones(len(tokens.values), np.bool_)
        stays[tokens.offsets[1:] - 1] = False
        tokens = Tokens(tokens.values[stays], tokens.offsets - np.arange(len(tokens.offsets)))
        mask = mask[stays]
    return Shard(
        task.number,
        manifest.facts["starts"][task.number],
        read_shard(task.store, File(**manifest.facts["order"][task.number]), ["doc_id", "index"]),
        tokens,
        tokenizer["vocabulary"],
        tokenizer["separator"],
        mask if any(suffix.endswith(".mask.npy") for suffix in told) else None,
    )
