"""The local engine: how many processes it has, and that none outlives the driver."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import AuditFailed
from dagster_project.corpus.model.outcomes import Outcome


def process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_two_workers_are_two_processes_and_one_is_none() -> None:
    with closing(LocalEngine(2)) as engine:
        found = set(engine.map(process, range(12)))
    assert len(found) == 2
    assert os.getpid() not in found
    assert set(LocalEngine(1).map(process, range(2))) == {os.getpid()}


def threads_of_tokenizers(_: int) -> str | None:
    return os.environ.get("TOKENIZERS_PARALLELISM")


def test_tokenizers_of_a_worker_keep_to_its_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    with closing(LocalEngine(2)) as engine:
        assert set(engine.map(threads_of_tokenizers, range(4))) == {"false"}
    assert threads_of_tokenizers(0) is None


def test_errors_survive_the_way_between_processes() -> None:
    outcomes = [Outcome("words", False, "error", "too few"), Outcome("rows", True, "error", "enough")]
    error = pickle.loads(pickle.dumps(AuditFailed("mixed/demo@dev", outcomes)))
    assert (error.partition, list(error.outcomes)) == ("mixed/demo@dev", outcomes)
    assert str(error) == "nothing was published to mixed/demo@dev: words: too few"


DRIVER = """
import sys, time
from dagster_project.corpus.engine.local import LocalEngine
from tests.corpus.engine.sleeping import sleep_long

if __name__ == "__main__":
    engine = LocalEngine(2)
    print("ready", flush=True)
    list(engine.map(sleep_long, [sys.argv[1] + name for name in "ab"]))
"""


def test_no_worker_outlives_a_driver_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "driver.py"
    program.write_text(DRIVER)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    driver = subprocess.Popen([sys.executable, program, tmp_path / "worker-"], env=environment)
    workers = [tmp_path / "worker-a", tmp_path / "worker-b"]
    eventually(lambda: all(path.exists() and path.read_text() for path in workers))
    driver.kill()
    driver.wait()
    pids = [int(path.read_text()) for path in workers]
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
