"""Packages that only some formats of models need: imported when one is met, and refused by the name of their extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from dagster_project.corpus.model.errors import Refused


def needed(module: str, extra: str) -> ModuleType:
    """The module of an optional package."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Refused(
            f"models of this format need the package {module}: install florilegium[{extra}] where workers run"
        ) from None
