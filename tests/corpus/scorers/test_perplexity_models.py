"""Perplexity of counted models and of KenLM files."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pytest

from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.kernels.words import Words, words_of
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import ngrams
from dagster_project.corpus.scorers.files import find_model
from dagster_project.corpus.scorers.perplexity_models import PerplexityModel, Surprise, load_kenlm, load_perplexity
from dagster_project.corpus.scorers.scorer import Loading
from tests.corpus.scorers.models import GOOD, texts

ARPA = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-1.0\t<unk>
0\t<s>\t-0.5
-1.5\t</s>
-0.75\tword\t-0.25

\\2-grams:
-0.1\t<s> word
-0.2\tword </s>

\\end\\
"""


def measured(model: PerplexityModel, found: list[str]) -> Surprise:
    data = buffers(pa.array(found, pa.large_string()))
    return model.measure(data, lambda: words_of(*data))


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    tables = ngrams.estimate(ngrams.count_trigrams(texts(GOOD, 50, 1)))
    (tmp_path / "ngrams.npz").write_bytes(ngrams.save(ngrams.NgramModel(tables, (5, 7))))
    return tmp_path / "ngrams.npz"


def test_a_counted_model(counted: Path) -> None:
    model = load_perplexity(find_model(counted, "MIT"), Loading("ngram"))
    words, costs = measured(model, ["the theorem", "", "never met before"])
    assert words.tolist() == [2, 0, 3]
    assert costs[1] == 0
    assert costs[2] / 3 > costs[0] / 2 > 0
    assert list(model.cuts) == [5, 7]


def test_a_format_without_perplexity_is_refused(counted: Path) -> None:
    with pytest.raises(Refused, match="a model of format onnx tells no perplexity: use one of ngram, kenlm"):
        load_perplexity(find_model(counted, "MIT"), Loading("onnx"))


def unasked() -> NoReturn:
    raise AssertionError("a KenLM model has words of its own")


def test_a_kenlm_file(tmp_path: Path) -> None:
    pytest.importorskip("kenlm")
    (tmp_path / "tiny.arpa").write_text(ARPA)
    model = load_perplexity(find_model(tmp_path / "tiny.arpa", "MIT"), Loading("kenlm", cuts=(2, 10)))
    never: Callable[[], Words] = unasked
    words, costs = model.measure(buffers(pa.array(["word", "word\n\n  \nword", "", "other"])), never)
    assert words.tolist() == [2, 4, 0, 2]  # the end of a line is a word
    unit = math.log(10) * 1e6
    expected = [0.3 * unit, 0.6 * unit, 0, (0.5 + 1.0 + 1.5) * unit]
    assert costs.tolist() == pytest.approx(expected, abs=2)
    assert list(model.cuts) == [round(math.log(2) * 1e6), round(math.log(10) * 1e6)]
    (tmp_path / "bad.arpa").write_text("no model\n")
    with pytest.raises(Refused, match=r"bad\.arpa cannot be loaded as a KenLM model"):
        load_kenlm(tmp_path / "bad.arpa", Loading("kenlm"))


@pytest.mark.parametrize("cuts", [(1.0,), (3, 2), (0.5, 2), (1, 2, 3)])
def test_cuts_are_two_perplexities(tmp_path: Path, cuts: tuple[float, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kenlm", sys.modules[__name__])
    with pytest.raises(Refused, match="cuts are two perplexities"):
        load_kenlm(tmp_path / "x", Loading("kenlm", cuts=cuts))


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kenlm", None)
    with pytest.raises(Refused, match=r"need the package kenlm: install florilegium\[kenlm\]"):
        load_kenlm(tmp_path / "x", Loading("kenlm"))
