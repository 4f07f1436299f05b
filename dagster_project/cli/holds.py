"""One `up` for each Dagster home: two daemons on one SQLite would ask for the same runs twice.

Every child inherits the lock, so that it lasts as long as any of them. Those of an `up` that was killed outright are
ended by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.storage.locks import lock
from dagster_project.corpus.storage.processes import end_process, process_start

NAME = "up.lock"
Process = tuple[int, str]  # its number, and when it began
ALONE = fcntl.LOCK_EX | fcntl.LOCK_NB


@contextlib.contextmanager
def held(home: Path) -> Iterator[int]:
    """The lock of a home until the block ends, as an open file; Refused while another `up` has it."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor = _taken(home, home / NAME)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def refuse_held(home: Path) -> None:
    """Before anything is made; what a killed `up` left behind is ended, and its ports are free."""
    if (home / NAME).exists():
        os.close(_taken(home, home / NAME))


def record(descriptor: int, pids: Iterable[int]) -> None:
    """Who holds it: we, and these children."""
    us, *children = ([pid, process_start(pid) or ""] for pid in (os.getpid(), *pids))
    body = json.dumps({"driver": us, "children": children}).encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, body, 0)


def _taken(home: Path, path: Path) -> int:
    try:
        return lock(path, ALONE)
    except BlockingIOError:
        driver, children = _recorded(path)
    if driver and process_start(driver[0]) != driver[1]:
        for child in children:
            end_process(*child)
    try:
        return lock(path, ALONE)
    except BlockingIOError:
        who = f" (process {driver[0]})" if driver else ""
        raise Refused(f"another `florilegium up` works in {home}{who}: stop it, or choose another --home") from None


def _recorded(path: Path) -> tuple[Process | None, list[Process]]:
    try:
        found = json.loads(path.read_text())
        driver, *children = [(int(pid), str(began)) for pid, began in (found["driver"], *found["children"])]
    except (OSError, ValueError, KeyError, TypeError):  # it is just being written
        return None, []
    return driver, children
