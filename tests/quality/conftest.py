"""The hostile mix, published without expectations, for those who judge it later."""

from __future__ import annotations

import pytest

from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpus.publishing.conftest import built, hostile_rows


@pytest.fixture(scope="package")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    return built(tmp_path_factory.mktemp("judged"), hostile_rows())
