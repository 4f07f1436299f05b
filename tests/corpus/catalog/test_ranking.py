"""BM25 against its formula, and laws that any ranking keeps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.catalog.ranking import scores, words_of

WORDS = st.sampled_from(["law", "german", "news", "of", "x"])
TEXTS = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=6)


def test_the_formula_by_hand() -> None:
    texts = [["law", "law", "news"], ["news"], ["german", "news"]]
    law = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = law * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    assert scores(texts, ["law"]) == pytest.approx([expected, 0, 0])
    news = math.log(1 + 0.5 / 3.5)
    assert scores(texts, ["news", "absent"])[1] == pytest.approx(news * 2.2 / (1 + 1.2 * (0.25 + 0.75 / 2)))


def test_words_fold_case_and_composition() -> None:
    assert words_of("The LAW, Straße; e\u0301tat—x_1") == ["the", "law", "strasse", "état", "x_1"]


def test_words_of_scripts_with_marks_and_of_scripts_without_spaces() -> None:
    assert words_of("हिन्दी क़ानून, ไทย") == ["हिन्दी", "क़ानून", "ไทย"]
    assert words_of("德国法律2020、法 ABCの") == ["德国", "国法", "法律", "2020", "法", "abc", "の"]
    assert scores([words_of("德国法律文本"), words_of("中文小说")], words_of("法律"))[1] == 0
    assert scores([words_of("德国法律文本"), words_of("中文小说")], words_of("法律"))[0] > 0


def test_nothing_is_ranked_nowhere() -> None:
    assert scores([], ["law"]) == []
    assert scores([[], []], ["law"]) == [0, 0]
    assert scores([["law"]], []) == [0]


@given(TEXTS, st.lists(WORDS, max_size=4))
def test_a_text_scores_exactly_when_it_holds_a_word(texts: list[list[str]], query: list[str]) -> None:
    for text, score in zip(texts, scores(texts, query), strict=True):
        assert (score > 0) == bool(set(text) & set(query))


@given(TEXTS, st.lists(WORDS, max_size=4), st.randoms())
def test_no_order_of_words_or_texts_changes_a_score(texts: list[list[str]], query: list[str], random) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)
    shuffled = [random.sample(texts[place], len(texts[place])) for place in order]
    found = scores(shuffled, [*reversed(query), *query])
    assert found == [scores(texts, query)[place] for place in order]


@given(TEXTS, WORDS)
def test_more_of_a_word_in_a_text_of_the_same_length_scores_more(texts: list[list[str]], word: str) -> None:
    one, two = [word, "pad", "pad"], [word, word, "pad"]
    found = scores([one, two, *texts], [word])
    assert found[1] > found[0]
