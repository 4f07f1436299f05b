"""The one interface behind which work is spread. Tasks are module-level functions of one picklable argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs tasks. Results come in the order of the items, whatever finished first, so that order never tells time."""

    @property
    def workers(self) -> int: ...

    def map(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Lazily, with a bounded number of items under way. A task's own error ends the run; a worker that dies is
        replaced and its items are tried again, up to three times."""
        ...

    def close(self) -> None: ...
