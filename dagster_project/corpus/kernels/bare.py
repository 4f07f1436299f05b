"""Kernels that allocate nothing: compiled without reference counts, which cost more than the work of a short call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

from dagster_project.corpus.kernels.compiling import stamped


def bare(function: Callable[..., Any]) -> Any:
    """Compile as `compiled` does, for functions that pass tuples of arrays to one another and make no array.

    Measured: numba 0.68 counts the references to every array of a tuple at every call, so that an HTML tokenizer of
    small functions spent three quarters of its time on them. Who calls such a kernel holds the arrays.
    """
    return stamped(numba.njit(nogil=True, cache=True, _nrt=False)(function))
