"""The counted model: equal to the textbook, a distribution, and the same bytes for the same texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.kernels.likelihood import surprise
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import words_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import ngrams
from dagster_project.corpus.scorers.ngrams import NgramModel, count_trigrams, cuts_of, estimate, load, per_word, save
from tests.corpus.scorers.models import GOOD, texts
from tests.oracles.likelihood import KneserNey

sentences = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=8)


def costs(tables: ngrams.Tables, found: list[str]) -> np.ndarray:
    words = words_of(*buffers(pa.array(found, pa.large_string())))
    return surprise(words.hashes, words.firsts, tables)


@settings(max_examples=60, deadline=None)
@given(sentences, sentences)
def test_costs_are_those_of_the_textbook(learned: list[str], asked: list[str]) -> None:
    tables, oracle = estimate(count_trigrams(learned)), KneserNey([text.split() for text in learned])
    for text, cost in zip(asked, costs(tables, asked).tolist(), strict=True):
        assert cost == pytest.approx(oracle.cost(text.split()) * 1e6, abs=3 * len(text.split()))


@settings(max_examples=30, deadline=None)
@given(sentences)
def test_the_chances_of_all_words_sum_to_one(learned: list[str]) -> None:
    tables = estimate(count_trigrams(learned))
    words = sorted({word for text in learned for word in text.split()} | {"unknown"})
    for context in ("", words[0], f"{words[0]} {words[-2]}", "unknown unknown"):
        whole = costs(tables, [f"{context} {word}" for word in words]) - costs(tables, [context])
        assert np.exp(-whole / 1e6).sum() == pytest.approx(1, abs=1e-4)


def test_counting_in_parts_is_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    found = texts(GOOD, 50, 1)
    whole = count_trigrams(found)
    monkeypatch.setattr(ngrams, "BATCH_BYTES", 100)
    monkeypatch.setattr(ngrams, "MERGED_AFTER", 30)
    parts = count_trigrams(reversed(found))
    assert (whole == parts).all()
    assert whole["count"].sum() == sum(len(text.split()) for text in found)
    monkeypatch.setattr(ngrams, "MOST_TRIGRAMS", 10)
    with pytest.raises(Refused, match="more than 10 distinct trigrams"):
        count_trigrams(found)


def test_a_model_comes_back_from_its_bytes(tmp_path: Path) -> None:
    found = texts(GOOD, 50, 1)
    tables = estimate(count_trigrams(found))
    model = NgramModel(tables, cuts_of(tables, texts(GOOD, 30, 2)))
    body = save(model)
    assert body == save(NgramModel(estimate(count_trigrams(found[::-1])), model.cuts))
    (tmp_path / "ngrams.npz").write_bytes(body)
    again = load(tmp_path / "ngrams.npz", "n")
    assert again.cuts == model.cuts
    assert (costs(again.tables, found) == costs(tables, found)).all()


def test_texts_fall_in_thirds() -> None:
    tables = estimate(count_trigrams(texts(GOOD, 50, 1)))
    asked = texts(GOOD, 99, 2)
    low, high = cuts_of(tables, asked)
    mine = per_word(costs(tables, asked), np.array([len(text.split()) for text in asked]))
    assert [int((mine <= low).sum()), int(((mine > low) & (mine <= high)).sum())] == [33, 33]


@pytest.mark.parametrize("body", [b"", b"PK\3\4 and more", b"\x93NUMPY\1\0"])
def test_other_files_are_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x").write_bytes(body)
    with pytest.raises(Refused, match="n cannot be loaded as an n-gram model"):
        load(tmp_path / "x", "n")


def test_arrays_of_objects_are_never_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", format=np.array([{}], object), allow_pickle=True)
    with pytest.raises(Refused, match="cannot be loaded"):
        load(tmp_path / "x.npz", "n")


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(Refused, match="there are no words to count"):
        estimate(count_trigrams([" "]))
    with pytest.raises(Refused, match="0 texts with words were held out"):
        cuts_of(estimate(count_trigrams(["a b"])), [" "])
