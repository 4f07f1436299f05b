"""Which script a letter belongs to: a packaged table made by `scripts_source.py`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.bare import bare

SCRIPTS = (
    *["latin", "cyrillic", "greek", "armenian", "georgian", "hebrew", "arabic", "ethiopic", "devanagari", "bengali"],
    *["gurmukhi", "gujarati", "tamil", "telugu", "kannada", "malayalam", "sinhala", "thai", "lao", "tibetan"],
    *["myanmar", "khmer", "hangul", "hiragana", "katakana", "han", "other"],
)
NO_LETTER = 0


class Scripts(NamedTuple):
    """A two-stage table; numbers are one more than the place in SCRIPTS."""

    pages: NDArray[np.uint16]
    scripts: NDArray[np.uint8]


@cache
def scripts() -> Scripts:
    """The table, read once per process."""
    with files(__package__).joinpath("scripts.npz").open("rb") as file, np.load(file) as stored:
        return Scripts(stored["pages"], stored["scripts"])


@bare
def script_of(table: Any, code: Any) -> Any:
    """The number of the script of a code point, or NO_LETTER."""
    return np.int64(table.scripts[np.int64(table.pages[code >> u.PAGE_SHIFT]) * u.PAGE + (code & u.PAGE_MASK)])
