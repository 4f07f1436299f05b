"""The Ray engine: the same tasks on the workers of a Ray cluster, or of one that begins and ends on this machine.

Imported only when asked for: Ray is an optional package, and importing it takes a second. Workers must have Florilegium
installed, and reach the store and the files that sources name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any, Generic

import pyarrow as pa

from dagster_project.corpus.engine.engines import TRIES, Item, Result, done, workers_died
from dagster_project.corpus.model.errors import EngineError
from dagster_project.settings import without_telemetry, without_threads

try:
    import ray
    from ray import exceptions
except ImportError:
    raise EngineError("work on Ray needs the package ray: install florilegium[ray], also where workers run") from None

LOCAL = "local"
LOST = (
    exceptions.WorkerCrashedError,
    exceptions.OutOfMemoryError,
    exceptions.NodeDiedError,
    exceptions.ObjectLostError,
)


@dataclass
class Attempt(Generic[Item]):
    """An item under way, and how often its worker died."""

    item: Item
    reference: Any
    tries: int = 0


class RayEngine:
    """Workers of the cluster at an address; at `local`, of one of this machine, which begins with the first task and
    ends with the engine. A Ray that runs in this process already is used, and left alone."""

    def __init__(self, address: str = LOCAL, workers: int | None = None):
        self.address, self.asked = address, workers
        self._cpus = os.cpu_count() or 1
        self._remote: Any = None
        self._held = contextlib.ExitStack()

    @property
    def workers(self) -> int:
        return self.asked or self._cpus

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        items = iter(items)
        under_way: deque[Attempt[Item]] = deque()
        try:
            while True:
                for item in islice(items, self._most() - len(under_way)):
                    under_way.append(Attempt(item, self._started().remote(release(), task, item)))
                if not under_way:
                    return
                result: Result = self._result(task, under_way[0])
                under_way.popleft()
                yield result
        finally:
            _end([attempt.reference for attempt in under_way])

    def close(self) -> None:
        self._remote = None
        self._held.close()

    def _most(self) -> int:
        """Tasks under way: Ray holds back what exceeds its workers, but where fewer are asked for nobody else does."""
        return 2 * self.workers if self.address == LOCAL or not self.asked else self.asked

    def _result(self, task: Callable[[Item], Result], attempt: Attempt[Item]) -> Any:
        while True:
            try:
                return ray.get(attempt.reference)
            except exceptions.RayTaskError as error:
                raise (error.cause if isinstance(error.cause, Exception) else error) from None
            except LOST:
                attempt.tries += 1
                if attempt.tries >= TRIES:
                    raise workers_died(attempt.tries) from None
                attempt.reference = self._started().remote(release(), task, attempt.item)
            except exceptions.RayError as error:
                raise self._failed(error) from None

    def _started(self) -> Any:
        if self._remote is None:
            if not ray.is_initialized():
                self._start()
            self._cpus = int(ray.cluster_resources().get("CPU", 1))
            self._remote = ray.remote(num_cpus=1, max_retries=0)(_run)
        return self._remote

    def _start(self) -> None:
        """Quietly: Ray counts its users, prints on stdout what becomes of workers, and takes SIGTERM for itself."""
        without_telemetry()
        own = {}
        if self.address == LOCAL:
            folder = self._held.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
            own = {"num_cpus": self.workers, "include_dashboard": False, "_temp_dir": folder}
        ray._private.worker._worker_logs_enabled = False
        handler = signal.getsignal(signal.SIGTERM)
        try:
            self._knock()
            ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, **own)
        except Exception as error:  # of no class of its own, for a node that did not come up in time
            raise self._failed(error) from None
        self._held.callback(ray.shutdown)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)

    def _knock(self) -> None:
        """At HOST:PORT; where nobody answers Ray would try for minutes."""
        host, _, port = self.address.removeprefix("ray://").rpartition(":")
        if port.isdigit():
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()

    def _failed(self, error: Exception) -> EngineError:
        said = str(error).strip().splitlines() or [type(error).__name__]
        return EngineError(
            f"Ray at {self.address} does not work ({said[0][:300]}): see that it runs, or leave out --ray"
        )


@cache
def release() -> str:
    """Of Florilegium, as it is installed where this runs."""
    try:
        return version("florilegium")
    except PackageNotFoundError:
        return "of a checkout"


def _run(driver: str, task: Callable[[Item], Result], item: Item) -> Result:
    """One thread per worker, as on one machine; never by other code than the driver's."""
    if release() != driver:
        where = socket.gethostname()
        raise EngineError(
            f"the worker on {where} has Florilegium {release()}, and the driver {driver}: install the same everywhere"
        )
    pa.set_cpu_count(1)
    without_threads()
    return done(task, item)


def _end(references: list[Any]) -> None:
    """Nothing runs any more when this returns: scratch of tasks may be deleted. They are waited for, for a task that is
    canceled just as it ends aborts the driver (a failed check in Ray 2.60's `CompletePendingTask`)."""
    if references:
        ray.wait(references, num_returns=len(references))
