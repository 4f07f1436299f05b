"""Phrases are found where an obvious search finds them, in every script, and files of phrases are read or refused."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.audits.phrases import PhraseList, mentions, mentions_by_block, phrases_in
from dagster_project.corpus.engine import blocks
from dagster_project.corpus.model.errors import Refused
from tests.oracles import phrases as oracle

LETTERS = st.sampled_from(
    [*"aAbB1_.'-  \n\t", "é", "e\u0301", "Ä", "ß", "東", "京", "カ", "か", "ก", "\u0e31", "\u00a0", "я", "🙂"]
)
TEXTS = st.lists(LETTERS, max_size=30).map("".join)
SPELLINGS = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)
LISTS = st.lists(st.lists(SPELLINGS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=12)


def found(texts: list[str], spellings: list[tuple[str, ...]]) -> list[list[tuple[int, int, int]]]:
    listed = PhraseList(tuple(map(str, range(len(spellings)))), tuple(spellings))
    got = mentions(pa.array(texts, pa.string()), listed)
    by_text: list[list[tuple[int, int, int]]] = [[] for _ in texts]
    for row, *said in zip(*(column.tolist() for column in got), strict=True):
        by_text[row].append(tuple(said))
    return [sorted(said) for said in by_text]


@given(st.lists(TEXTS, max_size=6), LISTS)
@settings(max_examples=300, deadline=None)
def test_every_mention_is_that_of_a_slow_search(texts: list[str], spellings: list[tuple[str, ...]]) -> None:
    assert found(texts, spellings) == [oracle.mentions(text, spellings) for text in texts]


@given(TEXTS, st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_cut_from_a_text_at_words_is_found_in_it(text: str, data: st.DataObject) -> None:
    said = oracle.units(text)
    if said:
        first = data.draw(st.integers(0, len(said) - 1))
        part = said[first : first + data.draw(st.integers(1, 4))]
        spelling = "".join(" " * (spaced and number > 0) + unit for number, (unit, spaced, _) in enumerate(part))
        assert found([text], [(spelling,)])[0]


@pytest.mark.parametrize(
    ("text", "spelling", "times"),
    [
        ("New \n York-based", "new york", 1),
        ("party art ART's", "art", 2),
        ("東京都と東京", "東京", 2),
        ("a a a a", "a a", 2),
        ("U.S. and US", "u.s.", 1),
        ("C++ C + +", "c++", 1),
        ("snake_case", "snake", 0),
        ("", "x", 0),
    ],
)
def test_words_end_where_people_see_them_end(text: str, spelling: str, times: int) -> None:
    assert len(found([text], [(spelling,)])[0]) == times


def test_of_spellings_of_one_phrase_the_longest_counts_once() -> None:
    spellings = [("New York", "York", "New York City"), ("York",)]
    assert found(["In New York City, York."], spellings) == [[(0, 1, 4), (0, 4, 5), (1, 2, 3), (1, 4, 5)]]


def test_many_phrases_in_many_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    listed = PhraseList(*zip(*((f"n{i}", (f"item {i} of",)) for i in range(5000)), strict=True))
    texts = [f"Item {i} of  item {i} of all, item {i + 1} of" for i in range(0, 5000, 7)]
    table = pa.table({"doc_id": [b"0" * 16] * len(texts), "text": texts})
    parts = list(mentions_by_block(table, listed))
    got = [pair for part in parts for pair in zip(part.rows.tolist(), part.phrases.tolist(), strict=True)]
    assert len(parts) > 10
    wanted = [(row, i + more) for row, i in enumerate(range(0, 5000, 7)) for more in (0, 0, 1) if i + more < 5000]
    assert got == wanted


def test_a_file_of_phrases_is_read() -> None:
    read = phrases_in("\ufeff# people\nAda  Lovelace\tCountess of Lovelace\t\nParis\r\n\n".encode(), "x")
    assert read == PhraseList(("Ada Lovelace", "Paris"), (("Ada Lovelace", "Countess of Lovelace"), ("Paris",)))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "x holds no phrase"),
        (b"\xff", "x is not UTF-8 at byte 0"),
        (b"a\n\ta\n", "x line 2: begins with a tab"),
        (b"a\nb\n a\n", "x line 3: names 'a' again, as line 1 does"),
        (b"a" * 1001, "x line 1: is longer than 1000 characters"),
    ],
)
def test_a_file_that_is_none_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=f"^{said}"):
        phrases_in(body, "x")
