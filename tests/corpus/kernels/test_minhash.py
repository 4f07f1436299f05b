"""Signatures are datatrove's: golden vector, slow twin, spaCy's words, and the laws of MinHash."""

import importlib.util
import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels import shingles
from dagster_project.corpus.kernels.minhash import EMPTY, coefficients, signatures
from dagster_project.corpus.kernels.normalization import SLACK
from dagster_project.corpus.kernels.shingle_cuts import cut_tables
from dagster_project.corpus.kernels.texts import buffers
from tests.corpus.kernels.strategies import CORPORA, TEXTS
from tests.oracles import minhash as oracle
from tests.oracles.normalization import normalize

GOLDEN_TEXT = "The quick brown fox jumps over the lazy dog. On 3 May 2021, 1,234.5 naïve café-owners said: “Hello!”"
GOLDEN = {
    "xxh64": """85330943174081874 56773202975018037 116427799766157260 34440879854629237 204561582974636070
        53733570199945676 643010063060682616 67442905642790881 12253071211017872 24552826818032555 31794203622152895
        73645687552992585 1765945916311590 147968929576157828 140773455398643154 3963570588256049""",
    "sha1-64": """236927988167973383 142873579075665304 206165134251581900 91598846877976164 33014629586198151
        113958683281931816 127668964949549080 233415862708773832 164139703210280404 2059879810948466 45107180993039768
        331483300787580160 126167845672318228 282610862044385307 304633615956179538 198072737173159256""",
    "xxh32": """125697124 388159584 263810107 199929113 84186445 339415584 287250338 99635522
        223697301 452165766 70177621 10675088 268794531 117347199 380316960 210406893""",
    "sha1-32": """305699585 126535995 377291344 807274274 40712579 121714251 58441432 775895371
        90306620 138370791 304367237 144575281 81836824 429639922 161272366 59774753""",
}  # of datatrove 0.10.1: the first and the last band


def signed(texts, **options):
    rows = signatures(*buffers(pa.array(texts, pa.string())), **options)
    return rows.minima.tolist(), rows.shingles.tolist()


def words(text):
    """What `shingles.split` makes of a text that the twin has normalized."""
    encoded = normalize(text).encode()
    room = shingles.room(len(encoded))
    padded = np.frombuffer(encoded + bytes(SLACK), np.uint8).copy()
    count = shingles.split(padded, len(encoded), room, cut_tables())
    assert not room.cuts.any()
    assert not room.odd.any()
    joined = bytes(room.joined[: room.words[count]]).decode() if count else ""
    assert joined.count(" ") == count
    assert [bytes(room.joined[i:j]).decode() for i, j in pairwise(room.words[: count + 1])] == re.findall(
        "[^ ]+ ", joined
    )
    return joined.split(" ")[:-1]


@pytest.mark.parametrize("hashing", GOLDEN)
def test_golden_vector(hashing):
    rows, counts = signed([GOLDEN_TEXT], hashing=hashing)
    assert counts == [16]
    assert [*rows[0][:8], *rows[0][-8:]] == [int(value) for value in GOLDEN[hashing].split()]


def test_coefficients():
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


@settings(max_examples=30)
@given(CORPORA, st.sampled_from([*GOLDEN]), st.integers(1, 30))
def test_characters(texts, hashing, ngram):
    rows, counts = signed(texts, permutations=9, ngram=ngram, hashing=hashing, shingles="characters")
    normalized = [normalize(text) for text in texts]
    assert counts == [max(0, len(text) - ngram + 1) for text in normalized]
    assert rows == [oracle.signature(text, 9, ngram, hashing, "") for text in normalized]


@settings(max_examples=20)
@given(CORPORA, st.sampled_from([*GOLDEN]))
def test_hashings(texts, hashing):
    rows, _ = signed(texts, permutations=9, ngram=2, hashing=hashing)
    assert rows == [oracle.signature(words(text), 9, 2, hashing) for text in texts]


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


@pytest.mark.parametrize("before", range(70))
def test_words_at_every_place(before):
    """Of every kind that is looked at, where the sixty-four bytes that are read together end."""
    start = "a " * (before // 2) + "b" * (before % 2)
    text = start + " dont 0km © × cannot €5 naïve 0 b\u037e " + "im " * 40 + "x" * 100
    split = f"do nt 0 km © × can not € 0 naive 0 b ; {'i m ' * 40}" + "x" * 100
    assert words(text) == start.split() + split.split()


def test_spaces_that_a_mark_separated():
    assert words("a \u0301 b dont \u0301 \u0301 c") == ["a", "b", "do", "nt", "c"]


def test_many_shingles():
    text = " ".join(f"{'abcdefgh'[i % 8]}{'xyz'[i % 3]}{'pqrstuv'[i % 7]}" for i in range(1500))
    rows, counts = signed([text], permutations=20)
    assert counts == [1496]
    assert rows == [oracle.signature(text.split(), 20)]


@pytest.mark.parametrize(
    "options", [{"ngram": 0}, {"permutations": 0}, {"sketch": -1}, {"shingles": "lines"}, {"hashing": "md5"}]
)
def test_what_cannot_be_made_is_refused(options):
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        signed([GOLDEN_TEXT], **options)


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
