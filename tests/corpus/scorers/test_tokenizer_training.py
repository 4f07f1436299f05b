"""Training a tokenizer: the same bytes for the same texts, in any order and by any number of threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.scorers import tokenizers
from dagster_project.corpus.scorers.tokenizer_training import measured, train_tokenizer
from dagster_project.corpus.scorers.tokenizers import read_tokenizer
from tests.corpora import prose

SMALL = TokenizerRecipe(vocabulary=400)
TEXTS = [prose(number) for number in range(20)]
ELSEWHERE = """
import sys
from pathlib import Path
from dagster_project.corpus.scorers.tokenizer_training import train_tokenizer
from tests.corpus.scorers.test_tokenizer_training import SMALL, TEXTS
train_tokenizer(TEXTS[::-1], SMALL, Path(sys.argv[1]))
"""


def test_the_same_bytes_whatever_the_order_and_the_threads(tmp_path: Path) -> None:
    here = train_tokenizer(iter(TEXTS), SMALL, tmp_path / "a.json").read_bytes()
    for threads in ("1", "3"):
        place = tmp_path / f"{threads}.json"
        chosen = {**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        subprocess.run([sys.executable, "-c", ELSEWHERE, str(place)], check=True, env=chosen, cwd=Path.cwd())
        assert place.read_bytes() == here


def test_pieces_teach_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train_tokenizer(TEXTS, SMALL, tmp_path / "a.json").read_bytes()
    monkeypatch.setattr(tokenizers.pieces, "__defaults__", (30,))
    assert len(list(tokenizers.pieces(TEXTS[0]))) > 5
    assert train_tokenizer(TEXTS, SMALL, tmp_path / "b.json").read_bytes() == whole


def test_what_a_recipe_says(tmp_path: Path) -> None:
    recipe = TokenizerRecipe(300, special_tokens=("<|end|>", "<|more|>"), separator="<|more|>", split_digits=True)
    path = train_tokenizer(["year 1234 1234 1234"] * 9, recipe, tmp_path / "t.json")
    found = read_tokenizer(path, recipe.separator)
    assert (found.separator, found.encoder.token_to_id("<|end|>")) == (1, 0)
    assert found.vocabulary <= 300
    assert len(found.encode(pa.array(["1234"])).values) == 4
    together = read_tokenizer(train_tokenizer(["year 1234 1234 1234"] * 9, SMALL, tmp_path / "u.json"))
    assert len(together.encode(pa.array([" 1234"])).values) == 1
    composed = TokenizerRecipe(300, normalization="nfc")
    found = read_tokenizer(train_tokenizer(TEXTS, composed, tmp_path / "n.json"))
    assert found.decode(found.encode(pa.array(["e\u0301"])).values) == "é"


def test_rare_pairs_are_no_tokens(tmp_path: Path) -> None:
    often = train_tokenizer(["zqz"] * 3, TokenizerRecipe(300, min_frequency=3), tmp_path / "a.json")
    rarely = train_tokenizer(["zqz"] * 3, TokenizerRecipe(300, min_frequency=4), tmp_path / "b.json")
    assert len(json.loads(often.read_text())["model"]["merges"]) == 2
    assert json.loads(rarely.read_text())["model"]["merges"] == []


def test_a_special_token_in_the_texts_is_learned_as_text(tmp_path: Path) -> None:
    path = train_tokenizer(["<|endoftext|> and <|endoftext|>"] * 50, SMALL, tmp_path / "t.json")
    found = read_tokenizer(path, "<|endoftext|>")
    assert found.separator not in found.encode(pa.array(["<|endoftext|>"])).values


def test_bytes_per_token(tmp_path: Path) -> None:
    found = read_tokenizer(train_tokenizer(["no pairs"], TokenizerRecipe(257), tmp_path / "t.json"))
    batches = [["abc", "é"], ["", "12345"]]
    assert measured(found, batches) == {"documents": 4, "bytes": 10, "tokens": 10, "bytes_per_token": 1.0}
    assert measured(found, [])["bytes_per_token"] is None
