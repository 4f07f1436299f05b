"""Training a byte-level BPE with Hugging Face's tokenizers: the same file for the same texts, whatever their order and
however many threads count their words.

Every byte is a token before any is learned, so nothing is unknown. Memory holds the distinct words of the texts with
their counts, and never the texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from dagster_project.corpus.model.artifact_recipes import TokenizerRecipe
from dagster_project.corpus.scorers.tokenizers import Tokenizer, pieces


def train_tokenizer(texts: Iterable[str], recipe: TokenizerRecipe, path: Path) -> Path:
    """Learn from texts, and write the tokenizer.json."""
    encoder = tokenizers.Tokenizer(models.BPE())
    if recipe.normalization == "nfc":
        encoder.normalizer = normalizers.NFC()
    levels = pre_tokenizers.ByteLevel(add_prefix_space=False)
    digits = pre_tokenizers.Digits(individual_digits=True)
    encoder.pre_tokenizer = pre_tokenizers.Sequence([digits, levels]) if recipe.split_digits else levels
    encoder.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        min_frequency=recipe.min_frequency,
        special_tokens=list(recipe.special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    encoder.train_from_iterator(chain.from_iterable(map(pieces, texts)), trainer)
    encoder.save(str(path))
    return path


def measured(tokenizer: Tokenizer, texts: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Of batches of texts: documents, UTF-8 bytes, tokens, and bytes per token."""
    documents = size = tokens = 0
    for batch in texts:
        documents += len(batch)
        size += sum(len(text.encode()) for text in batch)
        tokens += int(tokenizer.count(pa.array(batch, pa.large_string())).sum())
    ratio = round(size / tokens, 4) if tokens else None
    return {"documents": documents, "bytes": size, "tokens": tokens, "bytes_per_token": ratio}
