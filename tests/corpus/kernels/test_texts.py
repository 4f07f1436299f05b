"""Texts go through Arrow's buffers and come back, whatever the array looks like."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.texts import buffers, strings

TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()]
LISTS = st.lists(st.none() | st.text(), max_size=8)


def documents(data, offsets):
    return [bytes(data[i:j]).decode() for i, j in pairwise(offsets)]


@given(LISTS, st.integers(0, 8), st.integers(0, 8), st.sampled_from(TYPES))
def test_slices_and_nulls(texts, skip, length, type_):
    array = pa.array([None if t is None else t.encode() for t in texts], pa.binary()).cast(type_).slice(skip, length)
    data, offsets = buffers(array)
    assert documents(data, offsets) == [t or "" for t in texts[skip : skip + length]]
    assert offsets[0] == 0
    assert offsets.dtype == np.int64
    assert not data.flags.writeable


@given(st.lists(LISTS, max_size=4))
def test_chunks(chunks):
    data, offsets = buffers(pa.chunked_array(chunks, pa.string()))
    assert documents(data, offsets) == [t or "" for chunk in chunks for t in chunk]


def test_a_null_that_hides_bytes_is_empty():
    bitmap, positions, values = (
        pa.py_buffer(b"\x05"),
        pa.py_buffer(np.array([0, 1, 2, 3], np.int32)),
        pa.py_buffer(b"abc"),
    )
    array = pa.Array.from_buffers(pa.string(), 3, [bitmap, positions, values])
    assert documents(*buffers(array)) == ["a", "", "c"]


def test_one_chunk_is_not_copied():
    array = pa.array(["some", "texts"]).slice(1)
    data, _ = buffers(array)
    assert data.ctypes.data == array.buffers()[2].address + 4


@pytest.mark.parametrize(
    "array", [pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["a", "b", "a"], pa.string_view())]
)
def test_other_encodings(array):
    assert documents(*buffers(array)) == ["a", "b", "a"]


@given(st.lists(st.text(), max_size=5))
def test_strings_is_the_inverse(texts):
    assert strings(*buffers(pa.array(texts, pa.string()))).to_pylist() == texts
