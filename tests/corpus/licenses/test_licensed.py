"""Conclusions are found again by their code version, which must therefore change with the tables that decide them."""

from __future__ import annotations

from pathlib import Path

import yaml

from dagster_project.corpus.licenses import licensed, table
from dagster_project.corpus.model.canonical import digest

TABLES = ("table.yaml", "aliases.yaml")
# code version → digest of the tables that it was released with; a corrected table is a new line
RELEASED = {"2": "93501dac27771cab", "3": "e060b0ab227f34e4"}


def test_a_corrected_table_has_a_code_version_of_its_own() -> None:
    folder = Path(table.__file__).parent
    content = [yaml.safe_load((folder / name).read_text(encoding="utf-8")) for name in TABLES]
    assert digest(content)[:16] == RELEASED[licensed.CODE_VERSION]
