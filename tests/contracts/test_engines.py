"""What every engine must do, on local ones and on a real Ray of this machine; and that none shows in a version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.recipe_files import find_recipes
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import EngineError, Problem, RecipeError, Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.opening import opened_engine
from dagster_project.settings import Settings
from tests.corpora import Lenient, library, prose, write_jsonl, write_recipes


@pytest.fixture(scope="session")
def ray_engine() -> Iterator[Engine]:
    """Started once; when it is closed, nothing of it runs."""
    from dagster_project.corpus.engine.ray import RayEngine

    engine = RayEngine("local", 2)
    handler = signal.getsignal(signal.SIGTERM)
    assert list(engine.map(abs, [-1, -2])) == [1, 2]
    assert signal.getsignal(signal.SIGTERM) == handler
    yield engine
    assert children("gcs_server")
    engine.close()
    assert children("ray") == []


def children(words: str) -> list[str]:
    """The command lines of processes below this one that hold these words."""
    listing = subprocess.run(["ps", "-eww", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    below = {str(os.getpid())}
    found = []
    for _ in rows:  # a parent may be listed after its children
        more = [row for row in rows if row[1] in below and row[0] not in below]
        below |= {row[0] for row in more}
        found += [row[2] for row in more if words in row[2]]
    return found


@pytest.fixture(scope="session")
def local_engine() -> Iterator[Engine]:
    with closing(LocalEngine(2)) as engine:
        yield engine


@pytest.fixture(params=["local", "ray"])
def workers(request: pytest.FixtureRequest) -> Engine:
    """Engines whose workers are processes of their own."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture(params=["alone", "local", "ray"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return LocalEngine(1) if request.param == "alone" else request.getfixturevalue(f"{request.param}_engine")


# ---- tasks ----------------------------------------------------------------------------------------------------


def slow_first(item: int) -> int:
    time.sleep(0.3 if item == 0 else 0)
    return item * item


def refuse(item: int) -> int:
    if item == 3:
        raise RecipeError([Problem("a.yaml", 3, "weight", "is missing")])
    return item


class NotAlone(Exception):
    """Takes two arguments and remembers one, so that it cannot be made again elsewhere."""

    def __init__(self, record: str, why: str) -> None:
        super().__init__(f"{record} is {why}")


def fail_oddly(item: int) -> int:
    if item == 3:
        raise NotAlone("a record", "odd")
    return item


def process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def die_once(path: str) -> str:
    if not os.path.exists(path):
        Path(path).touch()
        os._exit(9)
    return path


def die(_: int) -> None:
    os._exit(9)


def touch_late(path: str) -> None:
    """The first fails, the others are still busy then."""
    if path.endswith("-0"):
        time.sleep(0.2)
        raise Refused("no more")
    Path(path + ".begun").touch()
    time.sleep(1)
    Path(path).touch()


# ---- promises -------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_items(engine: Engine) -> None:
    assert list(engine.map(slow_first, range(20))) == [n * n for n in range(20)]
    assert list(engine.map(slow_first, [])) == []
    assert list(engine.map(slow_first, [7])) == [49]


def test_an_error_that_cannot_travel_is_told_and_is_no_dead_worker(local_engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"a worker failed \(NotAlone: a record is odd\)"):
        list(local_engine.map(fail_oddly, range(8)))
    assert list(local_engine.map(slow_first, [1, 2])) == [1, 4]


def test_items_are_drawn_as_results_are_taken(engine: Engine) -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            drawn.append(number)
            yield number

    results = engine.map(slow_first, items())
    assert drawn == []
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert len(drawn) <= 3 + 2 * engine.workers
    results.close()
    assert len(drawn) <= 3 + 2 * engine.workers


def test_maps_may_run_side_by_side(engine: Engine) -> None:
    one, other = engine.map(slow_first, range(10)), engine.map(slow_first, range(10, 20))
    assert [(next(one), next(other)) for _ in range(10)] == [(n * n, (n + 10) ** 2) for n in range(10)]


def test_the_error_of_a_task_arrives_as_itself(engine: Engine) -> None:
    results = engine.map(refuse, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RecipeError) as caught:
        next(results)
    assert type(caught.value) is RecipeError
    assert str(caught.value) == "a.yaml:3: weight: is missing"
    assert caught.value.problems == (Problem("a.yaml", 3, "weight", "is missing"),)
    assert list(engine.map(refuse, [1, 2])) == [1, 2]


def test_nothing_runs_after_an_error(workers: Engine, tmp_path: Path) -> None:
    """Whoever deletes the scratch of tasks then must not find more of it later."""
    list(workers.map(process, range(4)))
    with pytest.raises(Refused, match="no more"):
        list(workers.map(touch_late, [str(tmp_path / f"item-{n}") for n in range(3)]))
    then = sorted(path.name for path in tmp_path.iterdir())
    time.sleep(1.5)
    assert sorted(path.name for path in tmp_path.iterdir()) == then


def test_workers_are_other_processes(workers: Engine) -> None:
    found = set(workers.map(process, range(12)))
    assert os.getpid() not in found
    assert len(found) == 2


def test_a_worker_that_dies_is_replaced(workers: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    items = [str(tmp_path / name) for name in ("a", "b", "c")]
    for item in items[1:]:
        Path(item).touch()
    assert list(workers.map(die_once, items)) == items
    assert capfd.readouterr().out == ""


def test_workers_that_always_die_end_the_run_with_a_sentence(workers: Engine) -> None:
    with pytest.raises(EngineError, match=r"workers died 3 times.*--workers"):
        list(workers.map(die, range(2)))
    assert list(workers.map(slow_first, range(3))) == [0, 1, 4]


# ---- versions -------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_the_engine_shows_in_no_version(workers: Engine, s3_store: S3Store, tmp_path: Path) -> None:
    texts = [prose(n % 30) + f"\nAnd {n % 4} more." for n in range(80)]
    location = write_jsonl(tmp_path / "a.jsonl", [{"id": f"d{n}", "text": text} for n, text in enumerate(texts)])
    recipes = write_recipes(tmp_path / "r", str(location))
    there = Library(s3_store, find_recipes((recipes,)), workers, Lenient())
    here = library(MemoryStore(), recipes)
    for stage in ("families", "deduplicated", "published"):
        found, expected = (each.build(Partition(stage, "notes@dev")).manifest for each in (there, here))
        assert found.id == expected.id
        assert found.profile == expected.profile
    assert list(s3_store.list("scratch/")) == []


# ---- which one ------------------------------------------------------------------------------------------------


def test_the_settings_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment, kind in (({}, "LocalEngine"), ({"FLORILEGIUM_RAY": "local"}, "RayEngine")):
        settings = Settings.from_environment({**environment, "FLORILEGIUM_WORKERS": "3"})
        with opened_engine(settings) as engine:
            assert (type(engine).__name__, engine.workers) == (kind, 3)
        assert settings.inherited()["FLORILEGIUM_RAY"] == environment.get("FLORILEGIUM_RAY", "")
    monkeypatch.delitem(sys.modules, "dagster_project.corpus.engine.ray")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match=r"install florilegium\[ray\]"), opened_engine(settings):
        pass


def test_workers_of_another_release_refuse() -> None:
    from dagster_project.corpus.engine import ray as engine

    assert engine._run(engine.release(), abs, -1) == 1
    with pytest.raises(
        EngineError, match=r"the worker on .* has Florilegium .*, and the driver 0\.0\.0: install the same"
    ):
        engine._run("0.0.0", abs, -1)


def test_a_cluster_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def refuse(**_: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nPlease look elsewhere.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuse)
    settings = Settings(ray="auto")
    with opened_engine(settings) as engine, pytest.raises(EngineError) as caught:
        list(engine.map(abs, [1]))
    assert str(caught.value) == (
        "Ray at auto does not work (Could not find any running Ray instance.): see that it runs, or leave out --ray"
    )
    with opened_engine(Settings(ray="127.0.0.1:1")) as engine, pytest.raises(EngineError, match=r"Ray at 127.*:1 does"):
        list(engine.map(abs, [1]))
