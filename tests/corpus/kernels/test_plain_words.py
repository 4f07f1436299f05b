"""Plain words: what GPT-3's are for ASCII, a slow twin for every script, and where in the raw text they stand."""

import string
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels import plain_words as p
from dagster_project.corpus.kernels import unicode as u
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.word_hashes import hash_word
from tests.corpus.kernels.strategies import CORPORA, TEXTS
from tests.oracles import plain_words as oracle


def split(texts):
    """The words of each text, from the batch."""
    text, words, firsts = p.plain_words(*buffers(pa.array(texts, pa.string())))
    spelled = [text[a : b - 1].tobytes().decode() for a, b in pairwise(words)]
    assert all(text[words[1:] - 1] == ord(" "))
    return [spelled[a:b] for a, b in pairwise(firsts)]


def placed(text):
    """The words of one text with the bytes they span, from the room."""
    data, _ = buffers(pa.array([text]))
    room = p.room(len(data))
    count = p.write_words(data, 0, len(data), u.tables(), room)
    words = [room.text[a : b - 1].tobytes().decode() for a, b in pairwise(room.words[: count + 1])]
    return list(zip(words, room.starts[:count].tolist(), room.ends[:count].tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Don\'t stop—well-known (e.g.) "Words", 3.5%!', "dont stopwellknown eg words 35"),
        ("… -- !? \t\n", ""),
        ("Café CAFE\u0301 cafe", "cafe cafe cafe"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("漢字とカナ。abc漢x", "漢 字 と カ ナ abc 漢 x"),
        ("สวัสดี", "ส ว ส ด"),
        ("한국어 한국어", "한국어 한국어"),
        ("a\u3000b\u00a0c\u2028d", "a b c d"),
        ("👩\u200d💻 ok", "ok"),
        ("x" * 70 + "-Y", "x" * 70 + "y"),
    ],
)
def test_examples(text, expected):
    assert split([text]) == [unicodedata.normalize("NFD", expected).split()]


@given(st.text(string.printable, max_size=300))
def test_ascii_is_as_gpt_3_has_it(text):
    deleted = text.lower().translate(str.maketrans("", "", string.punctuation))
    assert split([text]) == [deleted.split()]


@settings(max_examples=300)
@given(CORPORA)
def test_twin(texts):
    assert split(texts) == [[word for word, _, _ in oracle.plain_words(text)] for text in texts]


@settings(max_examples=300)
@given(TEXTS, st.integers(0, 70))
def test_words_stand_where_the_twin_says(text, padding):
    text = "a" * padding + text
    assert placed(text) == oracle.plain_words(text)


def test_bytes_that_are_no_utf_8_are_deleted():
    data = np.frombuffer(b"ab\xff\xfec \x80d \xe2\x82", np.uint8)
    text, _, _ = p.plain_words(data, np.array([0, len(data)]))
    assert text.tobytes() == b"abc d "


@given(st.lists(st.sampled_from(["one", "two", "3", "four-five", "漢字"]), min_size=1, max_size=20), st.data())
def test_windows_have_the_hash_of_their_words_wherever_they_stand(words, draw):
    size = draw.draw(st.integers(1, len(words)))
    text, starts, _ = p.plain_words(*buffers(pa.array(["before it " + " ".join(words)])))
    alone, begins, _ = p.plain_words(*buffers(pa.array([" ".join(words)])))
    sums, others = p.sums_of(text, starts), p.sums_of(alone, begins)
    windows = len(begins) - size
    found = p.window_hashes(sums, np.arange(2, 2 + windows), size)
    assert found.tolist() == p.window_hashes(others, np.arange(windows), size).tolist()
    one = [int(hash_word(alone, begins[i], begins[i + 1] - 1)) for i in range(size)]
    assert int(found[0]) == sum(h * int(p.BASE) ** (size - 1 - i) for i, h in enumerate(one)) % 2**64


def test_traits():
    text, words, _ = p.plain_words(*buffers(pa.array(["12 a1 漢 3٣ あ"])))
    letters, characters = p.traits(text, words)
    assert letters.tolist() == [False, True, True, False, True]
    assert characters.tolist() == [False, False, True, False, True]


def test_no_texts():
    assert split([]) == []
    assert split(["", None]) == [[], []]
