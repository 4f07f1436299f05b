"""What tells a person which document a row of a snapshot is, read without its text."""

from __future__ import annotations

from typing import Any

from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.storage.shards import read_rows
from dagster_project.corpus.storage.stores import Store

TOLD = ("url", "title", "locator")
CHARACTERS = 300  # of each


def told_at(store: Store, documents: File, row: int) -> dict[str, Any]:
    """Address, title and locator of one document, cut where they are long."""
    return cut(read_rows(store, documents, [row], TOLD).to_pylist()[0])


def cut(row: dict[str, Any]) -> dict[str, Any]:
    """The same of a row in hand."""
    return {name: row[name] and row[name][:CHARACTERS] for name in TOLD}
