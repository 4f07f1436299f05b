"""Texture: entropies by integers, a compressed size that can be written, scripts by their names."""

import math
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.entropy import BITS, ENTRIES, log2
from dagster_project.corpus.kernels.scripts import SCRIPTS, script_of, scripts
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.texture import COLUMNS, count_syllables, measure_texture
from dagster_project.corpus.kernels.words import ALPHABETIC, words_of
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import texture as oracle


def measured(texts):
    data, offsets = buffers(pa.array(texts, pa.string()))
    words = words_of(data, offsets)
    columns = measure_texture(data, offsets, words)
    assert list(columns) == list(COLUMNS)
    found = [
        (bytes(data[start:end]).decode(), flags & ALPHABETIC != 0)
        for start, end, flags in zip(words.starts, words.ends, words.flags, strict=True)
    ]
    rows = [{name: int(column[i]) for name, column in columns.items()} for i in range(len(texts))]
    return rows, [found[i:j] for i, j in pairwise(words.firsts)]


@given(CORPORA)
def test_twin(texts):
    for text, row, words in zip(texts, *measured(texts), strict=True):
        tokens = [word for word, _ in words]
        assert row["unique_words"] == len(set(tokens))
        assert row["word_entropy"] == pytest.approx(oracle.entropy(tokens), abs=0.51)
        assert row["character_entropy"] == pytest.approx(oracle.entropy(text), abs=0.51)
        assert row["compressed_bytes"] == len(oracle.compressed(text.encode()))
        assert row["syllables"] == sum(oracle.syllables(word) for word, is_alphabetic in words if is_alphabetic)
        assert sum(row[f"{name}_letters"] for name in SCRIPTS) == sum(c.isalpha() for c in text)
        for name in ("greek", "arabic", "thai", "devanagari"):
            assert row[f"{name}_letters"] == sum(c.isalpha() and oracle.script(c) == name for c in text)


@given(st.lists(st.sampled_from(["the cat ", "sat on ", "x", "\n", "é", "0" * 300]), max_size=300).map("".join))
def test_compressed_size_is_one_of_a_block_that_can_be_read(text):
    block = oracle.compressed(text.encode())
    assert oracle.expand(block) == text.encode()
    assert measured([text])[0][0]["compressed_bytes"] == len(block)


def test_every_document_for_itself():
    texts = ["one two one two " * 40, "", "uno dos " * 30, "é漢字 " * 99]
    assert measured(texts)[0] == [measured([text])[0][0] for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", dict.fromkeys(COLUMNS, 0)),
        ("aaaa", {"character_entropy": 0, "word_entropy": 0, "unique_words": 1, "compressed_bytes": 5}),
        ("ab", {"character_entropy": 1000}),
        ("a b c d", {"word_entropy": 2000, "unique_words": 4}),
        (
            "Да, ab 漢字 カナ 한글 ﾊ ａ",
            {"cyrillic_letters": 2, "han_letters": 2, "katakana_letters": 3, "latin_letters": 3},
        ),
        ("ᚠ Ω א", {"other_letters": 1, "greek_letters": 1, "hebrew_letters": 1}),
    ],
)
def test_examples(text, expected):
    (row,), _ = measured([text])
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("cat", 1), ("table", 1), ("Reading", 2), ("the", 1), ("queue", 1), ("rhythm", 1), ("banana", 3), ("E", 1)],
)
def test_syllables(word, expected):
    assert count_syllables(np.frombuffer(word.encode(), np.uint8)) == expected


def test_logarithms_do_not_depend_on_the_processor():
    """No entry is so near to a half that the last bit of a double could round it to the other side."""
    for number in range(2, 2 * ENTRIES + 1):
        scaled = math.log2(number) * (1 << BITS)
        assert scaled == int(scaled) or abs(scaled - int(scaled) - 0.5) > 1e-6


@given(st.integers(1, 2**31))
def test_logarithm(number):
    assert log2(number) / (1 << BITS) == pytest.approx(math.log2(number), abs=1e-6)


def test_scripts_of_every_letter():
    names = {"a": "latin", "я": "cyrillic", "अ": "devanagari", "ไ": "thai", "々": "han", "ー": "katakana", "ʰ": "other"}
    for c, name in names.items():
        assert SCRIPTS[script_of(scripts(), ord(c)) - 1] == name
    assert script_of(scripts(), ord("1")) == 0
