"""One tiny trained model for all tests of the room. The first example of a test may compile a kernel, so none has a
deadline."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.corpus.scorers.models import trained

settings.register_profile("scorers", deadline=None)
settings.load_profile("scorers")


@pytest.fixture(scope="session")
def fasttext_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trained")).model
