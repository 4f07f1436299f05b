"""From files to a published mix at growing sizes, each by a process of its own behind the embedded S3: seconds, peak
memory of each process, requests and bytes, stage by stage; and what that makes of a terabyte (`needs.py`).

Texts of the larger sizes are made of lines of the input, drawn at random: they have its lengths and its words, and are
no copies of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from dagster_project.corpus.building.library import Built, Library, Unobserved
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.licenses.table import table
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.embedded import embedded
from tests.benchmarks.counted import CountedStore, Requests, read_requests
from tests.benchmarks.memory import Peaks
from tests.benchmarks.needs import needs
from tests.benchmarks.ours import SOURCE, write_recipe
from tests.benchmarks.texts import read
from tests.corpora import Lenient

TIMES = (1, 4, 16)
FILE_BYTES = 64 << 20
WORKERS = 2
RULES = (  # Gopher's, with limits that technical texts keep, so that mixing and exporting are measured, too
    {"rule": "content_words", "min": 1},
    {"rule": "mean_word_length", "max": 100},
    {"rule": "hash_share", "max": 1},
    {"rule": "ellipsis_share", "max": 1},
    {"rule": "bullet_line_share", "max": 1},
    {"rule": "ellipsis_line_share", "max": 1},
    {"rule": "alphabetic_word_share", "min": 0},
    {"rule": "stop_words", "min": 0},
)
MOST_MB = 1536  # of a process, by the design
DRAWN = 1_000  # documents whose lines are drawn together


class Told(Unobserved):
    """What each stage took, of all its partitions together."""

    def __init__(self, log: Path):
        self.log, self.stages, self.seen, self.driven = log, dict[str, dict[str, Any]](), Requests(), process_time()

    def finished(self, built: Built) -> None:
        nothing = {"seconds": 0.0, "driver_seconds": 0.0, "rows": 0, "bytes": 0, "requests": {}}
        found = self.stages.setdefault(built.partition.stage, nothing)
        found["seconds"] += built.seconds
        found["driver_seconds"] += process_time() - self.driven
        self.driven = process_time()
        found["rows"] += built.manifest.rows
        found["bytes"] += built.manifest.size_bytes
        now = read_requests(self.log)
        counts = Counter(found["requests"])
        counts.update(now.counts - self.seen.counts)
        sent, received = now.sent - self.seen.sent, now.received - self.seen.received
        found |= {"requests": dict(counts), "sent": found.get("sent", 0) + sent}
        found["received"] = found.get("received", 0) + received
        self.seen = now


def run(arguments: Namespace) -> tuple[dict[str, Any], int]:
    sizes = []
    for times in arguments.times or TIMES:
        command = [sys.executable, "-m", "tests.benchmarks.scale", json.dumps([arguments.input, times])]
        sizes.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
        print(told_of(sizes[-1]), file=sys.stderr, flush=True)
    if arguments.plot:
        plot(sizes, arguments.plot)
    return {"sizes": sizes, "needs": needs(sizes)}, 0 if is_flat(sizes) else 1


def told(result: Mapping[str, Any]) -> str:
    lines = [told_of(size) for size in result["sizes"]]
    return "\n".join([*lines, "", *(f"{name:40} {value}" for name, value in result["needs"].items())])


def told_of(size: Mapping[str, Any]) -> str:
    stages = ", ".join(f"{name} {stage['seconds']:.1f}" for name, stage in size["stages"].items())
    return (
        f"{size['times']:>3}x {size['text_bytes'] / 1e6:8.1f} MB {size['seconds']:7.1f} s "
        f"{size['text_bytes'] / 1e6 / size['seconds']:6.1f} MB/s, driver {size['driver_mb']} MB and "
        f"{size['driver_seconds']:.1f} s of processor, worker "
        f"{size['worker_mb']} MB, {size['requests']} requests ({stages})"
    )


def plot(sizes: Sequence[Mapping[str, Any]], path: str) -> None:
    """Seconds by stage, and the peak memory of driver and workers, over the megabytes of text."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    times, memory = figure.subplots(1, 2)
    text = [size["text_bytes"] / 1e6 for size in sizes]
    stages = {name: [size["stages"][name]["seconds"] for size in sizes] for name in sizes[0]["stages"]}
    times.stackplot(text, *stages.values(), labels=[*stages])
    times.set(title="Seconds by stage", xlabel="MB of text", ylabel="seconds", xlim=(0, text[-1]), ylim=0)
    times.legend(loc="upper left", fontsize="small", reverse=True)
    for name in ("driver", "worker"):
        memory.plot(text, [size[f"{name}_mb"] for size in sizes], marker="o", label=f"{name}, at its peak")
    memory.axhline(MOST_MB, color="gray", linestyle="--", linewidth=1, label="allowed")
    memory.set(title="Memory of one process", xlabel="MB of text", ylabel="MB", xlim=0, ylim=0)
    memory.legend(loc="lower right", fontsize="small")
    figure.savefig(path, dpi=110)


def is_flat(sizes: Sequence[Mapping[str, Any]]) -> bool:
    """No process needs more than it may, at any size."""
    return all(max(size["driver_mb"], size["worker_mb"]) <= MOST_MB for size in sizes)


def measured(path: str | None, times: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place, embedded(Path(place) / "store") as config:
        folder, log = Path(place), Path(place) / "requests"
        size = write_texts(folder / "texts", read(path), times)
        write_recipes(folder)
        store = CountedStore(config, log)
        with closing(LocalEngine(WORKERS)) as engine, Peaks() as peaks:
            observer = Told(log)
            library = Library(store, find_recipes([folder]), engine, Lenient(), observer)
            begun = perf_counter()
            survivors = library.build(Partition("deduplicated", "texts@dev")).manifest
            write_mix(folder, survivors)
            library = Library(store, find_recipes([folder]), engine, Lenient(), observer)
            published = library.build(Partition("published", "texts@dev")).manifest
            seconds = perf_counter() - begun
        requests = read_requests(log)
        return {
            "times": times,
            "text_bytes": size,
            "documents": survivors.rows,
            "published": published.rows,
            "seconds": round(seconds, 2),
            "driver_seconds": round(sum(stage["driver_seconds"] for stage in observer.stages.values()), 2),
            "driver_mb": peaks.driver_mb,
            "worker_mb": peaks.worker_mb,
            "requests": requests.counts.total(),
            "sent": requests.sent,
            "received": requests.received,
            "stored": sum(entry.size for entry in store.list("data/")),
            "stages": observer.stages,
        }


def write_recipes(folder: Path) -> None:
    write_recipe(folder, "sources", {**SOURCE, "location": str(folder / "texts" / "*.parquet")})
    write_recipe(folder, "policies", {"name": "wide", "rules": list(RULES)})
    members = [{"source": "texts", "policy": "wide"}]
    write_recipe(folder, "corpora", {"name": "texts", "members": members, "max_removed": 1.0})


def write_mix(folder: Path, survivors: Manifest) -> None:
    recipe = {
        "name": "texts",
        "components": [{"name": "all", "corpus": "texts"}],
        "licenses": {"allow": list(table().classes)},
        "budget": {"documents": survivors.profile["status"]["survivor"]},
        "exports": ["parquet"],
    }
    write_recipe(folder, "mixes", recipe)


def write_texts(folder: Path, texts: Sequence[str], times: int) -> int:
    """The texts once, then as many again as often as is said, in files of about FILE_BYTES; returns their bytes."""
    folder.mkdir()
    total = number = held = 0
    batch: list[str] = []
    for text in _texts(texts, times):
        batch.append(text)
        held += len(text.encode())
        if held >= FILE_BYTES:
            number, total, held, batch = _written(folder, number, batch), total + held, 0, []
    if batch:
        _written(folder, number, batch)
    return total + held


def _written(folder: Path, number: int, batch: Sequence[str]) -> int:
    keys = [f"{number:04}-{row:08}" for row in range(len(batch))]
    columns = {"key": pa.array(keys), "text": pa.array(batch, pa.large_string())}
    pq.write_table(pa.table(columns), folder / f"{number:05}.parquet", row_group_size=1000)
    return number + 1


def _texts(texts: Sequence[str], times: int) -> Iterator[str]:
    yield from texts
    lines = [line for text in texts for line in text.split("\n")]
    lengths = [text.count("\n") + 1 for text in texts]
    for copy in range(1, times):
        draw = np.random.default_rng(copy)
        for start in range(0, len(lengths), DRAWN):
            some = lengths[start : start + DRAWN]
            drawn = iter(draw.integers(len(lines), size=sum(some)).tolist())
            for length in some:
                yield "\n".join(lines[next(drawn)] for _ in range(length)) or "."


if __name__ == "__main__":
    print(json.dumps(measured(*json.loads(sys.argv[1]))))
    sys.stdout.flush()
    os._exit(0)
