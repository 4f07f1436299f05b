"""Lines begin and end alike exactly where their first or last tokens do."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.line_templates import follows, line_templates
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import line_templates as oracle

PIECES = ["- ", "* ", "1. ", "23", "a", "bé", " ", "\n", "|", "漢字", "\t", "\r\n", "\u00a0", "•"]
LISTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), min_size=1, max_size=4)


def lines_of(texts):
    return line_templates(*buffers(pa.array(texts, pa.large_string())))


def classes(values):
    """Each value by where it stood first: equal lists say the same things are equal."""
    return [values.index(value) for value in values]


@given(LISTS | CORPORA)
def test_templates(texts):
    lines, expected, offset = lines_of(texts), [], 0
    for i, text in enumerate(texts):
        expected += [(i, offset + start, offset + end, *told) for start, end, *told in oracle.templates(text)]
        offset += len(text.encode())
    places = [column.tolist() for column in (lines.documents, lines.starts, lines.ends)]
    assert list(zip(*places, strict=True)) == [line[:3] for line in expected]
    assert classes(lines.beginnings.tolist()) == classes([line[3] for line in expected])
    assert classes(lines.finishes.tolist()) == classes([line[4] for line in expected])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- milk\n- eggs\n\n  - tea", [0, 1, 1]),
        ("1. milk\n2. eggs\n17) tea", [0, 1, 1]),
        ("The cat sat.\nThe dog ran.\nThe dog barked?", [0, 0, 1]),
        ("x = 1;\nyy = 22;\nz = f(3);", [0, 1, 0]),
        ("", []),
    ],
    ids=["bullets", "numbers", "prose", "ends", "nothing"],
)
def test_follows(text, expected):
    assert follows(lines_of([text])).tolist() == expected


def test_no_line_follows_one_of_another_document():
    assert follows(lines_of(["- a\n- b", "- c", "- d\n- e"])).tolist() == [0, 1, 0, 0, 1]
