"""How kernels are compiled: without the GIL, cached on disk until any file of this room changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def _stamp() -> str:
    """What the room's sources are. numba alone looks at one file, and keeps a kernel whose callee has changed."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


STAMP = _stamp()


def stamped(dispatcher: Any) -> Any:
    """Use what is on disk only if it has the stamp.

    numba compares the version before it reads on, and the stamp only after it has unpickled the types of the
    arguments, which fails if one of them is a class that is no longer there.
    """
    file = dispatcher._cache._cache_file
    file._version, file._source_stamp = f"{numba.__version__} {STAMP}", STAMP
    return dispatcher


def compiled(function: Callable[..., Any]) -> Any:
    """Compile in nopython mode on first call; integers wrap, floats are IEEE."""
    return stamped(numba.njit(nogil=True, cache=True)(function))
