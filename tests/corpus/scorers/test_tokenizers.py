"""Tokenizers: text stays text, pieces have the tokens of the whole, and files that cannot be used are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers import tokenizers as ours
from dagster_project.corpus.scorers.files import find_model, store_model
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.scorers.tokenizer_training import train_tokenizer
from dagster_project.corpus.scorers.tokenizers import (
    LLAMA3,
    QWEN2,
    Tokenizer,
    load_tokenizer,
    pieces,
    read_tokenizer,
)
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import prose

END = "<|endoftext|>"
LEARNED = [prose(number) + "\n\nin 1234 lines \t of 56  words; naïve, 日本語\r\n" for number in range(6)]
CHANGES: dict[str, dict[str, Any]] = {
    "bytes": {},
    "digits": {"split_digits": True},
    "composed": {"normalization": "nfc"},
}
HOSTILE = st.lists(
    st.sampled_from(
        ["a", "Z9", "the", " ", "  ", "\n", "\r\n", "\t", "12", ".", "'s", "é", "e\u0301", "字", "。", "\u2003", END]
    ),
    max_size=60,
).map("".join)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_tokenizer(LEARNED, TokenizerRecipe(vocabulary=500), tmp_path_factory.mktemp("t") / "tokenizer.json")


@pytest.fixture(scope="session")
def tokenizer(file: Path) -> Tokenizer:
    return read_tokenizer(file, END)


def saved(place: Path, file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    said = json.loads(file.read_text())
    change(said)
    place.write_text(json.dumps(said))
    return place


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    values: list[int] = tokenizer.encode(pa.array([text])).values.tolist()
    return values


def test_the_ids_are_those_of_the_library(file: Path, tokenizer: Tokenizer) -> None:
    texts = [*LEARNED, "", "x" * 300, " leading", "日本語 🙂"]
    bare = tokenizers.Tokenizer.from_file(str(file))
    expected = [bare.encode(text, add_special_tokens=False).ids for text in texts]
    found = tokenizer.encode(pa.array(texts, pa.large_string()))
    assert found.values.dtype == np.uint16
    assert found.values.tolist() == [number for part in expected for number in part]
    assert np.diff(found.offsets).tolist() == [len(part) for part in expected]
    assert tokenizer.count(pa.array(texts)).tolist() == [len(part) for part in expected]


def test_null_chunks_and_nothing_at_all(tokenizer: Tokenizer) -> None:
    found = tokenizer.encode(pa.chunked_array([["a", None], [], ["", "bc"]], pa.string()))
    assert found.offsets.tolist() == [0, 1, 1, 1, 3]
    empty = tokenizer.encode(pa.array([], pa.string()))
    assert (len(empty.values), empty.offsets.tolist(), empty.values.dtype) == (0, [0], np.uint16)
    assert tokenizer.count(pa.array([], pa.string())).tolist() == []


@given(text=st.text(max_size=200))
def test_bytes_lose_nothing(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(pa.array([text])).values) == text
    assert tokenizer.is_lossless


def test_what_spells_a_special_token_is_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.separator == 0
    for text in (END, f"a{END}b", f"{END}{END}", f" {END}\n"):
        found = tokenizer.encode(pa.array([text])).values
        assert tokenizer.separator not in found
        assert tokenizer.decode(found) == text
    assert tokenizer.decode(np.array([tokenizer.separator])) == END


def parted(expression: str, path: Path) -> Path:
    encoder = tokenizers.Tokenizer.from_file(str(path))
    split = pre_tokenizers.Split(tokenizers.Regex(expression), "isolated")
    encoder.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    encoder.save(str(path))
    return path


@pytest.fixture(scope="session", params=[*CHANGES, "llama3", "qwen2"])
def cut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    recipe = replace(TokenizerRecipe(vocabulary=400), **CHANGES.get(request.param, {}))
    path = train_tokenizer(LEARNED, recipe, tmp_path_factory.mktemp("t") / "tokenizer.json")
    if request.param in ("llama3", "qwen2"):
        parted({"llama3": LLAMA3, "qwen2": QWEN2}[request.param], path)
    found = read_tokenizer(path, END)
    assert found.piece == ours.PIECE
    return found


@settings(deadline=None, max_examples=300)
@given(text=HOSTILE, longest=st.integers(1, 9))
def test_pieces_have_the_tokens_of_the_whole(cut: Tokenizer, text: str, longest: int) -> None:
    whole, short = ids(cut, text), replace(cut, piece=longest)
    assert ids(short, text) == whole
    assert short.count(pa.array([text])).tolist() == [len(whole)]


@given(text=HOSTILE, longest=st.integers(1, 9))
def test_pieces_are_the_text(text: str, longest: int) -> None:
    found = list(pieces(text, longest))
    assert "".join(found) == text
    assert all(len(piece) >= longest for piece in found[:-1])


def test_a_text_without_spaces_is_cut_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "LONGEST", 10)
    assert list(pieces("字" * 25, 4)) == ["字" * 10, "字" * 10, "字" * 5]
    assert list(pieces("ab " * 5, 4)) == ["ab ab", " ab ab", " ab "]


def test_batches_do_not_show(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pa.array([*LEARNED, "", "a"])
    whole = tokenizer.encode(texts)
    monkeypatch.setattr(ours, "BATCH", 50)
    monkeypatch.setattr(ours, "ROWS", 2)
    parts = replace(tokenizer, piece=20).encode(texts)
    assert parts.values.tolist() == whole.values.tolist()
    assert parts.offsets.tolist() == whole.offsets.tolist()


def test_neither_cut_short_nor_padded_nor_added_to(file: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    encoder = tokenizers.Tokenizer.from_file(str(file))
    encoder.enable_truncation(3)
    encoder.enable_padding(length=50)
    encoder.post_processor = tokenizers.processors.TemplateProcessing(f"{END} $A", special_tokens=[(END, 0)])
    encoder.save(str(tmp_path / "t.json"))
    assert ids(read_tokenizer(tmp_path / "t.json", END), LEARNED[0]) == ids(tokenizer, LEARNED[0])


def test_many_tokens_take_more_bits(file: Path, tmp_path: Path) -> None:
    def add(said: dict[str, Any]) -> None:
        said["model"]["vocab"] |= {f"no{number}": number for number in range(500, (1 << 16) + 1)}

    found = read_tokenizer(saved(tmp_path / "t.json", file, add), END)
    assert (found.vocabulary, found.dtype) == ((1 << 16) + 1, np.uint32)
    assert found.encode(pa.array(["the"])).values.dtype == np.uint32


def test_a_file_of_the_user_without_a_separator(file: Path) -> None:
    assert read_tokenizer(file).separator is None
    assert END not in [read_tokenizer(file).decode(np.array([number])) for number in ids(read_tokenizer(file), END)]


def unigram(place: Path) -> Path:
    """Whose special token is a piece like any other, so that text which spells it becomes it."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), *((sign, -5.0) for sign in "abcdefghijklmnopqrstuvwxyz </>\n")]
    encoder = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=0))
    encoder.add_special_tokens(["<unk>", "</s>"])
    encoder.save(str(place))
    return place


def word(said: dict[str, Any]) -> None:
    said["added_tokens"].append({**said["added_tokens"][0], "id": said["model"]["vocab"]["in"], "content": "in"})


def far(said: dict[str, Any]) -> None:
    said["model"]["vocab"]["far"] = 1 << 30


@pytest.mark.parametrize(
    ("change", "separator", "says"),
    [
        (lambda said: said.pop("model"), "", r"t\.json cannot be loaded as a tokenizer \(.*\): name a tokenizer\.json"),
        (lambda said: said["model"].update(dropout=0.1), "", "draws its tokens at random"),
        (lambda said: None, "</s>", "has no token '</s>': name as separator the one that ends a document"),
        (lambda said: None, "t", "text that spells 't' as the special token"),
        (word, END, "text that spells 'in' as the special token of that name, so any document could hold one"),
        (far, END, "has the id 1073741824: number its tokens from 0"),
    ],
)
def test_files_that_are_refused(
    file: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], separator: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        read_tokenizer(saved(tmp_path / "t.json", file, change), separator)


def test_models_whose_pieces_are_special_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="text that spells '</s>' as the special token"):
        read_tokenizer(unigram(tmp_path / "u.json"), "</s>")
    (tmp_path / "none.json").write_text("not JSON")
    with pytest.raises(Refused, match=r"none\.json cannot be loaded as a tokenizer"):
        read_tokenizer(tmp_path / "none.json")
    with pytest.raises(Refused, match="cannot be loaded"):
        read_tokenizer(tmp_path)


def test_the_unknown_is_no_special_token_that_a_text_must_not_become(tmp_path: Path) -> None:
    encoder = tokenizers.Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    encoder.pre_tokenizer = pre_tokenizers.Whitespace()
    encoder.add_special_tokens(["<unk>"])
    encoder.save(str(tmp_path / "w.json"))
    found = read_tokenizer(tmp_path / "w.json")
    assert ids(found, "a b") == [1, 0]
    assert (found.is_lossless, found.piece) == (False, ours.LONGEST // 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["pre_tokenizer"].update(add_prefix_space=True),
        lambda said: said.update(normalizer={"type": "Prepend", "prepend": "x"}),
        lambda said: said.update(pre_tokenizer=None),
        lambda said: said["added_tokens"].append(
            {**said["added_tokens"][0], "id": 1, "content": "s t", "special": False}
        ),
    ],
)
def test_only_what_is_known_is_cut_anywhere(
    file: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    assert read_tokenizer(saved(tmp_path / "t.json", file, change), END).piece == ours.LONGEST // 2


def test_loaded_once_from_the_store(file: Path, memory_store: MemoryStore) -> None:
    model = store_model(memory_store, find_model(file, "MIT", name="mine"), "public")
    loading = Loading("tokenizer", separator=END)
    assert load_tokenizer(model, loading) is load_tokenizer(model, loading)
    assert load_tokenizer(model, loading).name == "mine"
    with pytest.raises(Refused, match="a model of format fasttext has no tokens: name an artifact of kind tokenizer"):
        load_tokenizer(model, Loading("fasttext"))
