"""Near-duplicates from store to store against datatrove's four MinHash steps: how fast, and are the clusters the same?

Ours reads a snapshot from a store and writes fingerprints, families and survivors to it, by one process, with every
pair that shares a band a copy, as datatrove has it; datatrove has its documents in memory and writes what it keeps to
disk. Near copies are planted, for real texts hold few.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from tests.benchmarks.ours import SOURCE, write_recipe, write_texts
from tests.benchmarks.parity import WANTED
from tests.benchmarks.texts import read
from tests.corpora import Lenient

CORPUS, STAGES = "texts@dev", ("fingerprints", "families", "deduplicated")
SHARE = 0.1  # of the texts have a near copy
EDITS = 20  # words to one that is changed
PAIRS_OF = 200  # members of a cluster up to which all their pairs count


class Ours(NamedTuple):
    """What was found, and what it took."""

    clusters: list[int]
    seconds: float
    megabytes: int


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    texts = planted(read(arguments.input))
    sample = texts[: within(texts, arguments.limit_mb * 1e6)]
    with tempfile.TemporaryDirectory() as place:
        theirs, their_seconds = datatrove_clusters(sample, Path(place) / "datatrove")
        ours, whole = (our_clusters(part, Path(place) / name) for name, part in (("sample", sample), ("all", texts)))
    agreement = pair_f1(ours.clusters, theirs)
    size, total = megabytes(sample), megabytes(texts)
    return {
        "documents": len(sample),
        "megabytes": round(size, 2),
        "datatrove_mb_per_second": round(size / their_seconds, 3),
        "mb_per_second": round(size / ours.seconds, 1),
        "ratio": round(their_seconds / ours.seconds, 1),
        "pair_f1": round(agreement, 6),
        "counts": agreement >= WANTED,
        "clusters": sum(number > 1 for number in Counter(theirs).values()),
        "all_documents": len(texts),
        "all_megabytes": round(total, 2),
        "all_mb_per_second": round(total / whole.seconds, 1),
        "growth": round(whole.seconds / ours.seconds / (total / size), 2),  # of seconds per byte
        "memory_mb": ours.megabytes,
        "all_memory_mb": whole.megabytes,
    }, 0


def planted(texts: Sequence[str]) -> list[str]:
    """The texts, and of some a copy with some words changed, in an order of chance."""
    draw = random.Random(7)
    copies = []
    for text in draw.sample(list(texts), int(SHARE * len(texts))):
        words = text.split(" ")
        for at in draw.sample(range(len(words)), len(words) // (EDITS * 10)):
            words[at] = "altered"
        copies.append(" ".join(words))
    found = [*texts, *copies]
    draw.shuffle(found)
    return found


def within(texts: Sequence[str], size: float) -> int:
    sizes = np.cumsum([len(text.encode()) for text in texts])
    return max(1, int(np.searchsorted(sizes, size, side="right")))


def megabytes(texts: Iterable[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def our_clusters(texts: Sequence[str], place: Path) -> Ours:
    """The cluster of every text by number, the time of the three stages when all else stands, and the peak memory of
    the one process that has built everything."""
    keys = [f"t{number:08}" for number in range(len(texts))]
    write_texts(place / "texts", keys, texts, 1)
    write_recipe(place, "sources", {**SOURCE, "location": str(place / "texts" / "*.parquet")})
    write_recipe(place, "policies", {"name": "all", "rules": [{"rule": "words", "min": 0}], "max_removed": 1.0})
    said = {"fingerprints": {"sketch": 0}, "near": {"similarity": 0, "verify": "none", "chains": "report"}}
    members = [{"source": "texts", "policy": "all"}]
    write_recipe(place, "corpora", {"name": "texts", "members": members, "max_removed": 1.0, **said})
    command = [sys.executable, "-m", "tests.benchmarks.families", str(place)]
    seconds, megabytes = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with embedded(place / "store") as config, closing(LocalEngine(1)) as engine:
        library = Library(S3Store(config), find_recipes([place]), engine, Lenient())
        return Ours(numbered(labels(library, "texts", ("texts",)), keys), seconds, megabytes)


def build(place: Path) -> tuple[float, int]:
    """Seconds of the three stages, and peak resident megabytes."""
    with embedded(place / "store") as config, closing(LocalEngine(1)) as engine:
        library = Library(S3Store(config), find_recipes([place]), engine, Lenient())
        needed = library.needed(Partition("deduplicated", CORPUS))
        library.build_all(needed)  # compiles
        store, frozen = library.store, [part for part in needed if part.stage not in STAGES]
        store.delete([entry.path for entry in store.list("")])
        library.build_all(frozen)
        start = perf_counter()
        library.build_all([part for part in needed if part.stage in STAGES])
        return perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def labels(library: Library, corpus: str, sources: Sequence[str]) -> dict[str, bytes]:
    """The family of each document of a corpus by its name; of one without copies, the document."""
    snapshots = [library.build(Partition("snapshots", f"{source}@dev")).manifest for source in sources]
    families = library.build(Partition("families", f"{corpus}@dev")).manifest
    found: dict[str, bytes] = {}
    for documents, file in zip((file for item in snapshots for file in item.files), families.files, strict=True):
        names = read_shard(library.store, documents, ["locator"]).column(0).to_pylist()
        rows = read_shard(library.store, file, ["doc_id", "family"]).to_pylist()
        found |= {name: row["family"] or row["doc_id"] for name, row in zip(names, rows, strict=True)}
    return found


def numbered(found: Mapping[str, bytes], keys: Sequence[str]) -> list[int]:
    """A number for each family; what is no document stands alone."""
    numbers: dict[bytes, int] = {}
    return [numbers.setdefault(found[key], len(numbers)) if key in found else -1 - at for at, key in enumerate(keys)]


def datatrove_clusters(texts: Sequence[str], place: Path) -> tuple[list[int], float]:
    """The same of datatrove: its four steps, one after the other in this process."""
    try:
        from datatrove.data import Document
        from datatrove.pipeline.dedup import (
            MinhashDedupBuckets,
            MinhashDedupCluster,
            MinhashDedupFilter,
            MinhashDedupSignature,
        )
        from datatrove.pipeline.writers import JsonlWriter
        from loguru import logger
    except ModuleNotFoundError as error:
        message = f"this benchmark needs datatrove ({error}): pip install 'florilegium[bench]'"
        raise ModuleNotFoundError(message) from None
    logger.disable("datatrove")
    folders = {name: str(place / name) for name in ("signatures", "buckets", "removed", "kept")}

    def documents() -> Iterable[Any]:
        return (Document(text=text, id=str(at)) for at, text in enumerate(texts))

    signer = MinhashDedupSignature(folders["signatures"])
    signer.get_shingles("loads the tokenizer before the clock starts")
    start = perf_counter()
    signer.run(documents())
    for bucket in range(14):
        MinhashDedupBuckets(folders["signatures"], folders["buckets"]).run(None, bucket, 14)
    MinhashDedupCluster(folders["buckets"], folders["removed"], save_cluster_id=True).run(None, 0, 1)
    kept = MinhashDedupFilter(folders["removed"]).run(documents(), 0, 1)
    with JsonlWriter(folders["kept"]) as writer:
        for document in kept:
            writer.write(document)
    seconds = perf_counter() - start
    found = list(range(-len(texts), 0))
    path = place / "removed" / "000000.clusters"
    for number, cluster in np.fromfile(path, "<u4").reshape(-1, 2).tolist() if path.exists() else []:
        found[number] = cluster
    return found, seconds


def pair_f1(one: Sequence[int], other: Sequence[int]) -> float:
    """F1 of the pairs of documents in one cluster."""
    found, expected = pairs(one), pairs(other)
    return 2 * len(found & expected) / (len(found) + len(expected)) if found or expected else 1.0


def pairs(of: Sequence[int]) -> set[tuple[int, int]]:
    """All pairs of each cluster; of a large one those with its first."""
    groups: dict[int, list[int]] = {}
    for number, label in enumerate(of):
        groups.setdefault(label, []).append(number)
    found: set[tuple[int, int]] = set()
    for group in groups.values():
        found.update(combinations(group, 2) if len(group) <= PAIRS_OF else ((group[0], other) for other in group[1:]))
    return found


if __name__ == "__main__":
    print(json.dumps(build(Path(sys.argv[1]))))
