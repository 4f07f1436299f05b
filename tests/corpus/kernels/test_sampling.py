"""The keyed hash is SipHash-2-4, and spreads evenly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.sampling import keyed_hash
from tests.oracles.sampling import siphash

KEY = bytes(range(16))
IDS = st.lists(st.binary(min_size=16, max_size=16), max_size=8)


def array(ids):
    return np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)


def test_the_twin_is_the_published_function():
    assert siphash(KEY, b"") == 0x726FDB47DD0E0E31
    assert siphash(KEY, bytes(range(15))) == 0xA129CA6149BE45E5


@given(st.binary(min_size=16, max_size=16), IDS, st.integers(0, 2**63))
def test_twin(key, ids, copy):
    assert keyed_hash(key, array(ids), copy).tolist() == [siphash(key, i + copy.to_bytes(8, "little")) for i in ids]


def test_even_spread():
    ids = np.arange(2 * 40_000, dtype=np.uint64).view(np.uint8).reshape(-1, 16)
    buckets = np.bincount((keyed_hash(KEY, ids) >> np.uint64(60)).astype(int), minlength=16)
    assert abs(buckets - 2500).max() < 250


def test_writable_and_sliced_ids():
    ids = np.arange(64, dtype=np.uint8).reshape(2, 32)[:, :16]
    assert keyed_hash(KEY, ids).tolist() == keyed_hash(KEY, ids.copy()).tolist()


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        keyed_hash(b"short", array([KEY]))
