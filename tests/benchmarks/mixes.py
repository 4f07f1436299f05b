"""A mix of all survivors of a corpus, ranked, ordered and exported as Parquet, against a bare read-and-rewrite of the
same text: zstd Parquet read from the same store, and written to it in shards of the same size by Arrow alone.

Both by one process, from store to store. What is exported must be every text once. What questions are answered from,
indexes and portraits, is made once a version stands; its time is told apart.
"""

from __future__ import annotations

import hashlib
import tempfile
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.lineage.index import index_version
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.drawing import portray
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from tests.benchmarks.ours import SOURCE, write_recipe, write_texts
from tests.benchmarks.texts import read
from tests.corpora import Lenient

MOST = 4.0  # times the bare rewrite
MIX = {
    "components": [{"name": "all", "corpus": "texts"}],
    "licenses": {"allow": list(table().classes)},
    "exports": ["parquet"],
}
RUNS = 3


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    texts = read(arguments.input)
    with tempfile.TemporaryDirectory() as place:
        found = measured([*dict.fromkeys(texts)], Path(place))
    good = found["ratio"] <= MOST and found["same_texts"]
    return {**found, "counts": good}, 0 if good else 1


def measured(texts: list[str], place: Path) -> dict[str, Any]:
    write_texts(place / "texts", [f"t{number:08}" for number in range(len(texts))], texts, 1)
    write_recipe(place, "sources", {**SOURCE, "name": "texts", "location": str(place / "texts" / "*.parquet")})
    write_recipe(place, "policies", {"name": "all", "rules": [{"rule": "words", "min": 0}], "max_removed": 1.0})
    members = [{"source": "texts", "policy": "all"}]
    write_recipe(place, "corpora", {"name": "texts", "members": members, "max_removed": 1.0})
    with embedded(place / "store") as config, closing(LocalEngine(1)) as engine:
        store = S3Store(config)
        library = Library(store, find_recipes([place]), engine, Lenient())
        snapshot, survivors = (
            library.build(Partition(stage, "texts@dev")).manifest for stage in ("snapshots", "deduplicated")
        )
        kept = digests_of(survivors_of(store, snapshot, survivors))
        for seed in range(RUNS + 1):
            recipe = {**MIX, "name": f"mix{seed}", "seed": seed, "budget": {"documents": len(kept)}}
            write_recipe(place, "mixes", recipe)
        library = Library(store, find_recipes([place]), engine, Lenient())
        timed(library, 0)  # compiles
        times = [(timed(library, seed + 1), rewritten(store, snapshot)) for seed in range(RUNS)]
        published, mixed = (library.build(Partition(stage, "mix1@dev")).manifest for stage in ("published", "mixed"))
        began = perf_counter()
        index_version(store, mixed)
        portray(store, engine, published)
        answers = perf_counter() - began
        same = digests_of(texts_of(store, published)) == kept
    ours, bare = (sorted(column)[RUNS // 2] for column in zip(*times, strict=True))
    size = published.profile["text_bytes"] / 1e6
    return {
        "documents": len(kept),
        "megabytes": round(size, 1),
        "seconds": round(ours, 2),
        "bare_seconds": round(bare, 2),
        "seconds_of_indexes_and_portrait": round(answers, 2),
        "mb_per_second": round(size / ours, 1),
        "bare_mb_per_second": round(size / bare, 1),
        "ratio": round(ours / bare, 2),
        "same_texts": same,
    }


def timed(library: Library, seed: int) -> float:
    began = perf_counter()
    library.build(Partition("published", f"mix{seed}@dev"))
    return perf_counter() - began


def rewritten(store: S3Store, snapshot: Manifest) -> float:
    """Read id, text, url and title of every document, and write them again."""
    began = perf_counter()
    for number, file in enumerate(snapshot.files):
        table = read_shard(store, file, ["doc_id", "text", "url", "title"])
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        store.put(f"scratch/bare/{number}", sink.getvalue().to_pybytes())
    return perf_counter() - began


def survivors_of(store: S3Store, snapshot: Manifest, survivors: Manifest) -> Iterator[str]:
    kept = {file.documents: file for file in survivors.files}
    for file in snapshot.files:
        texts = read_shard(store, file, ["text"]).column(0).to_pylist()
        status = read_shard(store, kept[file.sha256], ["status"]).column(0).to_pylist()
        yield from (text for text, said in zip(texts, status, strict=True) if said == "survivor")


def texts_of(store: S3Store, published: Manifest) -> Iterator[str]:
    for file in published.files:
        yield from read_shard(store, file, ["text"]).column(0).to_pylist()


def digests_of(texts: Iterable[str]) -> list[str]:
    return sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts)
