"""The benchmarks of an artifact: read from files of the user, indexed, and kept in the store.

A file that is missing, another, or of which nothing can be looked for is refused: "could not be read" is never "clean".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.contamination.index import Index, Settings, index_of, ordered
from dagster_project.corpus.contamination.items import ROWS_AT_ONCE, Item, columns_of, items_of
from dagster_project.corpus.contamination.stored import FATES, as_facts, fates, store_index, told_of
from dagster_project.corpus.engine.work import ShardResult, Work, assemble
from dagster_project.corpus.kernels.benchmark_matches import NONE
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, BenchmarkRecipe, Layout
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.documents import ID, ID_BYTES
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.recipes import as_data
from dagster_project.corpus.scorers.examples import COMPRESSIONS, format_of, records_of_json, refusing
from dagster_project.corpus.storage.rows import entries
from dagster_project.corpus.storage.shards import write_shard

ROWS_PER_SHARD = 1 << 18
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),  # the hash of the item: its benchmark, name, question and answer
        pa.field("origin", pa.string(), nullable=False),  # sha256: and the hash of the file
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("fate", pa.string(), nullable=False),  # one of FATES
        pa.field("words", pa.int64(), nullable=False),  # of question and answer
        pa.field("ngrams", pa.int64(), nullable=False),  # that are looked for
        pa.field("whole", pa.bool_(), nullable=False),  # is its question looked for as a whole?
    ]
)


def recipe_of(recipe: ArtifactRecipe, files: Mapping[str, str]) -> dict[str, Any]:
    """What of a recipe decides the index: files by their content and by how they are read, and never by their place."""
    settings = Settings(**asdict(recipe.matching))
    read = [
        {
            "name": item.name,
            "sha256": files[item.file],
            "format": "".join(format_of(Path(item.file))),
            "layout": as_data(item.layout),
        }
        for item in sorted(recipe.benchmarks, key=lambda item: item.name)
    ]
    return {
        "kind": recipe.kind,
        "license": recipe.license,
        "benchmarks": read,
        "matching": as_data(recipe.matching),
        "index": settings.digest,
    }


def build_benchmarks(work: Work, recipe: ArtifactRecipe, files: Mapping[str, str]) -> tuple[Manifest, dict[str, Any]]:
    """One row for every item, what was looked for and what was not, and the index as facts."""
    items = ordered(item for benchmark in recipe.benchmarks for item in read(benchmark))
    index = index_of(items, Settings(**asdict(recipe.matching)))
    origins = {item.name: f"sha256:{files[item.file]}" for item in recipe.benchmarks}
    manifest = assemble(work, _shards(work, items, index, origins))
    stored = store_index(work.store, index, work.access)
    return manifest, {"index": as_facts(stored), "benchmarks": told_of(index)}


def read(recipe: BenchmarkRecipe) -> Iterator[Item]:
    """The items of a benchmark; a file of which one row cannot be read, and one without rows, are refused."""
    path = Path(recipe.file).expanduser()
    kind, _ = format_of(path)
    if kind not in READERS:
        raise Refused(f"{path} is of no known format: name a file that ends in {', '.join(READERS)}")
    item = None
    for item in items_of(recipe.name, _objects(path, READERS[kind](path, recipe.layout)), recipe.layout):
        yield item
    if item is None:
        raise Refused(f"benchmark {recipe.name} has no item in {path}: name the file that holds them")


def _objects(path: Path, rows: Iterator[Any]) -> Iterator[Mapping[str, Any]]:
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise Refused(f"{path}, row {number}: has no fields: write each item as an object, or name another file")
        yield row


def _rows_of_json(path: Path, layout: Layout) -> Iterator[Any]:
    return records_of_json(path)


def _rows_of_parquet(path: Path, layout: Layout) -> Iterator[Any]:
    with refusing(path, "Parquet"):
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns_of(layout, file.schema_arrow.names)):
            yield from batch.to_pylist()


def _rows_of_csv(path: Path, layout: Layout) -> Iterator[Any]:
    """The first line names the fields."""
    with refusing(path, "CSV"), pa.input_stream(str(path), compression=COMPRESSIONS.get(path.suffix)) as stream:
        yield from csv.DictReader(io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", newline=""), strict=True)


READERS: Mapping[str, Callable[[Path, Layout], Iterator[Any]]] = {
    ".jsonl": _rows_of_json,
    ".parquet": _rows_of_parquet,
    ".csv": _rows_of_csv,
}


def _shards(work: Work, items: Sequence[Item], index: Index, origins: Mapping[str, str]) -> Iterator[ShardResult]:
    found, words = fates(index), np.diff(index.firsts)
    for start in range(0, len(items), ROWS_PER_SHARD):
        rows = slice(start, start + ROWS_PER_SHARD)
        names = [item.benchmark for item in items[rows]]
        columns = [
            pa.array([bytes.fromhex(digest(list(item)))[:ID_BYTES] for item in items[rows]], ID),
            pa.array([origins[name] for name in names], pa.string()),
            pa.array(names, pa.string()),
            pa.array([item.id for item in items[rows]], pa.string()),
            pa.array(FATES, pa.string()).take(pa.array(found[rows])),
            pa.array(words[rows]),
            pa.array(index.totals[rows]),
            pa.array(index.anchors[rows] != NONE),
        ]
        table = pa.table(columns, schema=SCHEMA)
        file = write_shard(work.store, table, access=work.access)
        yield ShardResult(file, {"examples": _by_fate(names, found[rows])}, entries(table).tobytes())


def _by_fate(names: Sequence[str], found: Any) -> dict[str, dict[str, int]]:
    """How many items of each benchmark met each fate."""
    benchmark = np.array(names)
    return {
        name: {fate: int(((benchmark == name) & (found == number)).sum()) for number, fate in enumerate(FATES)}
        for name in sorted(set(names))
    }
