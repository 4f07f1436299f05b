"""Counts of lines are what Python's string methods and regular expressions find."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.lines import Lines, count_lines
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CHARACTERS, CORPORA, PIECES
from tests.oracles import lines as oracle

ENDS = ["\n", "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"]
STARTS = ["", " ", "\u3000", "- ", "* ", "• ", "● ", "■ ", "AB", "12"]
LINE_ENDS = ["", ".", "...", ". . .", "…", "”", '"', ";", "{", "。", " ", "\t", "\u2003", "x" * 31]
PARTS = st.one_of(st.sampled_from(STARTS + LINE_ENDS), st.sampled_from(ENDS), st.sampled_from(PIECES), CHARACTERS)
TEXTS = st.lists(PARTS, max_size=40).map("".join)
NOTHING = dict.fromkeys(Lines._fields, 0)


def counted(texts):
    columns = count_lines(*buffers(pa.array(texts, pa.string())))
    assert list(columns) == list(Lines._fields)
    return [{name: int(column[i]) for name, column in columns.items()} for i in range(len(texts))]


def expected(text):
    return {**NOTHING, **oracle.count(text)}


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_twin(texts):
    assert counted(texts) == [expected(text) for text in texts]


@given(CORPORA)
def test_twin_of_many_scripts(texts):
    assert counted(texts) == [expected(text) for text in texts]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_laws(texts):
    for text, counts in zip(texts, counted(texts), strict=True):
        assert counts["nonblank_lines"] <= counts["nonempty_lines"] <= counts["newlines"] + 1
        assert counts["duplicate_segments"] < counts["segments"] or not text
        assert counts["duplicate_paragraphs"] <= counts["paragraphs"] <= counts["nonempty_lines"]
        assert counts["repeated_stripped_lines"] != 1
        assert counts["duplicate_line_characters"] <= counts["duplicate_segment_characters"] <= len(text)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_every_document_for_itself(texts):
    assert counted(texts) == [counted([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", NOTHING),
        ("\n", {"newlines": 1, "segments": 2, "duplicate_segments": 1, "paragraphs": 0, "repeated_lines": 2}),
        (" \n\t", {"nonblank_lines": 0, "nonempty_lines": 2, "short_lines": 0, "paragraphs": 0}),
        ("a", {"segments": 1, "duplicate_segments": 0, "nonblank_lines": 1, "short_lines": 1}),
        ("a\na\na", {"duplicate_segments": 2, "repeated_lines": 3, "repeated_stripped_lines": 3}),
        ("a\n a\na ", {"duplicate_segments": 0, "repeated_stripped_lines": 3}),
        ("a\n\nb\n\n\na", {"paragraphs": 3, "duplicate_paragraphs": 1, "longest_newline_run": 3}),
        ("a.\nb.”\nc. \nd!", {"terminal_lines": 2, "sentence_end_lines": 4, "end_mark_lines": 3}),
        ("- a\n • b\n\u3000-c\n*d", {"bullet_lines": 3, "marked_lines": 4, "flush_bullet_lines": 2}),
        ("a...\nb…  \nc....\nd. . .\ne…. ", {"ellipsis_lines": 3, "spaced_ellipsis_lines": 4}),
        ("- a\r- b\n- c", {"bullet_lines": 3, "marked_lines": 2}),
        ("é" * 30 + "\n" + "é" * 31, {"short_lines": 1, "longest_line": 31, "second_longest_line": 30}),
        ("AbC\nABc\n12 \n1a\n٣٤\nÉÉé", {"uppercase_lines": 3, "numeric_lines": 2}),
        ("x" * 5000, {"longest_line": 5000, "nonblank_lines": 1}),
        ("A" * 5000 + "\n" + "é" * 5000, {"uppercase_lines": 1, "second_longest_line": 5000}),
        ("a\0\na\na\0\0", {"duplicate_segments": 0}),
    ],
)
def test_examples(text, values):
    (counts,) = counted([text])
    assert {name: counts[name] for name in values} == values


def test_many_lines():
    text = "\n".join(f"line {number % 700} {'é' * (number % 40)}" for number in range(3000))
    assert counted([text, "a", text]) == [expected(text), expected("a"), expected(text)]


def test_no_documents():
    assert counted([]) == []
