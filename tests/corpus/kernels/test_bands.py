"""Keys agree exactly where bands do."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.bands import band_keys
from dagster_project.corpus.kernels.minhash import EMPTY

SMALL = st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), min_size=1, max_size=12)


@given(SMALL)
def test_keys_agree_exactly_where_bands_do(rows):
    keys = band_keys(np.array(rows, np.uint64), bands=3, rows=2)
    bands = [[(band, *row[2 * band : 2 * band + 2]) for band in range(3)] for row in rows]
    by_band = dict(zip(chain.from_iterable(bands), keys.reshape(-1).tolist(), strict=True))
    assert [[by_band[band] for band in row] for row in bands] == keys.tolist()
    assert len(set(by_band.values())) == len(by_band)


def test_no_shingles_no_key():
    signatures = np.stack([np.full(112, EMPTY), np.arange(112, dtype=np.uint64)])
    keys = band_keys(signatures)
    assert (keys[0] == EMPTY).all()
    assert (keys[1] != EMPTY).all()
    assert keys.shape == (2, 14)


def test_too_few_permutations_are_refused():
    with pytest.raises(ValueError, match="112 permutations"):
        band_keys(np.zeros((1, 100), np.uint64))
