"""The local engine: one process per worker, or the calling process itself for one worker."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

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
    """One thread per worker; and a worker whose parent died must not linger."""
    pa.set_cpu_count(1)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
