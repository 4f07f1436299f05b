"""Words in many scripts and among symbols, the twin's words everywhere, and what is kept of each word."""

import time
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from dagster_project.corpus.kernels import words as w
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from tests.corpus.kernels.strategies import CORPORA
from tests.corpus.kernels.word_strategies import NASTY
from tests.oracles import words as oracle
from tests.oracles.counts import PUNCTUATION_SET


def split(texts):
    data, offsets = buffers(pa.array(texts, pa.string()))
    words = words_of(data, offsets)
    found = [bytes(data[start:end]).decode() for start, end in zip(words.starts, words.ends, strict=True)]
    return [found[i:j] for i, j in pairwise(words.firsts)]


@given(CORPORA)
def test_twin(texts):
    assert split(texts) == [oracle.tokens(text) for text in texts]


@pytest.mark.parametrize("text", NASTY)
def test_twin_on_nasty_pieces(text):
    assert split([text]) == [oracle.tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't go, it's 3.5 km to U.K.'s end...", "Do|n't|go|,|it|'s|3.5|km|to|U.K.|'s|end|..."),
        ("Tiếng Việt, rất hay.", "Tiếng|Việt|,|rất|hay|."),
        ("Он сказал: «да».", "Он|сказал|:|«|да|»|."),
        ("Η Ελλάδα, σήμερα.", "Η|Ελλάδα|,|σήμερα|."),
        ("שלום, עוֹלָם!", "שלום|,|עוֹלָם|!"),
        ("مرحبا بالعالَم، نعم", "مرحبا|بالعالَم|،|نعم"),
        ("नमस्ते दुनिया।", "नमस्ते|दुनिया|।"),
        ("বাংলা ভাষা।", "বাংলা|ভাষা|।"),
        ("தமிழ் மொழி.", "தமிழ்|மொழி|."),
        ("我喜欢Python3.11。你呢？", "我|喜|欢|Python3.11|。|你|呢|？"),
        ("漢字とカタカナ。", "漢|字|と|カタカナ|。"),
        ("한국어 문장.", "한국어|문장|."),
        ("ภาษาไทย abc", "ภาษาไทย|abc"),
        ("ភាសាខ្មែរ។", "ភាសាខ្មែរ|។"),
        ("ሰላም ዓለም።", "ሰላም|ዓለም።"),
        ("გამარჯობა მსოფლიო", "გამარჯობა|მსოფლიო"),
        ("x=foo_bar(1,234.5)!!", "x|=|foo_bar(1,234.5|)|!|!"),
        ("(St.Louis) id. :-) :)x Ph.D., 10a.m.", "(|St.|Louis|)|i|d.|:-)|:)|x|Ph.D.|,|10|a.m."),
        ("e.g., see http://a.org/b,c?d (or me@x.com).", "e.g.|,|see|http://a.org/b,c?d|(|or|me@x.com|)|."),
        ("well-known and/or end.Begin 10km $5 5€ 20°C.", "well|-|known|and/or|end|.|Begin|10|km|$|5|5|€|20|°|C|."),
        ("❤\ufe0f❤", "❤|\ufe0f|❤"),
        ("a\0b", "a\0b"),
        (" \n\u3000", ""),
        ("", ""),
    ],
)
def test_examples(text, expected):
    assert split([text]) == [expected.split("|") if expected else []]


@given(CORPORA)
def test_measures(texts):
    words = words_of(*buffers(pa.array(texts, pa.string())))
    tokens = [token for text in texts for token in oracle.tokens(text)]
    assert words.characters.tolist() == [len(token) for token in tokens]
    hashed = dict(zip(tokens, words.hashes.tolist(), strict=True))
    assert [hashed[token] for token in tokens] == words.hashes.tolist()
    assert len(set(hashed.values())) == len(hashed)
    questions = {
        w.CONTENT: lambda t: any(c not in PUNCTUATION_SET for c in t),
        w.ALPHABETIC: lambda t: any(map(str.isalpha, t)),
        w.LETTERS_ALL_UPPER: str.isupper,
        w.CAPITALIZED: lambda t: t[0].isalpha() and t[0].istitle(),
        w.NUMERIC: lambda t: any(map(str.isdecimal, t)) and not any(map(str.isalpha, t)),
        w.PUNCTUATION: lambda t: all(oracle.unicodedata.category(c)[0] == "P" for c in t),
    }
    for flag, asks in questions.items():
        assert (words.flags & flag != 0).tolist() == [bool(asks(token)) for token in tokens]


@given(CORPORA)
def test_breaks(texts):
    words = words_of(*buffers(pa.array(texts, pa.string())))
    flags = (words.flags & w.AFTER_BREAK != 0).tolist()
    data, offsets = buffers(pa.array(texts, pa.string()))
    for i, (first, last) in enumerate(pairwise(words.firsts.tolist())):
        before = offsets[i]
        for k in range(first, last):
            gap = bytes(data[before : words.starts[k]])
            assert flags[k] == (len(gap) > 0 and (gap != b" " or k == first))
            before = words.ends[k]


def test_columns():
    words = words_of(*buffers(pa.array(["The U.K. is 1st.", "", "ÉTÉ 12 ."], pa.string())))
    assert [array.dtype for array in words] == [np.int64, np.int64, np.int64, np.int32, np.uint64, np.uint8]
    assert words.firsts.tolist() == [0, 5, 5, 8]
    assert words.characters.tolist() == [3, 4, 2, 3, 1, 3, 2, 1]
    letters = w.CONTENT | w.ALPHABETIC
    assert words.flags.tolist() == [
        *[letters | w.CAPITALIZED, letters | w.LETTERS_ALL_UPPER | w.CAPITALIZED, letters, letters],
        *[w.SENTENCE_END | w.PUNCTUATION, letters | w.LETTERS_ALL_UPPER | w.CAPITALIZED],
        *[w.CONTENT | w.NUMERIC, w.SENTENCE_END | w.PUNCTUATION],
    ]


def test_a_hash_depends_on_the_bytes_alone():
    data, offsets = buffers(
        pa.array(["abc abcdefgh abcdefghij", "x abcdefghij\nabc", "(abcdefgh)", "abc"], pa.string())
    )
    words = words_of(data, offsets)
    pairs = {(bytes(data[s:e]), h) for s, e, h in zip(words.starts, words.ends, words.hashes.tolist(), strict=True)}
    assert len(pairs) == len(dict(pairs)) == 6


def test_documents_are_split_alone_and_from_any_offset():
    data, offsets = buffers(pa.array(["xx", "Mr", ". a", ""], pa.string()))
    words = words_of(data, offsets[1:])
    assert [bytes(data[s:e]) for s, e in zip(words.starts, words.ends, strict=True)] == [b"Mr", b".", b"a"]
    assert words.firsts.tolist() == [0, 1, 3, 3]


def test_split_appends_the_words_of_a_text_of_its_own():
    text = np.frombuffer(b"?? don't (stop) ??", np.uint8)
    room = w.word_room(40)
    assert w.split(text, 3, 15, w.word_tables(), room, 7) == 12
    found = [bytes(text[start:end]) for start, end in zip(room.starts[7:12], room.ends[7:12], strict=True)]
    assert found == [b"do", b"n't", b"(", b"stop", b")"]


@pytest.mark.parametrize("broken", [b"\xff", b"ab\xc3", b"(\x80)", b"a\xf0\x9f\x98"])
def test_broken_bytes_are_part_of_a_word(broken):
    array = pa.array([broken, b"next"], pa.binary())
    words = words_of(*buffers(array))
    assert words.firsts[-1] - words.firsts[-2] == 1
    assert sum(words.ends - words.starts) == len(broken.replace(b" ", b"")) + 4


@pytest.mark.parametrize(
    "unit", ["(", "a.a.", "'", ":)", "a@", "x.y@", "ab://", "..a", "a\u00a0", "Mr.", "1km", "\0", "漢"]
)
def test_no_quadratic_time(unit):
    def seconds(size):
        texts = buffers(pa.array([(unit * size)[:size]], pa.string()))
        before = time.process_time()
        words_of(*texts)
        return time.process_time() - before

    seconds(1000)
    assert seconds(2_000_000) < 2  # a microsecond per byte; quadratic would be hours
