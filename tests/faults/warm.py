"""Imported once by the server that forks builds: all that a build imports, and what it compiles at its first use."""

from __future__ import annotations

import tempfile
from pathlib import Path

import dagster_project.cli.build
import dagster_project.cli.naming
import dagster_project.cli.watching
from dagster_project.corpus.engine import preloaded
from dagster_project.corpus.lineage import catalog, upkeep
from dagster_project.corpus.model.partitions import parse
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import documents, library, write_jsonl, write_recipes

__all__ = ["dagster_project", "preloaded"]

with tempfile.TemporaryDirectory() as folder:
    raw = write_jsonl(Path(folder) / "raw.jsonl", documents(20))
    warm = library(MemoryStore(), write_recipes(Path(folder) / "recipes", str(raw), words=500))
    warm.answers = True
    warm.build(parse("published/notes@dev")[0])
    upkeep.join(warm.store, catalog.refresh(warm.store))
