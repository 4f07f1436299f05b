"""Real input ingested whole: crawls in ten languages, JSON Lines, Parquet. Skipped where it is not there.

It lies beside the checkout, in ../shared/data, or where FLORILEGIUM_REAL_INPUT says.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

INPUT = Path(os.environ.get("FLORILEGIUM_REAL_INPUT", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not INPUT.is_dir(), reason=f"there is no {INPUT}")]

RECIPES = {
    "debian-handbook": ("warc", "warc/handbook-*.warc.gz", "GPL-2.0-or-later OR CC-BY-SA-3.0", ""),
    "debian-reference": ("warc", "warc/reference-*.warc.gz", "GPL-2.0-or-later", ""),
    "debian-policy": ("warc", "warc/policy-*.warc.gz", "GPL-2.0-or-later", ""),
    "developers-reference": ("warc", "warc/devref-*.warc.gz", "GPL-2.0-or-later", ""),
    "manpages": (
        "jsonl",
        "jsonl/manpages.jsonl.zst",
        "NOASSERTION",
        "{shape: dolma, language: metadata.lang_declared}",
    ),
    "perldoc": ("parquet", "parquet/perldoc.parquet", "Artistic-1.0-Perl OR GPL-1.0-or-later", "{key: id, url: url}"),
}


def write(folder: Path) -> Path:
    """A recipe per source."""
    (folder / "sources").mkdir(parents=True)
    for name, (format, location, license, columns) in RECIPES.items():
        lines = [f"name: {name}", "version: '1'", f"format: {format}", f"location: {INPUT / location}"]
        lines += [f"license: {license}", "license_evidence: the README beside the data"]
        lines += [f"columns: {columns}"] if columns else []
        (folder / "sources" / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    return folder
