"""Documents as vectors of hashed words: the oracle's, of unit length, and blind to case, marks and order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels import term_vectors as kernel
from dagster_project.corpus.kernels.term_vectors import FEATURES, UNIT, Terms
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import ALPHABETIC, Words
from tests.oracles import clusters as oracle

hashes = st.integers(0, 2**64 - 1) | st.integers(0, 5) | st.integers(0, 5).map(lambda low: low | 1 << 63)
hashed_documents = st.lists(st.lists(hashes, max_size=30), max_size=6)


def words_of_hashes(documents: list[list[int]], flags: int = ALPHABETIC) -> Words:
    found = np.array([word for document in documents for word in document], np.uint64)
    firsts = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    nothing = np.zeros(len(found), np.int64)
    return Words(nothing, nothing, firsts, nothing.astype(np.int32), found, np.full(len(found), flags, np.uint8))


def as_dictionaries(terms: Terms) -> list[dict[int, int]]:
    rows = [slice(*terms.firsts[number : number + 2].tolist()) for number in range(len(terms.firsts) - 1)]
    return [dict(zip(terms.features[row].tolist(), terms.values[row].tolist(), strict=True)) for row in rows]


def vectors_of(counts: Terms) -> Terms:
    documents = int((np.diff(counts.firsts) > 0).sum())
    rare = kernel.rareness(np.bincount(counts.features, minlength=FEATURES), documents)
    return kernel.weighted(counts, rare)


def of_texts(texts: list[str]) -> Terms:
    return kernel.terms_of(kernel.plain(*buffers(pa.array(texts, pa.large_string())))[1])


@given(hashed_documents)
def test_counts_and_vectors_are_those_of_the_oracle(documents: list[list[int]]) -> None:
    counts = kernel.terms_of(words_of_hashes(documents))
    expected = [oracle.signed_counts(document, FEATURES) for document in documents]
    assert as_dictionaries(counts) == expected
    assert as_dictionaries(vectors_of(counts)) == oracle.vectors(expected)


def test_a_word_counts_so_often_at_most_and_those_without_a_letter_never() -> None:
    assert as_dictionaries(kernel.terms_of(words_of_hashes([[7] * 300]))) == [{7: 255}]
    assert as_dictionaries(kernel.terms_of(words_of_hashes([[7, 8]], flags=0))) == [{}]
    assert as_dictionaries(of_texts(["12 + 3 !", "", " \n"])) == [{}, {}, {}]


def test_words_of_both_signs_in_one_dimension_undo_each_other() -> None:
    assert as_dictionaries(kernel.terms_of(words_of_hashes([[3, 3 | 1 << 63, 4]]))) == [{4: 1}]


def test_case_marks_punctuation_and_order_say_nothing() -> None:
    one, *others = as_dictionaries(
        of_texts(["the élan of a Bridge", "A bridge: the (Elan) OF!", "of a bridge the elan"])
    )
    assert [other == one for other in others] == [True, True]
    assert len(one) == 5


def test_words_of_scripts_without_spaces_are_told_apart() -> None:
    (found,) = as_dictionaries(of_texts(["東京の本"]))
    assert len(found) == 4


@pytest.mark.parametrize("size", [1, 10, 3000])
def test_vectors_have_one_length(size: int) -> None:
    documents = [np.random.default_rng(size).integers(0, 2**63, size).tolist(), [1, 2]]
    vector = as_dictionaries(vectors_of(kernel.terms_of(words_of_hashes(documents))))[0]
    assert sum(value**2 for value in vector.values()) ** 0.5 == pytest.approx(UNIT, rel=0.002)


def test_what_few_documents_have_weighs_more() -> None:
    rare = kernel.rareness(np.array([0, 1, 10, 1000]), 1000)
    assert rare.tolist() == [round(256 * float(np.log1p(ratio))) for ratio in (1000, 1000, 100, 1)]
