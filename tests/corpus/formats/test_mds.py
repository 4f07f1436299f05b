"""Samples of MDS: lengths in one, two and four bytes, one index for all shards, nothing that places cannot say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dagster_project.corpus.formats import mds
from dagster_project.corpus.formats.mds import Mds, MdsZstd
from dagster_project.corpus.model.errors import Refused
from tests.corpus.formats.shards import shard_of, stored_of

OF_FILES = {"samples", "raw_data", "zip_data"}


def test_lengths_stand_in_as_few_bytes_as_they_need() -> None:
    lengths = [0, 255, 256, 65_535, 65_536]
    shard = shard_of([""] * 5, vocabulary=300, lengths=lengths)
    written = Mds().write(shard)
    table = Mds().rows(stored_of(written, 5), 0, 5)
    assert [len(row) for row in table.column("tokens").to_pylist()] == lengths
    samples = sum(24 + 32 + 8 + 1 + width + 2 * length for width, length in zip([1, 1, 2, 2, 4], lengths, strict=True))
    samples += 5 * len("@1") + 3 * len("NOASSERTION") + 2 * len("MIT")
    config = json.dumps({key: written.facts[key] for key in written.facts if key not in OF_FILES}, sort_keys=True)
    assert len(written.files["mds"]) == 4 * 7 + len(config) + samples


@pytest.mark.parametrize("format", [Mds(), MdsZstd()])
def test_the_index_names_every_shard(format: Mds) -> None:
    shards = [shard_of(["a", "b"], number=0), shard_of(["c"], number=1, start=2)]
    written = [format.write(shard) for shard in shards]
    index = json.loads(format.index([one.facts for one in written])["index.json"])
    assert index["version"] == 2
    assert [(item["samples"], item["raw_data"]["basename"]) for item in index["shards"]] == [
        (2, "shard.00000.mds"),
        (1, "shard.00001.mds"),
    ]
    stored: list[Any] = [item["zip_data"] or item["raw_data"] for item in index["shards"]]
    assert [item["bytes"] for item in stored] == [len(one.files[format.suffix]) for one in written]
    assert stored[0]["basename"] == f"shard.00000.{format.suffix}"


def test_a_shard_beyond_its_places_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mds, "MOST_BYTES", 1000)
    with pytest.raises(Refused, match="MDS holds 4 GiB: make shards smaller"):
        Mds().write(shard_of(["a" * 1000]))
