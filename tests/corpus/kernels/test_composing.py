"""Composed edits do at once what two programs do one after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.composing import compose
from dagster_project.corpus.kernels.editing import apply, cut, no_edits, undo
from tests.corpus.kernels.strategies import CORPORA
from tests.corpus.kernels.test_editing import edits_of, read, rows_for, rows_of, texts_of


@given(st.data(), CORPORA)
def test_composed(data, texts):
    raw = texts_of(texts)
    first = edits_of(data.draw(rows_for(texts)))
    once = apply(*raw, first)
    second = edits_of(data.draw(rows_for(read(once))))
    twice = apply(*once, second)
    both = compose(first, second)
    assert read(apply(*raw, both)) == read(twice)
    assert read(undo(*twice, both, cut(*raw, both))) == texts


@given(st.data(), CORPORA)
def test_three_programs(data, texts):
    """Joined from the left or from the right, the text is the same."""
    raw = texts_of(texts)
    first = edits_of(data.draw(rows_for(texts)))
    once = apply(*raw, first)
    second = edits_of(data.draw(rows_for(read(once))))
    third = edits_of(data.draw(rows_for(read(apply(*once, second)))))
    left, right = compose(compose(first, second), third), compose(first, compose(second, third))
    assert read(apply(*raw, left)) == read(apply(*raw, right))


@given(st.data(), CORPORA)
def test_nothing_joined(data, texts):
    rows = data.draw(rows_for(texts))
    nothing = no_edits(len(texts))
    assert rows_of(compose(edits_of(rows), nothing)) == rows
    alone = compose(nothing, edits_of(rows))
    assert read(apply(*texts_of(texts), alone)) == read(apply(*texts_of(texts), edits_of(rows)))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([(2, 4, "XY")], [(6, 7, "z")], [(2, 4, "XY"), (6, 7, "z")]),
        ([(2, 4, "")], [(6, 7, "z")], [(2, 4, ""), (8, 9, "z")]),
        ([(2, 4, "XYZ")], [(3, 4, "-")], [(2, 4, "X-Z")]),
        ([(2, 4, "XYZ")], [(0, 3, "a"), (4, 6, "b")], [(0, 5, "aYb")]),
        ([(2, 3, "X"), (5, 6, "Y")], [(1, 7, "")], [(1, 7, "")]),
        ([(2, 4, "")], [(2, 2, "in")], [(2, 4, "in")]),
        ([(2, 4, "XY")], [(4, 5, "q")], [(2, 5, "XYq")]),
    ],
    ids=["apart", "shifted", "inside", "across", "around", "where one was cut", "touching"],
)
def test_examples(first, second, expected):
    assert rows_of(compose(edits_of([first]), edits_of([second]))) == [expected]
