"""Objects of one store in another, under the same paths: read once, hashed on their way, created or found there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.storage.shards import BLOCK_BYTES
from dagster_project.corpus.storage.stores import Entry, Store

COPIERS = 4  # at once; each may hold an object of 64 MB


class CopyTask(NamedTuple):
    """One object that is named after its hash."""

    source: Store
    target: Store
    entry: Entry
    sha256: str


def copy(task: CopyTask) -> bool:
    """Whether it was copied, and did not stand there. IntegrityError for an object that is not what its name says, here
    or there."""
    path, size = task.entry.path, task.entry.size
    there = task.target.size(path)
    if there is None:
        return task.target.put_blocks_once(path, size, lambda: _blocks(task))
    if there != size:
        raise IntegrityError(
            f"{task.target.location} has {there} bytes at {path} where {size} belong: delete that object, then repeat"
        )
    return False


def _blocks(task: CopyTask) -> Iterator[bytes]:
    total = hashlib.sha256()
    with task.source.open(task.entry.path) as source:
        while block := source.read(BLOCK_BYTES):
            total.update(block)
            yield block
    if total.hexdigest() != task.sha256:
        raise IntegrityError(
            f"{task.entry.path} in {task.source.location} was altered, so it is not copied: build its partition again "
            f"with --repair"
        )
