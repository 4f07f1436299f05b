"""Runs of newlines are cut as a regular expression cuts them, and lines of pipes as datatrove replaces them."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.editing import apply
from dagster_project.corpus.kernels.newlines import limit_newlines, pipes_to_newlines
from dagster_project.corpus.kernels.texts import buffers, strings
from tests.corpus.kernels.strategies import PIECES

LINES = st.lists(
    st.sampled_from(["|", " ", "| |", "\n", "\n\n", "\r\n", "\u2028", "\t", "a", "é|", *PIECES]), max_size=30
)
TEXTS = st.lists(LINES.map("".join), min_size=1, max_size=4)


def limited(texts, most):
    raw = buffers(pa.array(texts, pa.large_string()))
    return strings(*apply(*raw, limit_newlines(*raw, most))).to_pylist()


def without_pipes(texts):
    raw = buffers(pa.array(texts, pa.large_string()))
    edits, removed = pipes_to_newlines(*raw)
    return strings(*apply(*raw, edits)).to_pylist(), removed.tolist()


@given(TEXTS, st.integers(1, 3))
def test_runs(texts, most):
    assert limited(texts, most) == [re.sub(f"\n{{{most + 1},}}", "\n" * most, text) for text in texts]


@given(TEXTS)
def test_datatrove(texts):
    formatters = pytest.importorskip("datatrove.pipeline.formatters")
    theirs = formatters.SymbolLinesFormatter(symbols_to_remove=["|"], replace_char="\n")
    assert without_pipes(texts)[0] == [theirs.format(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "left", "removed"),
    [
        ("", "", 0),
        ("a\nb", "a\nb", 0),
        ("a\r\nb\n", "a\nb", 0),
        ("a\n| |\n||\nb", "a\n\n\nb", 2),
        ("|\na", "\n\na", 1),
        ("a\n|", "a\n\n", 1),
        ("a\n\t|\nb", "a\n\t|\nb", 0),
        ("a\n  \nb", "a\n  \nb", 0),
    ],
)
def test_pipes(text, left, removed):
    assert without_pipes([text]) == ([left], [removed])
