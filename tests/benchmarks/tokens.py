"""Tokens of texts as one array against bare `encode_batch` of the same tokenizer.json: how fast, and how alike.

The runs alternate, and the medians count. The peer's time ends with its objects, before any id is read from them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import tokenizers

from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.scorers.tokenizer_training import train_tokenizer
from dagster_project.corpus.scorers.tokenizers import Tokenizer, Tokens, read_tokenizer
from tests.benchmarks.minhash import documents_within, megabytes
from tests.benchmarks.texts import read

PAIRS = 3


def run(path: str | None, limit_mb: float) -> dict[str, Any]:
    """A tokenizer of the default recipe learned from the first `limit_mb`, and the tokens of just those."""
    texts = read(path)
    texts = texts[: documents_within(texts, limit_mb * 1e6)]
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        file = train_tokenizer(texts, TokenizerRecipe(), Path(folder) / "tokenizer.json")
        training = perf_counter() - start
        ours, bare = read_tokenizer(file), tokenizers.Tokenizer.from_file(str(file))
    array = pa.array(texts, pa.large_string())
    found, counted = ours.encode(array), ours.count(array)  # and the words that the tokenizer remembers
    pairs = [(seconds_of_ours(ours, array), seconds_of(bare, texts)) for _ in range(PAIRS)]
    seconds, theirs = (median(times) for times in zip(*pairs, strict=True))
    tokens, size = int(counted.sum()), megabytes(texts)
    return {
        "documents": len(texts),
        "megabytes": round(size, 2),
        "vocabulary": ours.vocabulary,
        "training_mb_per_second": round(size / training, 2),
        "tokens": tokens,
        "encode_batch_tokens_per_second": round(tokens / theirs),
        "tokens_per_second": round(tokens / seconds),
        "time_ratio": round(seconds / theirs, 3),
        "agreement": agreement(found, bare, texts),
        "counts_agree": bool((np.diff(found.offsets) == counted).all()),
    }


def agreement(found: Tokens, bare: tokenizers.Tokenizer, texts: list[str]) -> float:
    """The share of texts with just the ids of the peer."""
    same = [
        bare.encode(text, add_special_tokens=False).ids == found.values[start:end].tolist()
        for text, start, end in zip(texts, found.offsets, found.offsets[1:], strict=False)
    ]
    return round(sum(same) / len(same), 4)


def seconds_of_ours(tokenizer: Tokenizer, texts: Any) -> float:
    start = perf_counter()
    tokenizer.encode(texts)
    return perf_counter() - start


def seconds_of(bare: tokenizers.Tokenizer, texts: list[str]) -> float:
    start = perf_counter()
    encodings = bare.encode_batch(texts, add_special_tokens=False)
    seconds = perf_counter() - start
    del encodings
    return seconds
