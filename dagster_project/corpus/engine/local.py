"""The local engine: one process per worker, or the calling process itself for one worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

import pyarrow as pa

from dagster_project.corpus.engine.engines import Item, Result
from dagster_project.corpus.model.errors import EngineError

TRIES = 3
PRELOADED = ["dagster_project.corpus.engine.preloaded"]


class LocalEngine:
    """Worker processes from a fork server: they start in milliseconds and share no state with the caller's threads."""

    def __init__(self, workers: int | None = None):
        self.workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def map(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        if self.workers == 1 or len(items) == 1:
            yield from map(task, items)
            return
        yield from self._spread(task, items)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _spread(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        waiting = deque(range(len(items)))
        under_way: deque[tuple[int, Future[Result]]] = deque()
        tries = 0
        while waiting or under_way:
            while waiting and len(under_way) < 2 * self.workers:
                index = waiting.popleft()
                under_way.append((index, self._started().submit(task, items[index])))
            index, future = under_way[0]
            try:
                result = future.result()
            except BrokenProcessPool:
                tries += 1
                if tries >= TRIES:
                    raise EngineError(
                        f"workers died {tries} times, perhaps for lack of memory: use fewer workers (--workers)"
                    ) from None
                waiting.extendleft(reversed([index for index, _ in under_way]))
                under_way.clear()
                self.close()
                continue
            except BaseException:
                self.close()
                raise
            under_way.popleft()
            tries = 0
            yield result

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(PRELOADED)
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=_begin)
        return self._pool


def _begin() -> None:
    """One thread per worker, no say in Ctrl-C, and no life after the driver.

    The fork server lives as long as any of its workers, so it is the driver's own end of the pipe that is watched.
    """
    pa.set_cpu_count(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    driver = multiprocessing.parent_process()
    assert driver is not None
    sentinel = driver.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
