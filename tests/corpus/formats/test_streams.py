"""Token streams against their oracle, in blocks of any size."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.formats import streams
from dagster_project.corpus.formats.streams import narrowest, stream_digest, stream_of, token_lists, tokens_of
from dagster_project.corpus.model.tokens import Tokens
from tests.oracles import streams as oracle

DOCUMENTS = st.lists(st.lists(st.integers(0, 65_535), max_size=6), max_size=8)


def tokens(documents: list[list[int]], dtype: Any = np.uint16) -> Tokens:
    offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    return Tokens(np.array([token for row in documents for token in row], dtype), offsets)


@settings(deadline=None)
@given(DOCUMENTS, DOCUMENTS, st.sampled_from([None, 0, 65_535, 70_000]), st.integers(1, 9))
def test_the_digest_is_that_of_the_oracle(first: Any, second: Any, separator: int | None, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK_TOKENS", block)
        found = stream_digest([tokens(first), tokens(second, np.int32)], separator)
    assert found == oracle.stream_digest([*first, *second], separator)


def test_the_digest_is_a_known_number() -> None:
    known = hashlib.sha256(bytes([1, 0, 0, 0, 0, 1, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0])).hexdigest()
    assert stream_digest([tokens([[1, 256], []])], 9) == known
    assert stream_digest([]) == hashlib.sha256().hexdigest()


def test_the_separator_stands_after_every_document() -> None:
    values, offsets = stream_of(tokens([[], [1, 2], [], [3]]), np.dtype("<u4"), 70_000)
    assert values.tolist() == [70_000, 1, 2, 70_000, 70_000, 3, 70_000]
    assert offsets.tolist() == [0, 1, 4, 5, 7]
    assert values.dtype == np.uint32


@pytest.mark.parametrize(("vocabulary", "name"), [(1, "uint16"), (65_536, "uint16"), (65_537, "uint32")])
def test_tokens_are_as_narrow_as_their_vocabulary(vocabulary: int, name: str) -> None:
    assert narrowest(vocabulary).name == name


@given(DOCUMENTS, st.sampled_from([np.uint16, np.uint32, np.int32]), st.integers(0, 8))
def test_lists_hold_the_tokens(documents: list[list[int]], dtype: Any, first: int) -> None:
    lists = token_lists(tokens(documents, dtype))
    assert lists.to_pylist() == documents
    assert lists.type == pa.list_(pa.uint16() if dtype is np.uint16 else pa.uint32())
    values, offsets = tokens_of(pa.chunked_array([lists[:first], lists[first:]]).slice(1))
    assert values.tolist() == [token for row in documents[1:] for token in row]
    assert offsets.tolist() == np.cumsum([0, *map(len, documents[1:])]).tolist()
