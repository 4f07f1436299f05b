"""ONNX models as scorers: of text itself, or of the tokens that a tokenizer.json beside the model makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.optional import needed
from dagster_project.corpus.scorers.scorer import Loading, Scorer

STRINGS = "tensor(string)"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class OnnxScorer:
    """One number of the model's output. One text at a time: padding to its neighbors would change its last digits."""

    session: Any
    tokenizer: Any  # None: the model reads text
    inputs: tuple[str, ...]
    output: str
    column: int | None

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([self._score(text) for text in texts], np.float64)

    def _score(self, text: str) -> float:
        (answer,) = self.session.run([self.output], self._fed(text))
        values = np.asarray(answer, np.float64).ravel()
        if self.column is None and len(values) != 1:
            raise Refused(f"an ONNX scorer gives {len(values)} numbers for a text: name the one as label, from 0")
        if self.column is not None and self.column >= len(values):
            raise Refused(f"an ONNX scorer gives {len(values)} numbers for a text, and none is number {self.column}")
        return float(values[self.column or 0])

    def _fed(self, text: str) -> dict[str, Any]:
        if self.tokenizer is None:
            (shape,) = (item.shape for item in self.session.get_inputs())
            return {self.inputs[0]: np.array([text], object).reshape([1] * max(1, len(shape)))}
        tokens = self.tokenizer.encode(text)
        made = {"input_ids": tokens.ids, "attention_mask": tokens.attention_mask, "token_type_ids": tokens.type_ids}
        return {name: np.array([made[name]], np.int64) for name in self.inputs}


def load_onnx(path: Path | None, loading: Loading) -> Scorer:
    """A model file whose input is a string, or a folder of one model and its tokenizer.json."""
    assert path is not None
    runtime = needed("onnxruntime", "onnx")
    file = _only_model(path) if path.is_dir() else path
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one order of additions, one thread per worker
    try:
        session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for each way to fail
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{file.name} cannot be loaded as an ONNX model ({said}): name another file") from None
    inputs = tuple(item.name for item in session.get_inputs())
    reads_text = [item.type for item in session.get_inputs()] == [STRINGS]
    tokenizer = None if reads_text else _tokenizer(path, inputs, loading.max_tokens)
    outputs = [item.name for item in session.get_outputs()]
    if loading.output and loading.output not in outputs:
        raise Refused(f"{file.name} has no output {loading.output!r}: name one of {', '.join(outputs)}")
    if loading.label and not loading.label.isdecimal():
        raise Refused(f"an ONNX model knows no label {loading.label!r}: name the number of its output, from 0")
    column = int(loading.label) if loading.label else None
    return OnnxScorer(session, tokenizer, inputs, loading.output or outputs[-1], column)


def _only_model(folder: Path) -> Path:
    found = sorted(folder.glob("*.onnx"))
    if len(found) != 1:
        raise Refused(f"{folder.name} holds {len(found)} .onnx files: name a folder with one")
    return found[0]


def _tokenizer(path: Path, inputs: Sequence[str], max_tokens: int) -> Any:
    file = path / TOKENIZER
    if not path.is_dir() or not file.is_file():
        raise Refused(f"{path.name} reads tokens: name a folder that holds the model and its {TOKENIZER}")
    if unknown := set(inputs) - {"input_ids", "attention_mask", "token_type_ids"}:
        raise Refused(f"{path.name} asks for {', '.join(sorted(unknown))}, which no tokenizer gives: export it anew")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises nothing more exact
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{TOKENIZER} beside {path.name} cannot be loaded ({said}): export it anew") from None
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer
