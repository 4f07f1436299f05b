"""What a process that answers one question and ends need not load: libraries import these wherever they are installed,
and half a second goes by."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import click

UNUSED = ("pandas", "scipy", "cffi")  # by pyarrow, which converts to frames; by numba, for linear algebra and C

PROGRAM = object()  # what the context of a command holds in the program's own process


class LeftOut(MetaPathFinder):
    """Says that they are not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in UNUSED:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
        return None


def start_lightly() -> None:
    """Load none of UNUSED from now on, where nobody goes on in this process when the command has ended."""
    if click.get_current_context().find_root().obj is PROGRAM:
        sys.meta_path.insert(0, LeftOut())
