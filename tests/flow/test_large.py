"""Larger than memory is the normal case: gigabytes of JSONL become a published mix under 1.5 GB per process.

`FLORILEGIUM_LARGE_GB` sets the size (default 4). Prints seconds and peak resident memory of driver and workers.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from dagster_project.corpus.storage.s3 import S3Config
from tests.corpora import WORDS, write_recipes

ROOT = Path(__file__).parents[2]
LIMIT_BYTES = int(1.5 * 2**30)
PROGRAM = """
import json, sys
from pathlib import Path
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import library

class Printing:
    run = ""
    def started(self, partition): ...
    def progressed(self, partition, done, total): ...
    def finished(self, built): print(built.partition, built.manifest.rows, f"{built.seconds:.1f} s", file=sys.stderr)

if __name__ == "__main__":
    lib = library(S3Store(S3Config(**json.loads(sys.argv[1]))), Path(sys.argv[2]), workers=2)
    lib.observer = Printing()
    built = lib.build(Partition("published", "notes@dev"))
    lib.engine.close()
    print(json.dumps({"rows": built.manifest.rows, "words": built.manifest.profile["words"]}))
"""


def generate(path: Path, size_bytes: int) -> int:
    """JSONL of documents of 2 to 8 KB from 200,000 sentences of a 20,000-word vocabulary; one in ten stands twice."""
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    rare = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(20_000)]
    sentences = [
        " ".join([chance.choice(WORDS) if n % 3 == 0 else chance.choice(rare) for n in range(14)]) + "."
        for _ in range(200_000)
    ]
    written = count = 0
    previous = ""
    with open(path, "w", encoding="utf-8") as file:
        while written < size_bytes:
            text = previous if count % 10 == 9 else " ".join(chance.choices(sentences, k=chance.randint(20, 80)))
            line = json.dumps({"id": f"d{count}", "text": text, "license": "CC-BY-4.0"}) + "\n"
            written += file.write(line)
            count, previous = count + 1, text
    return count


def resident(process: int) -> dict[int, int]:
    """Resident bytes of a process and all below it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, queue = {}, [process]
    while queue:
        pid = queue.pop()
        queue += parents.get(pid, [])
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
        found[pid] = pages * os.sysconf("SC_PAGE_SIZE")
    return found


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(5400)
def test_gigabytes_in_bounded_memory(tmp_path: Path, embedded_s3: S3Config, capfd: pytest.CaptureFixture[str]) -> None:
    size = int(float(os.environ.get("FLORILEGIUM_LARGE_GB", "4")) * 2**30)
    count = generate(tmp_path / "large.jsonl", size)
    recipes = write_recipes(tmp_path / "recipes", str(tmp_path / "large.jsonl"), words=size // 40)
    begun = time.monotonic()
    command = [sys.executable, "-c", PROGRAM, json.dumps(asdict(embedded_s3)), str(recipes)]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command[1:3] = [str(program)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid, size_bytes in resident(process.pid).items():
            peaks[pid] = max(peaks.get(pid, 0), size_bytes)
        time.sleep(0.2)
    assert process.returncode == 0
    built = json.loads(process.stdout.read())
    with capfd.disabled():
        megabytes = sorted((peak >> 20 for peak in peaks.values()), reverse=True)
        print(
            f"\n{size / 2**30:.1f} GB, {count:,} documents: {time.monotonic() - begun:.0f} s, "
            f"peak MB per process {megabytes}"
        )
    assert built["rows"] > 0
    assert max(peaks.values()) < LIMIT_BYTES
