"""Signatures are datatrove's: golden vector, slow twin, spaCy's words, and the laws of MinHash."""

import importlib.util

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from dagster_project.corpus.kernels import shingles
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.minhash import EMPTY, coefficients, signatures
from dagster_project.corpus.kernels.normalization import SLACK
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CORPORA, TEXTS
from tests.oracles import minhash as oracle
from tests.oracles.normalization import normalize

GOLDEN_TEXT = "The quick brown fox jumps over the lazy dog. On 3 May 2021, 1,234.5 naïve café-owners said: “Hello!”"
GOLDEN_FIRST = """85330943174081874 56773202975018037 116427799766157260 34440879854629237 204561582974636070
53733570199945676 643010063060682616 67442905642790881"""
GOLDEN_LAST = """12253071211017872 24552826818032555 31794203622152895 73645687552992585 1765945916311590
147968929576157828 140773455398643154 3963570588256049"""


def signed(texts, **options):
    rows, counts = signatures(*buffers(pa.array(texts, pa.string())), **options)
    return rows.tolist(), counts.tolist()


def words(text):
    """What `shingles.split` makes of a text that the twin has normalized."""
    encoded = normalize(text).encode()
    room = shingles.room(len(encoded))
    count = shingles.split(np.frombuffer(encoded + bytes(SLACK), np.uint8).copy(), len(encoded), room, u.tables())
    assert not room.cuts.any()
    joined = bytes(room.joined[: room.words[count]]).decode()
    assert joined.count(" ") == count
    return joined.split(" ")[:-1]


def test_golden_vector():
    rows, counts = signed([GOLDEN_TEXT])
    assert counts == [16]
    assert rows[0][:8] == [int(value) for value in GOLDEN_FIRST.split()]
    assert rows[0][-8:] == [int(value) for value in GOLDEN_LAST.split()]
    a, b = coefficients()
    # as datatrove 0.10.1 draws them; the reference page has ...312 for the second, which is datasketch's first addend
    assert a[:3].tolist() == [775169054918279404, 1758426461858698313, 2109959069025162]
    assert b[:3].tolist() == [1062448801025099917, 1324811268927594100, 1217488311597731462]


@settings(max_examples=50)
@given(CORPORA)
def test_twin(texts):
    rows, counts = signed(texts, permutations=24, ngram=3)
    split = [words(text) for text in texts]
    assert counts == [max(0, len(parts) - 2) for parts in split]
    assert rows == [oracle.signature(parts, 24, 3) for parts in split]


@pytest.mark.skipif(not importlib.util.find_spec("spacy"), reason="the bench extra is not installed")
@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_words_are_those_of_spacy(text):
    normalized = normalize(text)
    assert words(text) == [t.text.strip() for t in spacy_tokenizer()(normalized) if t.text.strip()], normalized


def spacy_tokenizer():
    import spacy

    if not hasattr(spacy_tokenizer, "kept"):
        spacy_tokenizer.kept = spacy.blank("en").tokenizer
    return spacy_tokenizer.kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I dont, you cannot", "i do nt you can not"),
        ("theyllve 10km 0in 10kmx", "they ll ve 0 km 0 in 0kmx"),
        ("‘quoted’ ├──┤", "‘ quoted ├ ─ ─ ┤"),
        ("5€ €5 a€", "0 € € 0 a€"),
        ("id°", "i d °"),
        ("x©y", "x © y"),
    ],
)
def test_examples_of_words(text, expected):
    assert words(text) == expected.split()


def test_short_texts_have_no_signature():
    rows, counts = signed(["one two three four", "", None])
    assert counts == [0, 0, 0]
    assert rows == [[int(EMPTY)] * 112] * 3


def test_order_and_neighbors_do_not_matter():
    texts = ["a b c d e f g", GOLDEN_TEXT, "漢字 " * 7]
    assert signed(texts)[0] == signed(texts[::-1])[0][::-1]


def test_no_documents():
    rows, counts = signed([])
    assert rows == counts == []
