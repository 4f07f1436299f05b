"""Verbatim spans against a search that looks everywhere, and a bound on what hostile texts may cost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.texts import buffers, sealed
from dagster_project.corpus.kernels.verbatim import holders, needles, reaches
from tests.oracles.verbatim import maximal_spans

FEW = st.lists(st.text(st.sampled_from("ab"), max_size=40), max_size=4)
MORE = st.lists(st.text(st.sampled_from("abcdef"), max_size=40), max_size=4)


@given(st.one_of(st.tuples(FEW, FEW), st.tuples(MORE, MORE)), st.integers(3, 9))
def test_reaches_are_those_of_every_document(both: tuple[list[str], list[str]], least: int) -> None:
    texts, documents = both
    data, bounds = buffers(pa.array(texts, pa.large_string()))
    reach = np.zeros(len(data), np.int32)
    sought = needles(data, bounds, (least + 1) // 2, whole=False)
    assert reaches(*buffers(pa.array(documents, pa.large_string())), sought, least, reach) == 0
    for start, text in zip(bounds.tolist(), texts, strict=False):
        spans = {(at, at + int(reach[start + at])) for at in range(len(text)) if reach[start + at]}
        outer = {one for one in spans if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in spans)}
        assert outer == maximal_spans(text, documents, least)


@given(st.one_of(st.tuples(FEW, FEW), st.tuples(MORE, MORE)), st.integers(2, 5))
def test_holders_are_all_documents_that_have_a_whole_text(both: tuple[list[str], list[str]], gram: int) -> None:
    texts, documents = both
    sought = needles(*buffers(pa.array(texts, pa.large_string())), gram, whole=True)
    found = holders(*buffers(pa.array(documents, pa.large_string())), sought)
    expected = {
        (needle, number, document.find(text))
        for needle, text in enumerate(texts)
        for number, document in enumerate(documents)
        if len(text) >= gram and text in document
    }
    assert set(zip(found.needles.tolist(), found.documents.tolist(), found.starts.tolist(), strict=True)) == expected
    assert len(found.needles) == len(expected)


def test_a_text_that_repeats_itself_is_left_and_told() -> None:
    text = sealed(np.frombuffer(b"ab" * (1 << 17), np.uint8))
    bounds, reach = np.array([0, len(text)]), np.zeros(len(text), np.int32)
    assert reaches(text, bounds, needles(text, bounds, 8, whole=False), 16, reach) == 1
    assert reach[0] == len(text)


def test_runs_of_a_byte_meet_once() -> None:
    data, bounds = buffers(pa.array(["x" + " " * 5000 + "y"] * 200))
    documents, offsets = buffers(pa.array(["z" + " " * 5000 + "y", " " * 20_000, "x" + " " * 30 + "q"]))
    reach = np.zeros(len(data), np.int32)
    assert reaches(documents, offsets, needles(data, bounds, 16, whole=False), 31, reach) == 0
    assert reach[:3].tolist() == [31, 5001, 0]
    assert reach[-5002:-4999].tolist() == [31, 5001, 0]
