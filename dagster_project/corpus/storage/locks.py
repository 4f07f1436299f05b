"""Locks between processes, each the lock of a file."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def lock(path: Path, mode: int) -> int:
    """An open file under a lock of this mode of `flock`, which ends with it; BlockingIOError if it must not wait."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def held(path: Path, mode: int) -> Iterator[None]:
    """The same until the block ends."""
    descriptor = lock(path, mode)
    try:
        yield
    finally:
        os.close(descriptor)
