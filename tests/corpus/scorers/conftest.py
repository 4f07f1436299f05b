"""One tiny trained model for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.scorers.models import trained


@pytest.fixture(scope="session")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained")).model
