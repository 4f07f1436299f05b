"""What work costs: processor time and peak memory, of the process that drives and of those that work for it."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any, Generic

from dagster_project.corpus.engine.engines import Engine, Item, Result

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Cost:
    """Of one build, or of a share of one. `cpu_seconds` are of all processes, peaks of the largest of each kind; a
    worker's is 0 where the driver did everything."""

    seconds: float
    cpu_seconds: float
    driver_peak_bytes: int
    worker_peak_bytes: int
    tasks: int

    def with_share(self, other: Cost, count: int) -> Cost:
        """This one, and what one of `count` builds has of what was done once for all of them."""
        return Cost(
            self.seconds + other.seconds / count,
            self.cpu_seconds + other.cpu_seconds / count,
            max(self.driver_peak_bytes, other.driver_peak_bytes),
            max(self.worker_peak_bytes, other.worker_peak_bytes),
            self.tasks + other.tasks,
        )

    def recorded(self) -> dict[str, Any]:
        """As the record of a publication has it."""
        rounded = {name: round(getattr(self, name), 3) for name in ("seconds", "cpu_seconds")}
        return {**asdict(self), **rounded}


@dataclass(frozen=True)
class Measured(Generic[Result]):
    """The result of a task, and what its worker took for it."""

    result: Result
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


class Metered:
    """An engine that notes what its tasks cost from now on; results, order and errors are those of the other."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self._tasks, self._cpu_seconds, self._worker_peak = 0, 0.0, 0
        self._begun, self._cpu_begun = time.monotonic(), time.process_time()
        reset_peak()

    @property
    def workers(self) -> int:
        return self.engine.workers

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        for measured in self.engine.map(metering(task), items):
            self._tasks += 1
            self._cpu_seconds += measured.cpu_seconds
            self._worker_peak = max(self._worker_peak, measured.peak_bytes)
            yield measured.result

    def close(self) -> None:
        self.engine.close()

    def cost(self) -> Cost:
        return Cost(
            time.monotonic() - self._begun,
            time.process_time() - self._cpu_begun + self._cpu_seconds,
            peak_bytes(),
            self._worker_peak,
            self._tasks,
        )


def metering(task: Callable[[Item], Result]) -> Callable[[Item], Measured[Result]]:
    """The task under its own name, measured where it runs."""
    return update_wrapper(partial(_measured, task, os.getpid()), task)


def _measured(task: Callable[[Any], Any], driver: int, item: Any) -> Measured[Any]:
    if os.getpid() == driver:
        return Measured(task(item))
    reset_peak()
    begun = time.process_time()
    result = task(item)
    return Measured(result, time.process_time() - begun, peak_bytes())


def peak_bytes() -> int:
    """The most memory that this process had resident since the last reset, or ever where no reset is known."""
    with contextlib.suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1 << 10)


def reset_peak() -> None:
    with contextlib.suppress(OSError):
        RESET.write_text("5")
