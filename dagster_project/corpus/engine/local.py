"""The local engine: one process per worker, or the calling process itself for one worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing.connection import wait

import pyarrow as pa

from dagster_project.corpus.engine.engines import TRIES, Item, Result, done, workers_died
from dagster_project.settings import without_threads

PRELOADED = ["dagster_project.corpus.engine.preloaded"]


class LocalEngine:
    """Worker processes from a fork server: they start in milliseconds and share no state with the caller's threads."""

    def __init__(self, workers: int | None = None):
        self.workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        items = iter(items)
        first = list(islice(items, 2))
        if self.workers == 1 or len(first) == 1:
            yield from map(task, chain(first, items))
            return
        yield from self._spread(task, chain(first, items))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _spread(self, task: Callable[[Item], Result], items: Iterator[Item]) -> Iterator[Result]:
        drawn: deque[Item] = deque()
        under_way: deque[Future[Result]] = deque()
        tries = 0
        try:
            while True:
                drawn.extend(islice(items, 2 * self.workers - len(drawn)))
                if not drawn:
                    return
                try:
                    while len(under_way) < len(drawn):
                        under_way.append(self._started().submit(done, task, drawn[len(under_way)]))
                    result = under_way[0].result()
                except BrokenProcessPool:
                    tries += 1
                    under_way.clear()
                    self.close()
                    if tries >= TRIES:
                        raise workers_died(tries) from None
                    continue
                drawn.popleft()
                under_way.popleft()
                tries = 0
                yield result
        finally:
            if under_way:
                self.close()

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
    without_threads()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    driver = multiprocessing.parent_process()
    assert driver is not None
    sentinel = driver.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
