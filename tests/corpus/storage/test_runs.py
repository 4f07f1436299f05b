"""Rows come back in order, from memory or from disk, as often as they are asked for; nothing is left behind."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.storage import runs as module
from dagster_project.corpus.storage.runs import Runs

NUMBERS = st.integers(0, 3) | st.integers((1 << 64) - 2, (1 << 64) - 1)
PARTS = st.lists(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20), max_size=8)


def read(runs):
    chunks = list(runs.sorted())
    assert all(len(chunk) for chunk in chunks)
    return [tuple(row) for chunk in chunks for row in chunk.tolist()]


@settings(deadline=None)
@given(PARTS, st.sampled_from([1, 200, 1000, 1 << 20]), st.sampled_from([1, 5, 1 << 15]), st.sampled_from([2, 64]))
def test_order(parts, memory, chunk, fan_in):
    with pytest.MonkeyPatch.context() as patched, Runs(2, memory) as runs:
        patched.setattr(module, "CHUNK", chunk)
        patched.setattr(module, "FAN_IN", fan_in)
        for part in parts:
            runs.append(np.array(part, np.uint64).reshape(-1, 2))
        rows = list(chain(*parts))
        assert runs.rows == len(rows)
        assert read(runs) == sorted(rows)
        assert read(runs) == sorted(rows)


def test_equal_rows_beyond_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    with Runs(1, 4096) as runs:
        for _ in range(100):
            runs.append(np.full((50, 1), 7, np.uint64))
        folders = list(tmp_path.iterdir())
        assert len(folders) == 1
        assert len(list(folders[0].iterdir())) > module.FAN_IN / 2
        chunks = list(runs.sorted())
        assert max(len(chunk) for chunk in chunks) <= 128
        assert np.concatenate(chunks).tolist() == [[7]] * 5000
    assert list(tmp_path.iterdir()) == []
