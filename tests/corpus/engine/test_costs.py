"""What work costs: memory and processor time of workers are told apart from the driver's, and nothing else changes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from dagster_project.corpus.engine.costs import Cost, Metered, metering, peak_bytes, reset_peak
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.errors import Refused

MB = 1 << 20


def hold(megabytes: int) -> int:
    """So much memory is resident for a moment."""
    if megabytes < 0:
        raise Refused("nothing to hold")
    return len(bytearray(os.urandom(MB)) * megabytes) // MB


def burn(seconds: float) -> float:
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        pass
    return seconds


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with closing(LocalEngine(2)) as engine:
        yield engine


def test_the_memory_of_workers_is_theirs_and_of_this_work(engine: LocalEngine) -> None:
    metered = Metered(engine)
    assert list(metered.map(hold, [300, 1, 2])) == [300, 1, 2]
    large, own = metered.cost(), peak_bytes()
    assert large.worker_peak_bytes > 300 * MB
    assert large.driver_peak_bytes <= own
    later = Metered(engine)
    assert list(later.map(hold, [1, 2, 3])) == [1, 2, 3]
    assert 0 < later.cost().worker_peak_bytes < 300 * MB, "the peak of earlier work is no peak of this one"
    assert (large.tasks, later.cost().tasks) == (3, 3)


def test_a_driver_that_works_alone_has_all_the_memory() -> None:
    metered = Metered(LocalEngine(1))
    before = peak_bytes()
    assert list(metered.map(hold, [200, 1])) == [200, 1]
    cost = metered.cost()
    assert cost.driver_peak_bytes > before + 150 * MB
    assert cost.worker_peak_bytes == 0
    reset_peak()
    assert peak_bytes() < cost.driver_peak_bytes - 100 * MB


def test_processor_time_is_of_all_processes(engine: LocalEngine) -> None:
    for who in (engine, LocalEngine(1)):
        metered = Metered(who)
        list(metered.map(burn, [0.2, 0.2, 0.2]))
        assert 0.6 <= metered.cost().cpu_seconds < 2
        assert metered.cost().seconds >= 0.29


def test_errors_arrive_as_themselves_and_tasks_keep_their_names(engine: LocalEngine) -> None:
    with pytest.raises(Refused, match="nothing to hold"):
        list(Metered(engine).map(hold, [1, -1, 1]))
    assert metering(hold).__name__ == "hold"
    assert list(Metered(engine).map(partial(max, 2), [1, 3])) == [2, 3]
    results = Metered(engine).map(hold, iter(range(1, 1000)))
    assert [next(results), next(results)] == [1, 2]
    results.close()


def test_shares_of_what_was_done_together_add_up() -> None:
    alone, together = Cost(1.0, 2.0, 30, 40, 5), Cost(6.0, 9.0, 20, 70, 7)
    assert alone.with_share(together, 3) == Cost(3.0, 5.0, 30, 70, 12)
    assert Cost(1.23456, 0.5, 1, 2, 3).recorded()["seconds"] == 1.235
