"""xxh64 is xxHash's; mix64 is splitmix64's."""

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.hashing import digests, mix64
from dagster_project.corpus.kernels.texts import buffers


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_digests_are_xxh64(values):
    expected = [xxhash.xxh64_intdigest(value) for value in values]
    assert digests(*buffers(pa.array(values, pa.binary()))).tolist() == expected


@pytest.mark.parametrize("size", [*range(70), 1000])
def test_every_length(size):
    value = bytes(i * 37 % 256 for i in range(size))
    assert digests(*buffers(pa.array([value]))).tolist() == [xxhash.xxh64_intdigest(value)]


def test_mix64_follows_splitmix64():
    state, seen = 1234567, []
    for _ in range(3):
        seen.append(int(mix64(np.uint64(state))))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert seen == [6457827717110365317, 3203168211198807973, 9817491932198370423]
