"""Counts are what Python's string methods count."""

import pyarrow as pa
import pytest
from hypothesis import given

from dagster_project.corpus.kernels.counts import Counts, count
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import counts as oracle


def counted(texts):
    columns = count(*buffers(pa.array(texts, pa.string())))
    assert list(columns) == list(Counts._fields)
    return [{name: int(column[i]) for name, column in columns.items()} for i in range(len(texts))]


@given(CORPORA)
def test_twin(texts):
    assert counted(texts) == [oracle.count(text) for text in texts]


@given(CORPORA)
def test_laws(texts):
    for counts in counted(texts):
        assert counts["content_words"] <= counts["words"] <= counts["characters"] <= counts["bytes"]
        assert counts["content_characters"] + counts["whitespace"] <= counts["characters"]
        assert max(counts["bullet_lines"], counts["ellipsis_lines"]) <= counts["lines"] <= counts["characters"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"lines": 0, "words": 0}),
        ("\n", {"lines": 1, "words": 0}),
        ("a\r\nb\rc\n", {"lines": 3}),
        ("- a\n • b\n\u3000-c\n*d", {"lines": 4, "bullet_lines": 3}),
        ("a...\nb…  \nc....\nd. . .\ne…. ", {"ellipsis_lines": 3, "ellipses": 4}),
        ("......", {"ellipses": 2, "words": 1, "content_words": 0}),
        ("the The be the", {"stop_words": 2, "words": 4}),
        ("# a ## 1", {"hashes": 3, "alphabetic_words": 1, "content_words": 2, "content_characters": 2}),
    ],
)
def test_examples(text, expected):
    (counts,) = counted([text])
    assert {name: counts[name] for name in expected} == expected


def test_no_documents():
    assert counted([]) == []
