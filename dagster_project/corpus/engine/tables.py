"""Row-aligned side tables: run a function over every shard of some documents, and keep the rows where they are.

Shard i of a side table has the rows of documents shard i, in that order, carries `doc_id` and names that shard's
digest. Reading zips, never joins; a mismatch stops the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from dagster_project.corpus.engine.work import ShardResult, Work, assemble, watched
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.storage.refs import find_build, record_build
from dagster_project.corpus.storage.replacements import followed
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import read_shard, stands, write_shard
from dagster_project.corpus.storage.stores import Store

Function = Callable[[pa.Table, Mapping[str, Any]], tuple[pa.Table, Mapping[str, Any]]]


@dataclass(frozen=True)
class Column:
    """Columns wanted from one version: its manifest, their names, and what stands before each in the table read."""

    manifest: Manifest
    names: tuple[str, ...]
    prefix: str = ""


class Part(NamedTuple):
    """The same of one shard."""

    file: File
    names: tuple[str, ...]
    prefix: str = ""


def map_shards(
    work: Work, documents: Sequence[File], function: Function, columns: Sequence[Column], *, ordered: bool = False
) -> Manifest:
    """Run `function(table of the wanted columns, recipe)` on every documents shard; it returns the side table's columns
    after doc_id, and counts for the profile."""
    tasks = shard_tasks(work, documents, function, columns)
    return assemble(work, watched(work, work.engine.map(run_shard, tasks), len(tasks)), ordered=ordered)


def shard_tasks(
    work: Work, documents: Sequence[File], function: Function, columns: Sequence[Column]
) -> list[ShardTask]:
    """One task for every documents shard."""
    return [
        ShardTask(
            store=work.store,
            key=work.key("shard", document.sha256, [part.file.sha256 for part in aligned]),
            access=work.access,
            schema=work.schema,
            recipe=work.recipe,
            function=function,
            documents=document,
            columns=aligned,
        )
        for document, aligned in align(documents, columns)
    ]


def align(documents: Sequence[File], columns: Sequence[Column]) -> list[tuple[File, tuple[Part, ...]]]:
    """Pair every documents shard with the shards of the side tables that cover it; refuse anything uncovered."""
    by_digest = [{(file.documents or file.sha256): file for file in column.manifest.files} for column in columns]
    for column, files in zip(columns, by_digest, strict=True):
        if missing := [document.path for document in documents if document.sha256 not in files]:
            raise IntegrityError(
                f"{column.manifest.stage} {column.manifest.id[:12]} does not cover {len(missing)} documents shards, "
                f"first {missing[0]}: rebuild it"
            )
    return [
        (
            document,
            tuple(
                Part(files[document.sha256], column.names, column.prefix)
                for column, files in zip(columns, by_digest, strict=True)
            ),
        )
        for document in documents
    ]


@dataclass(frozen=True)
class ShardTask:
    """One shard of a side table, as it travels to a worker."""

    store: Store
    key: str
    access: str
    schema: pa.Schema
    recipe: Mapping[str, Any]
    function: Function
    documents: File
    columns: tuple[Part, ...]


def run_shard(task: ShardTask) -> ShardResult:
    """Find the shard or make it; either way its rows are digested from what stands in the table."""
    if found := find_shard(task):
        return ShardResult(found[0], found[1], entries(read_shard(task.store, found[0])).tobytes())
    table, profile = task.function(zipped(task.store, task.columns), task.recipe)
    table = check_rows(table, task)
    return ShardResult(keep_shard(task, table, profile), profile, entries(table).tobytes())


def find_shard(task: ShardTask) -> tuple[File, Mapping[str, Any]] | None:
    """A shard that was made before and still stands, or what stands in its place, and its profile."""
    record = find_build(task.store, task.key)
    if record and stands(task.store, file := File(**record["file"])):
        return followed(task.store, file) or file, record["profile"]
    return None


def keep_shard(task: ShardTask, table: pa.Table, profile: Mapping[str, Any]) -> File:
    """Write what was made of a shard, and record it."""
    file = write_shard(task.store, table, access=task.access, documents=task.documents.sha256)
    record_build(task.store, task.key, {"file": asdict(file), "profile": profile})
    return file


def zipped(store: Store, columns: Sequence[Part]) -> pa.Table:
    """The wanted columns side by side, with doc_id; every part must list the same documents in the same order."""
    whole: pa.Table | None = None
    for file, names, prefix in columns:
        part = read_shard(store, file, ["doc_id", *[name for name in names if name != "doc_id"]])
        part = part.rename_columns(["doc_id", *[prefix + name for name in part.column_names[1:]]])
        if whole is None:
            whole = part
            continue
        if not part.column("doc_id").equals(whole.column("doc_id")):
            raise IntegrityError(f"{file.path} does not list the documents that it should cover: rebuild its partition")
        for name in part.column_names[1:]:
            whole = whole.append_column(part.schema.field(name), part.column(name))
    if whole is None:
        raise IntegrityError("a side table needs at least one input")
    return whole


def check_rows(table: pa.Table, task: ShardTask) -> pa.Table:
    """Never a side table that is shorter, longer or of another shape than its documents."""
    if table.num_rows != task.documents.rows:
        raise IntegrityError(
            f"a side table of {table.num_rows} rows cannot cover {task.documents.path} with {task.documents.rows}"
        )
    return table.select(task.schema.names).cast(task.schema)
