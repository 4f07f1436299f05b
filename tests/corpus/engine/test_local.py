"""The local engine: results in the order of the items, workers that die are replaced, errors end the run."""

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
from dagster_project.corpus.model.errors import AuditFailed, EngineError, Problem, RecipeError
from dagster_project.corpus.model.outcomes import Outcome


def slow_first(item: int) -> int:
    time.sleep(0.3 if item == 0 else 0)
    return item * item


def die_once(path: str) -> str:
    if not os.path.exists(path):
        Path(path).touch()
        os._exit(9)
    return path


def die(_: int) -> None:
    os._exit(9)


def refuse(item: int) -> int:
    if item == 3:
        raise RecipeError([Problem("a.yaml", 3, "weight", "is missing")])
    return item


def process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_results_come_in_the_order_of_the_items() -> None:
    with closing(LocalEngine(2)) as engine:
        assert list(engine.map(slow_first, range(20))) == [n * n for n in range(20)]
        assert list(engine.map(slow_first, [])) == []


def test_two_workers_are_two_processes_and_one_is_none() -> None:
    with closing(LocalEngine(2)) as engine:
        found = set(engine.map(process, range(12)))
    assert len(found) == 2
    assert os.getpid() not in found
    assert set(LocalEngine(1).map(process, range(2))) == {os.getpid()}


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    items = [str(tmp_path / name) for name in ("a", "b", "c")]
    for item in items[1:]:
        Path(item).touch()
    with closing(LocalEngine(2)) as engine:
        assert list(engine.map(die_once, items)) == items


def test_workers_that_always_die_end_the_run_with_a_sentence() -> None:
    with closing(LocalEngine(2)) as engine, pytest.raises(EngineError, match=r"workers died 3 times.*--workers"):
        list(engine.map(die, range(4)))


def test_the_error_of_a_task_arrives_whole() -> None:
    with closing(LocalEngine(2)) as engine, pytest.raises(RecipeError, match=r"a\.yaml:3: weight: is missing"):
        list(engine.map(refuse, range(6)))


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
