"""Arrays that lie on disk, in a folder that is gone after the block: the system keeps of them in memory what it can."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.storage.temporary import reserve


class DiskArrays:
    """A folder of arrays, each a file, filled with zeros when it is made."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="florilegium-arrays-")
        self._made = 0

    def __enter__(self) -> DiskArrays:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def make(self, dtype: Any, *shape: int, fill: Any = None) -> NDArray[Any]:
        """An array of this shape."""
        if not all(shape):
            return np.empty(shape, dtype)  # no file can be mapped that holds nothing
        path = Path(self._folder.name) / f"{self._made:04d}"
        self._made += 1
        reserve(path, np.dtype(dtype).itemsize * math.prod(shape))
        array = np.asarray(np.memmap(path, dtype, "r+", shape=shape))
        if fill is not None:
            array[...] = fill
        return array
