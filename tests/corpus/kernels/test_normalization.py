"""Normalized text is datatrove's, byte for byte."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.normalization import normalize
from dagster_project.corpus.kernels.texts import buffers, strings
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import normalization as oracle


def normalized(texts):
    return strings(*normalize(*buffers(pa.array(texts, pa.string())))).to_pylist()


@given(CORPORA)
def test_twin(texts):
    assert normalized(texts) == [oracle.normalize(text) for text in texts]


@given(CORPORA)
def test_each_document_by_itself(texts):
    assert normalized(texts) == [normalized([text])[0] for text in texts]


@given(st.lists(st.text("aZ09.,,.  -é٣٫", max_size=200), min_size=1, max_size=3))
def test_numbers_across_windows(texts):
    """What comes after lets every text be read sixty-four bytes at a time."""
    after = "." * 64
    assert normalized([*texts, after]) == [*map(oracle.normalize, texts), ""]


@pytest.mark.parametrize("before", range(130))
@pytest.mark.parametrize("number", ["1.2.3.4,5", "12345,678.9", "1,", ".5", "7..8", "1.2٣.4", "9" * 70, "1.2." * 40])
def test_a_number_at_every_place(before, number):
    text = "x" * before + number + " y"
    assert normalized([text, "." * 64])[0] == oracle.normalize(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Naïve CAFÉ", "naive cafe"),
        ("1|2|3 1,234.5", "0 0 0 0 0"),
        ("ΟΔΟΣ ΣΑΣ", "οδος σας"),
        ("İstanbul", "istanbul"),
        ("각", "\u1100\u1161\u11a8"),
        ("a \u0301 b", "a  b"),
        ("\u0301 a \u0301", "a"),
        ("a\u302e\u1b44", "a\u1b44\u302e"),
        ("\u037e", ";"),
        ("...", ""),
        ("", ""),
    ],
)
def test_examples(text, expected):
    assert normalized([text]) == [expected] == [oracle.normalize(text)]


def test_invalid_utf8_stays_inside_its_document():
    data = np.frombuffer(b"caf\xc3\xa9 \xe2\x82caf\xf0", np.uint8)
    result, offsets = normalize(data, np.array([0, 8, 12], np.int64))
    assert bytes(result[: offsets[1]]).decode() == "cafe \ufffd\ufffd"
    assert bytes(result[offsets[1] :]).decode() == "caf\ufffd"
