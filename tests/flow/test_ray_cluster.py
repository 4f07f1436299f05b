"""A Ray cluster of two nodes: the same versions as on one machine, also when a node dies with tasks or with results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from tests.corpora import library, prose, write_jsonl, write_recipes

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(400)
def test_a_node_dies_and_no_version_shows_it(s3_store: S3Store, tmp_path: Path) -> None:
    texts = [prose(n % 30) + f"\nAnd {n % 4} more." for n in range(80)]
    location = write_jsonl(tmp_path / "a.jsonl", [{"id": f"d{n}", "text": text} for n, text in enumerate(texts)])
    recipes = write_recipes(tmp_path / "r", str(location))
    here = library(MemoryStore(), recipes)
    command = [sys.executable, "-m", "tests.flow.ray_cluster", json.dumps(asdict(s3_store.config)), str(recipes)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_raylet_start_wait_time_s": "120"}
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    for stage in ("families", "published"):
        assert seen[stage] == here.build(Partition(stage, "notes@dev")).manifest.id
    assert "snapshots/notes@dev: begun" in seen["logged"], "Dagster launches it, and its log follows"
    assert any(": published, " in line for line in seen["logged"])
    assert seen["workers"] == seen["run"]["workers"] == 2
    assert seen["run"]["worker_peak_bytes"] > 50e6
    for name in ("running", "finished"):
        assert seen[name]["results"] == list(range(8))
        assert seen[name]["nodes"] == 2
        assert len(seen[name]["attempts"]) > 8, "what the node had under way, or had made, was done again"
