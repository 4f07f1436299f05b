"""Edits are applied, undone and written to Arrow without loss; what does not fit is refused."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.editing import (
    Kept,
    apply,
    cut,
    from_arrow,
    inverse,
    keep_only,
    no_edits,
    to_arrow,
    undo,
)
from dagster_project.corpus.kernels.texts import buffers, strings
from dagster_project.corpus.model.edits import EDITS
from dagster_project.corpus.model.errors import IntegrityError
from tests.corpus.kernels.strategies import CORPORA, TEXTS
from tests.oracles import editing as oracle


def edits_of(rows):
    """Edits from lists of (start, end, text), one list per document."""
    return from_arrow(
        pa.array([[dict(zip(("start", "end", "text"), e, strict=True)) for e in row] for row in rows], EDITS)
    )


def rows_of(edits):
    return [[tuple(edit.values()) for edit in row] for row in to_arrow(edits).to_pylist()]


def texts_of(texts):
    return buffers(pa.array(texts, pa.large_string()))


def read(texts):
    return strings(*texts).to_pylist()


@st.composite
def edited(draw, text):
    """Edits that fit a text: in order, at the bounds of characters."""
    bounds = [0]
    for character in text:
        bounds.append(bounds[-1] + len(character.encode()))
    places = sorted(draw(st.lists(st.sampled_from(bounds), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [(start, end, draw(st.sampled_from(["", "x", "\n", "né", "漢字 "]))) for start, end in pairs]


def rows_for(texts):
    return st.tuples(*[edited(text) for text in texts]).map(list)


@given(st.data(), CORPORA)
def test_apply_and_undo(data, texts):
    rows = data.draw(rows_for(texts))
    raw, edits = texts_of(texts), edits_of(rows)
    after = apply(*raw, edits)
    assert [text.encode() for text in read(after)] == [
        oracle.apply(text.encode(), row) for text, row in zip(texts, rows, strict=True)
    ]
    removed = cut(*raw, edits)
    assert read(removed) == [t.encode()[s:e].decode() for t, row in zip(texts, rows, strict=True) for s, e, _ in row]
    assert read(undo(*after, edits, removed)) == texts
    again = cut(*after, inverse(edits, removed))
    assert read(again) == [new for row in rows for _, _, new in row]


@given(st.data(), CORPORA)
def test_arrow(data, texts):
    rows = data.draw(rows_for(texts))
    column = to_arrow(edits_of(rows))
    assert column.type == EDITS
    assert rows_of(from_arrow(column)) == rows
    assert rows_of(from_arrow(pa.chunked_array([column, column]).slice(1))) == (rows + rows)[1:]
    assert rows_of(from_arrow(column.slice(1))) == rows[1:]


@given(CORPORA)
def test_no_edits_change_nothing(texts):
    assert read(apply(*texts_of(texts), no_edits(len(texts)))) == texts
    assert rows_of(no_edits(len(texts))) == [[] for _ in texts]


def test_nulls_are_no_edits():
    assert rows_of(from_arrow(pa.array([None, [{"start": 0, "end": 1, "text": ""}], []], EDITS))) == [
        [],
        [(0, 1, "")],
        [],
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ([(0, 6, "")], "bytes 0 to 6.*has 5 bytes, does not lie in it"),
        ([(-1, 2, "")], "does not lie in it"),
        ([(3, 1, "")], "does not lie in it"),
        ([(0, 3, "a"), (1, 5, "b")], "bytes 1 to 5.*begins before the edit before it ends"),
        ([(1, 2, "")], "begins or ends within a character"),
        ([(2, 3, "")], "begins or ends within a character"),
    ],
)
def test_what_does_not_fit_is_refused(row, problem):
    texts = texts_of(["ok", "aéé"])
    for act in (apply, cut):
        with pytest.raises(IntegrityError, match=f"document 1.*{problem}.*measure"):
            act(*texts, edits_of([[], row]))


def test_edits_of_other_documents_are_refused():
    with pytest.raises(IntegrityError, match="of 2 documents, and there are 1"):
        apply(*texts_of(["ok"]), no_edits(2))


@given(TEXTS, TEXTS)
def test_pieces(first, second):
    """The lines of a text kept: only line ends other than a newline are edits."""
    text = f"{first}\r\n{second}\n"
    ends = [len(first.encode()), len(text.encode()) - 1]
    kept = Kept(*[pa.array(v, pa.int64()).to_numpy() for v in ([0, 2], [0, ends[0] + 2], ends, [0, 1], [1])])
    edits = keep_only(*texts_of([text]), kept)
    assert rows_of(edits) == [[(ends[0], ends[0] + 2, "\n")]]
    assert read(apply(*texts_of([text]), edits)) == [f"{first}\n{second}\n"]


@pytest.mark.parametrize(
    ("tail", "expected"), [(0, [(0, 3, "")]), (1, [(0, 3, "\n")]), (3, [])], ids=["nothing", "one", "as it is"]
)
def test_no_piece(tail, expected):
    none = pa.array([], pa.int64()).to_numpy()
    kept = Kept(pa.array([0, 0]).to_numpy(), none, none, none, pa.array([tail]).to_numpy())
    assert rows_of(keep_only(*texts_of(["\n\n\n"]), kept)) == [expected]
