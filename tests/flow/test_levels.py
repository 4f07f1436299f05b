"""Texts that go to export shards in several levels: what is published is the same, byte for byte."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Unobserved
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing import relaying, scattering, splitting
from dagster_project.corpus.publishing.relaying import levels_of
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import documents, library, write_jsonl, write_recipes

MIXED, PUBLISHED = Partition("mixed", "notes@dev"), Partition("published", "notes@dev")
FILES, ROWS = 6, 12
LARGE = 20  # documents from this one on, of as many words as all others and ten times as many bytes


@pytest.fixture(scope="module", params=["whole", "holed"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryStore]:
    """A mix that nothing was published of; or one whose first two shards have lost all documents, and others some."""
    folder = tmp_path_factory.mktemp(request.param)
    rows = documents(FILES * ROWS)
    for row in rows[LARGE : LARGE + 3]:
        row["text"] = " ".join(word * 30 for word in row["text"].split())
    for number in range(FILES):
        write_jsonl(folder / "notes" / f"{number}.jsonl", rows[number::FILES])
    write_recipes(folder, str(folder / "notes" / "*.jsonl"), words=6000)
    with (folder / "mixes" / "notes.yaml").open("a") as recipe:
        recipe.write("shard_words: 400\nexports: [parquet, jsonl]\n")
    store = MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        patch.setattr(mix, "MEMBERS_PER_SHARD", 10)
        found = library(store, folder)
        found.build(MIXED)
        if request.param == "holed":
            ids = ids_of(store, found.build(MIXED).manifest)
            add(store, [Entry("document", item.hex()) for item in (*ids[:8], *ids[20:23], ids[-1])])
            assert found.build(MIXED).manifest.rows < len(ids)
    return folder, store


def ids_of(store: MemoryStore, manifest: Manifest) -> list[bytes]:
    return [item for file in manifest.files for item in read_shard(store, file, ["doc_id"]).column(0).to_pylist()]


class Told(Unobserved):
    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def progressed(self, partition: Partition, done: int, total: int) -> None:
        self.steps.append((done, total))


def published(place: tuple[Path, MemoryStore], fan: int) -> tuple[Manifest, list[tuple[int, int]], int]:
    """What is published of a copy of a store, how it went on, and how many levels it took."""
    folder, before = place
    store, told = MemoryStore(), Told()
    store._objects = dict(before._objects)
    levels: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relaying, "FAN", fan)
        patch.setattr(relaying, "SLICE_BYTES", 20_000)
        patch.setattr(scattering, "SLICE_BYTES", 4000)
        patch.setattr(splitting, "SHARD_BYTES", 9000)
        patch.setattr(
            "dagster_project.corpus.publishing.exports.levels_of",
            lambda starts: levels.append(len(levels_of(starts).starts)) or levels_of(starts),
        )
        found = library(store, folder)
        found.observer = told
        manifest = found.build(PUBLISHED).manifest
    assert not list(store.list("scratch/"))
    return manifest, told.steps, levels[0]


def test_levels_do_not_show(mixed: tuple[Path, MemoryStore]) -> None:
    one, steps, levels = published(mixed, 512)
    assert levels == 1
    shards = len(one.facts["order"])
    assert shards > 16  # by words, and more where they were too large
    assert any(file.rows == 0 for file in one.files) == (one.rows < one.facts["total"])
    for fan, expected in ((5, 2), (3, 3), (2, 4)):
        several, further, levels = published(mixed, fan)
        assert levels == expected
        assert asdict(several) == asdict(one)
        assert further[-1][0] == further[-1][1] > steps[-1][0] == steps[-1][1]
