"""The bytes of an indexed dataset, spelled out."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from dagster_project.corpus.formats.format import Shard
from dagster_project.corpus.formats.formats import read_rows
from dagster_project.corpus.formats.megatron import Megatron, optimal_type
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.tokens import Tokens
from tests.corpus.formats.shards import stored_of, table_of

TOKENS = Tokens(np.array([5, 6, 7], np.uint16), np.array([0, 2, 2, 3]))
SHARD = Shard(0, 0, table_of(["a", "b", "c"]), TOKENS, 100, 99)


def test_every_document_is_a_sequence_with_its_separator() -> None:
    files = Megatron().write(SHARD).files
    assert files["bin"] == struct.pack("<6H", 5, 6, 99, 99, 7, 99)
    assert files["idx"] == b"".join(
        (
            b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, 8, 3, 4),
            struct.pack("<3i", 3, 1, 2),
            struct.pack("<3q", 0, 6, 8),
            struct.pack("<4q", 0, 1, 2, 3),
        )
    )


def test_a_large_vocabulary_takes_four_bytes() -> None:
    files = Megatron().write(replace(SHARD, vocabulary=65_500)).files
    assert files["bin"] == struct.pack("<6i", 5, 6, 99, 99, 7, 99)
    assert (files["idx"][17], files["idx"][46:70]) == (4, struct.pack("<3q", 0, 12, 16))


@pytest.mark.parametrize(("vocabulary", "name"), [(65_499, "uint16"), (65_500, "int32"), (65_536, "int32")])
def test_types_are_those_of_megatron(vocabulary: int, name: str) -> None:
    assert optimal_type(vocabulary).name == name


@pytest.mark.parametrize("place", [0, 9, 17, 18, 26, 34, 38, 46, 54])
def test_another_layout_is_told(place: int) -> None:
    files = dict(Megatron().write(SHARD).files)
    files["idx"] = files["idx"][:place] + bytes([files["idx"][place] ^ 3]) + files["idx"][place + 1 :]
    stored = stored_of(Megatron().write(SHARD), 3)
    with pytest.raises(IntegrityError, match="a megatron shard was altered"):
        read_rows("megatron", stored._replace(read=lambda suffix, at, size: files[suffix][at : at + size]))
