"""What `tests/benchmarks/needs.py` takes for granted: requests, objects and bytes of a build grow in proportion to the
shards of its text, from files to a published mix; but for a logarithm, where texts go to export shards."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Built, Unobserved
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing import relaying
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from tests.benchmarks.needs import slope
from tests.corpora import documents, library, write_jsonl, write_recipes

ROWS = 30  # of a file, which becomes a shard
FILES = (4, 8, 16)
WORDS = 3000  # of a file that the mix takes, which become an export shard
NAMES = ("get", "get_range", "size", "list", "open", "put", "put_once", "put_blocks_once", "delete")


class Counting(MemoryStore):
    """Counts its calls, each of which is at least one request of a real store."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = Counter[str]()

    def __getattribute__(self, name: str) -> Any:
        if name in NAMES:
            self.calls[name] += 1
        return super().__getattribute__(name)


class Told(Unobserved):
    """The calls for each stage."""

    def __init__(self, store: Counting):
        self.store, self.before, self.stages = store, 0, Counter[str]()

    def finished(self, built: Built) -> None:
        now = self.store.calls.total()
        self.stages[built.partition.stage] += now - self.before
        self.before = now


def cost(folder: Path, files: int) -> dict[str, float]:
    for number in range(files):
        write_jsonl(folder / "notes" / f"{number}.jsonl", documents(ROWS, number * ROWS))
    write_recipes(folder, str(folder / "notes" / "*.jsonl"), words=WORDS * files)
    with (folder / "mixes" / "notes.yaml").open("a") as recipe:
        recipe.write(f"shard_words: {WORDS}\n")
    store = Counting()
    found, told = library(store, folder), Told(store)
    found.observer = told
    published = found.build(Partition("published", "notes@dev")).manifest
    assert len(published.files) == pytest.approx(files, abs=1)
    entries = list(store.list("data/"))
    assert published.profile["words"] == pytest.approx(WORDS * files, rel=0.1)
    return {
        "requests": store.calls.total(),
        "requests to publish": told.stages["published"],
        "objects": len(entries),
        "bytes": sum(entry.size for entry in entries),
    }


def test_costs_grow_with_the_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
    monkeypatch.setattr(relaying, "FAN", 2)  # with 512, requests to publish 8 and 16 more shards differ by a third
    few, some, many = (cost(tmp_path / str(files), files) for files in FILES)
    for name in few:
        first, then = (some[name] - few[name]) / 4, (many[name] - some[name]) / 8
        assert first > 0
        assert then == pytest.approx(first, rel=0.1), name


def test_the_slope_leaves_out_what_every_build_costs() -> None:
    assert slope([1, 4, 16], [12, 18, 42]) == pytest.approx(2)
    assert slope([4], [18]) == pytest.approx(4.5)
