"""ONNX scorers of text and of tokens, with models built here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.onnx_scorer import load_onnx
from dagster_project.corpus.scorers.scorer import Loading, millionths

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def save(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any]) -> Path:
    graph = onnx.helper.make_graph(nodes, "scorer", inputs, outputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=9)
    onnx.save(model, str(path))
    return path


def value(name: str, kind: str, shape: list[Any]) -> Any:
    return onnx.helper.make_tensor_value_info(name, getattr(onnx.TensorProto, kind), shape)


@pytest.fixture
def of_text(tmp_path: Path) -> Path:
    """1 where the whole text is `good`, and 0 elsewhere; `both` gives two numbers."""
    nodes = [
        onnx.helper.make_node(
            "TfIdfVectorizer",
            ["text"],
            ["both"],
            mode="TF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=[0, 1],
            pool_strings=["good", "bad"],
        ),
        onnx.helper.make_node("ReduceSum", ["both"], ["one"], keepdims=0),
    ]
    outputs = [value("both", "FLOAT", [None]), value("one", "FLOAT", [])]
    return save(tmp_path / "text.onnx", nodes, [value("text", "STRING", [None])], outputs)


@pytest.fixture
def of_tokens(tmp_path: Path) -> Path:
    """How many tokens there are, beside a tokenizer of white space."""
    tokenizers = pytest.importorskip("tokenizers")
    folder = tmp_path / "tokens"
    folder.mkdir()
    nodes = [
        onnx.helper.make_node("Mul", ["input_ids", "attention_mask"], ["masked"]),
        onnx.helper.make_node("ReduceSum", ["masked"], ["sum"], keepdims=0),
        onnx.helper.make_node("Cast", ["sum"], ["score"], to=onnx.TensorProto.FLOAT),
    ]
    inputs = [value("input_ids", "INT64", [1, None]), value("attention_mask", "INT64", [1, None])]
    save(folder / "model.onnx", nodes, inputs, [value("score", "FLOAT", [])])
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 1, "ten": 10}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_a_model_of_text(of_text: Path) -> None:
    texts = ["good", "bad", "other"]
    assert millionths(load_onnx(of_text, Loading("onnx")), texts, "n").tolist() == [1_000_000, 1_000_000, 0]
    second = load_onnx(of_text, Loading("onnx", label="1", output="both"))
    assert millionths(second, texts, "n").tolist() == [0, 1_000_000, 0]


def test_a_model_of_tokens(of_tokens: Path) -> None:
    scorer = load_onnx(of_tokens, Loading("onnx", max_tokens=3))
    assert millionths(scorer, ["ten ten", "ten", "what ten", "ten ten ten ten"], "n").tolist() == [
        20_000_000,
        10_000_000,
        11_000_000,
        30_000_000,
    ]


def test_what_cannot_be_used_is_refused(tmp_path: Path, of_text: Path, of_tokens: Path) -> None:
    with pytest.raises(Refused, match="has no output 'x': name one of both, one"):
        load_onnx(of_text, Loading("onnx", output="x"))
    with pytest.raises(Refused, match="an ONNX model knows no label 'hq'"):
        load_onnx(of_text, Loading("onnx", label="hq"))
    with pytest.raises(Refused, match="gives 2 numbers for a text: name the one as label"):
        millionths(load_onnx(of_text, Loading("onnx", output="both")), ["a"], "n")
    with pytest.raises(Refused, match="and none is number 2"):
        millionths(load_onnx(of_text, Loading("onnx", label="2", output="both")), ["a"], "n")
    with pytest.raises(Refused, match=r"name a folder that holds the model and its tokenizer\.json"):
        load_onnx(of_tokens / "model.onnx", Loading("onnx"))
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(Refused, match=r"bad\.onnx cannot be loaded as an ONNX model"):
        load_onnx(tmp_path / "bad.onnx", Loading("onnx"))
    (of_tokens / "second.onnx").write_bytes(b"")
    with pytest.raises(Refused, match=r"tokens holds 2 \.onnx files"):
        load_onnx(of_tokens, Loading("onnx"))
