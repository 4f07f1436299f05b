"""The one interface behind which work is spread. Tasks are module-level functions of one picklable argument."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from dagster_project.corpus.model.errors import EngineError

Item = TypeVar("Item")
Result = TypeVar("Result")
TRIES = 3  # of an item whose worker dies


class Engine(Protocol):
    """Runs tasks. Results come in the order of the items, whatever finished first, so that order never tells time."""

    @property
    def workers(self) -> int: ...

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Lazily, with a bounded number of items drawn and under way. A task's own error ends the run, as itself; a
        worker that dies is replaced and its items are tried again, up to three times. Once the results are exhausted,
        closed or have ended in an error, no task of theirs runs any more."""
        ...

    def close(self) -> None: ...


def done(task: Callable[[Item], Result], item: Item) -> Result:
    """The task in a worker. An error that cannot travel to the driver as it is would look there like a dead worker."""
    try:
        return task(item)
    except Exception as error:
        if not _travels(error):
            raise EngineError(f"a worker failed ({type(error).__name__}: {str(error)[:300]})") from None
        raise


def _travels(error: Exception) -> bool:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its class does when it is made again
        return False
    return True


def workers_died(times: int) -> EngineError:
    """What ends a run that a retry cannot mend."""
    return EngineError(f"workers died {times} times, perhaps for lack of memory: use fewer workers (--workers)")
