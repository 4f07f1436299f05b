"""Words in twelve scripts and among symbols, and the twin's words everywhere."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given

from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import words as oracle


def split(texts):
    data, offsets = buffers(pa.array(texts, pa.string()))
    starts, ends, firsts, *_ = words_of(data, offsets)
    found = [bytes(data[start:end]).decode() for start, end in zip(starts, ends, strict=True)]
    return [found[i:j] for i, j in pairwise(firsts)]


@given(CORPORA)
def test_twin(texts):
    assert split(texts) == [oracle.tokens(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't go, it's 3.5 km to U.K.'s end...", "Don't|go|,|it's|3.5|km|to|U.K|.|'|s|end|..."),
        ("Он сказал: «да».", "Он|сказал|:|«|да|»|."),
        ("Η Ελλάδα, σήμερα.", "Η|Ελλάδα|,|σήμερα|."),
        ("שלום, עולם!", "שלום|,|עולם|!"),
        ("مرحبا بالعالم، نعم", "مرحبا|بالعالم|،|نعم"),
        ("नमस्ते दुनिया।", "नमस्ते|दुनिया|।"),
        ("বাংলা ভাষা।", "বাংলা|ভাষা|।"),
        ("தமிழ் மொழி.", "தமிழ்|மொழி|."),
        ("漢字とカタカナ。", "漢|字|と|カタカナ|。"),
        ("한국어 문장.", "한국어|문장|."),
        ("ภาษาไทย abc", "ภาษาไทย|abc"),
        ("ሰላም ዓለም።", "ሰላም|ዓለም|።"),
        ("გამარჯობა მსოფლიო", "გამარჯობა|მსოფლიო"),
        ("x=foo_bar(1,234.5)!!--", "x|=|foo_bar|(|1,234.5|)|!!|--"),
        ("a,b 1, 2 .5 a.1", "a|,|b|1|,|2|.|5|a|.|1"),
        ("👩\u200d💻❤\ufe0f❤", "👩\u200d|💻|❤\ufe0f|❤"),
        ("\ufeffword \u0301", "\ufeffword|\u0301"),
        ("a\0b", "a|\0|b"),
        (" \n\u3000", ""),
    ],
)
def test_examples(text, expected):
    assert split([text]) == [expected.split("|") if expected else []]
