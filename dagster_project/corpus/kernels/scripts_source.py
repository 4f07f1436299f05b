"""Where `scripts.npz` comes from: `python -m dagster_project.corpus.kernels.scripts_source` writes it anew.

Run by hand when the project adopts another Unicode version, as `unicode_source` is.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.corpus.kernels.scripts import SCRIPTS
from dagster_project.corpus.kernels.unicode_source import CODE_POINTS, two_stage

WIDTHS = ("FULLWIDTH ", "HALFWIDTH ")
NAMES = {"CJK": "han", "IDEOGRAPHIC": "han", "KATAKANA-HIRAGANA": "katakana"}


def script(c: str) -> int:
    """One more than the place in SCRIPTS of what a letter's name begins with; 0 for what is no letter."""
    if not c.isalpha():
        return 0
    name = unicodedata.name(c, "")
    for width in WIDTHS:
        name = name.removeprefix(width)
    first = name.partition(" ")[0]
    found = NAMES.get(first, first.lower())
    return SCRIPTS.index(found if found in SCRIPTS else "other") + 1


def arrays() -> dict[str, Any]:
    """Everything that `scripts.npz` holds."""
    pages, scripts = two_stage((script(chr(code)) for code in range(CODE_POINTS)), np.uint8)
    return {"pages": pages, "scripts": scripts, "unicode": np.array(unicodedata.unidata_version)}


if __name__ == "__main__":
    np.savez_compressed(Path(__file__).with_name("scripts.npz"), **arrays())
