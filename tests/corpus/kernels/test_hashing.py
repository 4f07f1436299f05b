"""xxh64 and xxh32 are xxHash's, sha1_start is the standard library's; mix64 is splitmix64's."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.compiling import compiled
from dagster_project.corpus.kernels.hashing import digests, mix64, xxh32, xxh64_within
from dagster_project.corpus.kernels.pointers import pointer
from dagster_project.corpus.kernels.sha1 import ROUNDS, sha1_start
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


@compiled
def sha1_of(data, start, end):
    return sha1_start(pointer(data), start, end, pointer(np.empty(ROUNDS, np.uint64)))


def around(value):
    """The value with other bytes before and after it, and where it begins and ends."""
    return np.frombuffer(b"\xa5" * 3 + value + b"\x5a" * 32, np.uint8).copy(), 3, 3 + len(value)


@pytest.mark.parametrize("size", [*range(200), 1000])
def test_hashes_of_a_part(size):
    value = bytes(i * 37 % 256 for i in range(size))
    assert int(xxh64_within(*around(value))) == xxhash.xxh64_intdigest(value)
    assert int(xxh32(*around(value))) == xxhash.xxh32_intdigest(value)
    assert int(sha1_of(*around(value))) == int.from_bytes(hashlib.sha1(value).digest()[:8], "little")


@given(st.binary(max_size=300))
def test_any_bytes(value):
    assert int(xxh64_within(*around(value))) == xxhash.xxh64_intdigest(value)
    assert int(xxh32(*around(value))) == xxhash.xxh32_intdigest(value)
    assert int(sha1_of(*around(value))) == int.from_bytes(hashlib.sha1(value).digest()[:8], "little")
