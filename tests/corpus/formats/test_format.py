"""Export shards that do not fit together are refused before anything is written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.formats.format import Shard, Stored
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.tokens import Tokens
from tests.corpus.formats.shards import table_of, tokens_of_length

TABLE = table_of(["a", "b"], 5)


def test_rows_are_numbered_upwards_from_the_start() -> None:
    """Places without a row are those of documents that were taken down."""
    assert Shard(3, 0, TABLE).start == 0
    again = pa.concat_tables([TABLE, TABLE])
    for start, table in ((TABLE.column("index")[0].as_py() + 1, TABLE), (0, again)):
        with pytest.raises(IntegrityError, match=f"export shard 3 are not numbered upwards from {start}"):
            Shard(3, start, table)


@pytest.mark.parametrize("offsets", [[0, 4], [0, 1, 3], [1, 2, 4], [0, 5, 4], [0, 1, 2, 4]])
def test_tokens_cover_the_documents(offsets: list[int]) -> None:
    tokens = Tokens(np.zeros(4, np.uint16), np.array(offsets))
    with pytest.raises(IntegrityError, match="do not cover its documents"):
        Shard(0, 5, TABLE, tokens, 10)


@pytest.mark.parametrize(("vocabulary", "separator"), [(9, None), (10, 10), (10, -1), (0, None)])
def test_tokens_are_of_the_vocabulary(vocabulary: int, separator: int | None) -> None:
    tokens = tokens_of_length([2, 2], 10)
    assert Shard(0, 5, TABLE, tokens, 10, 9).tokens is tokens
    with pytest.raises(IntegrityError, match=f"beyond its vocabulary of {vocabulary}"):
        Shard(0, 5, TABLE, tokens, vocabulary, separator)


def test_tokens_are_never_negative() -> None:
    with pytest.raises(IntegrityError, match="beyond its vocabulary"):
        Shard(0, 5, TABLE, Tokens(np.array([1, -1], np.int32), np.array([0, 1, 2])), 10)


@pytest.mark.parametrize(("start", "length"), [(-1, 1), (0, -1), (3, 1), (0, 4)])
def test_nothing_beyond_a_file_is_asked_for(start: int, length: int) -> None:
    stored = Stored(1, {"x": 3}, lambda suffix, start, length: b"abc"[start : start + length])
    assert (stored.part("x", 1, 2), stored.part("x", 3, 0), stored.whole("x")) == (b"bc", b"", b"abc")
    with pytest.raises(ValueError, match=f"{length} bytes from {start} of 3"):
        stored.part("x", start, length)
