"""A build in a process of its own that may kill itself: `python -m tests.flow.interrupted CONFIG RECIPES POINT NAME…`.

POINT is `never`, the number of the write of the driver after which it kills itself with SIGKILL, the start of a path
after whose first write it does, or `task:N:WORDS…`, after the first N results of tasks of whose names these are part.
NAME is a partition to build. Prints the number of writes, the tasks that were done and the published versions as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.tables import ShardTask
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from tests.corpora import library


class Interrupted(S3Store):
    """Counts the writes of the process that built it; copies in workers only write."""

    point = "never"
    owner = 0
    writes = 0

    def put_once(self, path: str, body: bytes) -> bool:
        written = super().put_once(path, body)
        if os.getpid() == Interrupted.owner:
            Interrupted.writes += 1
            if Interrupted.point in (str(Interrupted.writes),) or path.startswith(Interrupted.point):
                os.kill(os.getpid(), signal.SIGKILL)
        return written


class Stopping(LocalEngine):
    """Kills its process between two results of a task, when others are done or under way."""

    def __init__(self, workers: int, point: str):
        super().__init__(workers)
        found = re.match(r"task:(\d+):(.*)", point)
        self.after, self.words = (int(found[1]), found[2].split()) if found else (0, [])
        self.done: list[str] = []

    def map(self, task: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        items = list(items)
        for item, result in zip(items, super().map(task, items), strict=True):
            self.done.append(name_of(task, item))
            matching = [name for name in self.done if all(word in name for word in self.words)]
            if self.after and len(matching) == self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            yield result


def name_of(task: Callable[[Any], Any], item: Any) -> str:
    """The name of a task, and the groups and the view that it measures or the step whose threshold it looks for."""
    parts = item if isinstance(item, tuple) else (item,)
    recipes = [part.recipe for part in parts if isinstance(part, ShardTask)]
    said = [str(recipe[name]) for recipe in recipes for name in ("group", "view") if name in recipe]
    step = [item.judging.name] if hasattr(item, "judging") else []
    return " ".join([task.__name__, *said, *step])


def main(config: str, recipes: str, point: str, *names: str) -> None:
    freeze.GROUP_BYTES = 1  # every file a task of its own, so that workers are used
    Interrupted.point, Interrupted.owner = point, os.getpid()
    store = Interrupted(S3Config(**json.loads(config)))
    lib = library(store, Path(recipes))
    lib.engine = engine = Stopping(2, point)
    for name in names or ("published/notes@dev",):
        lib.build(parse(name)[0])
    engine.close()
    versions = {str(item): refs.resolve(store, item) for item in refs.published(store)}
    print(json.dumps({"writes": Interrupted.writes, "tasks": engine.done, "versions": versions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
