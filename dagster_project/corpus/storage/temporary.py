"""Rows in files of one's own, where a full disk must be an error."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def append(path: Path, rows: NDArray[Any]) -> None:
    """Add rows to the end of a file. `ndarray.tofile` loses what a full disk refuses, and says nothing."""
    try:
        with path.open("ab") as file:
            file.write(np.ascontiguousarray(rows).data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def reserve(path: Path, size_bytes: int) -> None:
    """A file of so many zeros, all of them on disk: a mapped file with holes ends the process by SIGBUS where the disk
    is full."""
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size_bytes)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
