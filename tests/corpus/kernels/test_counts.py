"""Counts are what Python's string methods count."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.kernels.counts import Counts, count
from dagster_project.corpus.kernels.stop_words import stop_word_table
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from tests.corpus.kernels.strategies import CORPORA
from tests.oracles import counts as oracle


def measured(texts):
    data, offsets = buffers(pa.array(texts, pa.string()))
    words = words_of(data, offsets)
    columns = count(data, offsets, words)
    assert list(columns) == list(Counts._fields)
    counts = [{name: int(column[i]) for name, column in columns.items()} for i in range(len(texts))]
    found = [bytes(data[start:end]).decode() for start, end in zip(words.starts, words.ends, strict=True)]
    return counts, [found[i:j] for i, j in pairwise(words.firsts)]


def counted(texts):
    return measured(texts)[0]


@given(CORPORA)
def test_twin(texts):
    counts, words = measured(texts)
    assert counts == [oracle.count(text, found) for text, found in zip(texts, words, strict=True)]


@given(st.lists(st.sampled_from(["One", "two", ".", "!", "?", ")", ",", " ", "  ", "\n", "\t", "。"]), max_size=30))
def test_twin_of_sentences(pieces):
    text = "".join(pieces)
    counts, words = measured([text])
    assert counts == [oracle.count(text, words[0])]


@given(CORPORA)
def test_laws(texts):
    for counts in counted(texts):
        assert counts["content_words"] <= counts["words"] <= counts["characters"] <= counts["bytes"]
        assert counts["content_characters"] + counts["whitespace"] <= counts["characters"]
        assert counts["spaced_words"] <= counts["words"]
        assert counts["stop_words"] <= counts["stop_word_count"] <= counts["words"]
        assert counts["sentences"] <= counts["words"]
        assert max(counts["letters"], counts["digits"]) <= counts["alphanumerics"] <= counts["characters"]


@given(CORPORA)
def test_words_are_what_whitespace_leaves(texts):
    """The words of str.split are put together from words: between two stands whitespace and nothing else."""
    for text, words in zip(texts, measured(texts)[1], strict=True):
        assert "".join(words) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", dict.fromkeys(Counts._fields, 0)),
        ("\n", {"lines": 1, "words": 0, "sentences": 0, "spaced_upper_median": 0}),
        ("a\r\nb\rc\n", {"lines": 3}),
        ("a\u2028b\x85\u2029", {"lines": 3}),
        ("a...b… c.... . . . . .", {"ellipses": 3, "spaced_ellipses": 2}),
        ("......", {"ellipses": 2, "content_words": 0}),
        ("." * 1000, {"ellipses": 333}),
        ("the The be the", {"stop_words": 2, "stop_word_count": 4, "words": 4, "spaced_stop_words": 3}),
        ("# a ## 1", {"hashes": 3, "alphabetic_words": 1, "content_words": 2, "content_characters": 2}),
        ("x# …y #…", {"spaced_symbol_words": 3, "spaced_words": 3}),
        ("One. Two! Three?\n", {"sentences": 3}),
        ("One.) Two.\n\n. Three", {"sentences": 4}),
        ("a bb ccc dddd", {"spaced_lower_median": 2, "spaced_upper_median": 3, "longest_word": 4}),
        ("x" * 300, {"spaced_lower_median": 255, "longest_word": 300}),
        ("see https://a.b/c?d=é now, ftp://x http:// y", {"address_characters": 16}),
        ("hhttps://httphttp://a", {"address_characters": 20}),
        ("Lorem Ipsum loremipsum JavaScriptjavascript", {"lorem_ipsums": 1, "javascript": 2}),
        ("{a: <b>} (c)", {"curly_brackets": 2, "angle_brackets": 2, "brackets": 4, "code_characters": 6}),
        ("€ + ² Ⅷ 一 ٣", {"symbols": 2, "digits": 1, "letters": 1, "alphanumerics": 4}),
        ("NASA's IDs 3.5 Ab", {"numeric_words": 1, "capitalized_words": 3}),
    ],
)
def test_examples(text, expected):
    (counts,) = counted([text])
    assert {name: counts[name] for name in expected} == expected


@pytest.mark.parametrize("place", range(245, 275))
def test_sequences_across_chunks(place):
    """What is found does not depend on where a sequence stands."""
    for sequence in ("...", ". . .", "…", "https://a", "lorem ipsum", "javascript"):
        text = "é" + "x " * (place // 2) + sequence + " x"
        assert counted([text]) == [oracle.count(text, measured([text])[1][0])]


def test_classes_of_long_texts():
    text = "aB1 #{<(\n" * 1000 + "é漢€\u2028" * 1000
    assert counted([text]) == [oracle.count(text, measured([text])[1][0])]


def test_no_documents():
    assert counted([]) == []


def test_stop_words_in_every_case():
    assert sum(stop_word_table().values > 0) == 76
