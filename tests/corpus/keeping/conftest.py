"""A store with a mix in every format, and everything that is made of one."""

from __future__ import annotations

import pytest

from dagster_project.corpus.storage.memory import MemoryStore
from tests.flow.test_mixes import built


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """Never written to: tests take copies."""
    store = MemoryStore()
    built(store, tmp_path_factory.mktemp("kept"))
    return store
