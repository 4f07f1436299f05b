"""Every kind of question of lineage, each by a process of its own, on a generated store behind the embedded S3: seconds
from the command to its answer, and whether that is what a scan of all members says."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dagster_project.corpus.lineage.questions import normalized_digest
from dagster_project.corpus.lineage.upkeep import rebuild, standing
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.urls import domain_of, host_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.embedded import embedded
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from tests.benchmarks.lineage_store import LICENSES, Size, Source, generate, text_of, url_of

MOST_SECONDS = 2.0
PROGRAM = "from dagster_project.cli.main import run; run()"


class Asked(NamedTuple):
    """A question as the command line takes it, and the documents that it means by a scan."""

    words: tuple[str, ...]
    means: Callable[[Source, int], NDArray[np.bool_]]  # of the rows of a source, by its number


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    size = Size(arguments.manifests, arguments.mixes, arguments.members)
    with tempfile.TemporaryDirectory() as place, embedded(Path(place) / "store") as config:
        store, begun = S3Store(config), perf_counter()
        sources = generate(store, size)
        generated, begun = perf_counter() - begun, perf_counter()
        catalog = rebuild(store)
        rebuilt = perf_counter() - begun
        joined = sum(item.size_bytes for item in standing(store, catalog) if item.stage == "mixed")
        told = {"manifests": len(catalog.tables["manifests"]), "mixes": size.mixes, "members": size.members}
        told |= {"generated": round(generated, 1), "rebuilt": round(rebuilt, 1)}
        told |= {"bytes_per_member": round(joined / size.members, 1)}
        results = dict(_measured(store, sources, place))
    good = all(item["agrees"] for item in results.values())
    quick = all(item["cpu_seconds"] <= MOST_SECONDS for item in results.values())
    return {
        **told,
        **{name: json.dumps(item) for name, item in results.items()},
        "counts": good and quick,
    }, 0 if good else 1


def questions(sources: list[Source]) -> Iterator[tuple[str, Asked]]:
    last = len(sources) - 1
    document = sources[last].ids[3].as_py()
    record = read_record(last, 3)
    snapshot = sources[1].snapshot.id[:16]
    site = host_of(url_of(last, 3)) or ""

    def row(source: int, number: int) -> Callable[[Source, int], NDArray[np.bool_]]:
        return lambda item, at: (np.arange(len(item.ids)) == number) & (at == source)

    def every(wanted: Callable[[int], bool]) -> Callable[[Source, int], NDArray[np.bool_]]:
        return lambda item, at: np.full(len(item.ids), wanted(at))

    yield "doc", Asked(("--doc", document.hex()), row(last, 3))
    yield "record", Asked(("--record", record), row(last, 3))
    yield "url", Asked(("--url", url_of(last, 3)), row(last, 3))
    yield "text", Asked(("--text", text_of(last, 3)), row(last, 3))
    yield "normalized", Asked(("--text", text_of(0, 3).upper(), "--normalized"), _alike)
    yield "near", Asked(("--text", text_of(0, 3), "--near", "1"), _alike)
    yield "host", Asked(("--host", site), lambda item, at: _hosts(item, at) == site)
    yield "domain", Asked(("--domain", domain_of(site)), every(lambda at: at == last))
    yield "source", Asked(("--source", "source1"), every(lambda at: at == 1))
    yield "snapshot", Asked(("--snapshot", snapshot), every(lambda at: at == 1))
    yield (
        "license",
        Asked(("--license", LICENSES[1]), lambda item, _: np.array(item.licenses.to_pylist()) == LICENSES[1]),
    )
    yield (
        "choice",
        Asked(("--license", LICENSES[2]), lambda item, _: np.array(item.licenses.to_pylist()) == LICENSES[2]),
    )


def read_record(source: int, row: int) -> str:
    return hashlib.sha256(f"source{source}\0{url_of(source, row)}".encode()).digest()[:16].hex()


def _alike(source: Source, number: int) -> NDArray[np.bool_]:
    """The texts of the source with real fingerprints that are the same when normalized: all numbers are."""
    texts = [text_of(0, row) for row in range(len(source.ids))] if number == 0 else []
    found = [normalized_digest(text) == normalized_digest(text_of(0, 3)) for text in texts]
    return np.array(found or [False] * len(source.ids), np.bool_)


def _hosts(source: Source, number: int) -> NDArray[Any]:
    return np.array([host_of(url_of(number, row)) for row in range(len(source.ids))])


def _measured(store: Store, sources: list[Source], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    mixes = {
        str(part.key): refs.load_manifest(store, refs.resolve(store, part)) for part in refs.published(store, "mixed")
    }
    for words in ("--doc", "0" * 32), ("--text", "x", "--normalized"), ("--text", "x", "--near"), ("--license", "MIT"):
        _cold(place, "impact", *words)  # fills the interpreter's own caches, as an installation does
    for name, asked in questions(sources):
        wall, cpu, answer = _cold(place, "impact", *asked.words)
        found = {item["mix"]: [item["documents"], item["members"], item["shards"]] for item in answer["mixes"]}
        agrees = found == dict(_scanned(store, mixes, sources, asked))
        yield f"impact {name}", {"seconds": wall, "cpu_seconds": cpu, "mixes": len(found), "agrees": agrees}
    mix = max(mixes)
    document = read_shard(store, mixes[mix].files[0], ["doc_id"]).column("doc_id")[0].as_py().hex()
    for words in (("--doc", document), ("--url", _url_in(store, sources, mixes[mix]))):
        wall, cpu, answer = _cold(place, "trace", mix, *words)
        told = answer if words[0] == "--doc" else answer["documents"][0]
        agrees = bool(told["members"] and told["decisions"])
        yield f"trace {words[0]}", {"seconds": wall, "cpu_seconds": cpu, "agrees": agrees}


def _url_in(store: Store, sources: list[Source], mixed: Manifest) -> str:
    """The address of a member of a mix."""
    first = read_shard(store, mixed.files[0], ["source", "row"]).slice(5, 1).to_pylist()[0]
    number = next(at for at, source in enumerate(sources) if source.key == first["source"])
    return url_of(number, first["row"])


def _scanned(
    store: Store, mixes: dict[str, Manifest], sources: list[Source], asked: Asked
) -> Iterator[tuple[str, list[Any]]]:
    """By reading all members."""
    means = {source.key: asked.means(source, at) for at, source in enumerate(sources)}
    for key, mixed in mixes.items():
        ids: set[bytes] = set()
        positions, start = [], 0
        for file in mixed.files:
            table = read_shard(store, file, ["doc_id", "source", "row"])
            rows, coded = table.column("row").to_numpy(), table.column("source").combine_chunks().dictionary_encode()
            codes, is_one = coded.indices.to_numpy(), np.zeros(len(rows), np.bool_)
            for code, name in enumerate(coded.dictionary.to_pylist()):
                here = codes == code
                is_one[here] = means[name][rows[here]]
            ids |= set(table.column("doc_id").filter(pa.array(is_one)).to_pylist())
            positions.append(np.flatnonzero(is_one) + start)
            start += file.rows
        found = np.concatenate(positions)
        if len(found):
            yield key, [len(ids), len(found), np.unique(found // 50_000).tolist()]


def _cold(place: str, *words: str) -> tuple[float, float, Any]:
    """Seconds of a process, those of its processors, and what it says."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    command = [sys.executable, "-c", PROGRAM, "--home", place, *words, "--json"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env = {**kept, "PYTHONPYCACHEPREFIX": f"{place}/pycache"}  # compiled once, as where it is installed
    done = subprocess.run(command, check=True, capture_output=True, env=env)
    wall, after = perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(wall, 2), round(cpu, 2), json.loads(done.stdout)
