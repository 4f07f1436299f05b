"""Recipes of artifacts: a scorer trained here, a model file of the user, or an n-gram model counted here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dagster_project.corpus.model.recipes import AccessClass


@dataclass(frozen=True)
class ExampleRecipe:
    """Texts to learn from: of a version in the store, or of a file. Exactly one of `partition` and `file` is said."""

    partition: str = ""  # snapshots/name@version, filtered/name@version+policy or published/name@version
    keep: Literal["kept", "rejected"] = "kept"  # which documents of `filtered`
    file: str = ""  # .jsonl, .jsonl.gz, .jsonl.zst, .parquet or .txt with one text per line
    field: str = "text"  # of a record of the file
    sha256: str = ""  # that the file must have; empty: whichever it has
    documents: int | None = None  # at most so many, chosen by the hash of their text


@dataclass(frozen=True)
class TrainingRecipe:
    """fastText's settings; the defaults are those of DCLM (Li et al. 2024, arXiv:2406.11794)."""

    word_ngrams: int = 2
    lr: float = 0.1
    dim: int = 100
    ws: int = 5
    epoch: int = 5
    min_count: int = 1
    bucket: int = 2_000_000  # of word n-grams: the model takes 4 · dim bytes for each
    balanced: bool = True  # as many negatives as positives
    learning_curve: bool = False  # train on a quarter and on half of the examples as well


@dataclass(frozen=True)
class ArtifactRecipe:
    """One artifact. `name@version` is its key."""

    name: str
    kind: Literal["scorer", "model", "ngram"]  # trained here, a file of the user, counted here
    version: str = "dev"
    title: str = ""
    # learned here: of a scorer both, of an n-gram model the reference texts as positives
    positives: tuple[ExampleRecipe, ...] = ()
    negatives: tuple[ExampleRecipe, ...] = ()
    training: TrainingRecipe = field(default_factory=TrainingRecipe)
    held_out: float = 0.1  # share of the examples that nothing is learned from, chosen by the hash of their text
    seed: int = 0
    # a file of the user
    file: str = ""  # or folder, relative to the recipe directory: where, never what
    sha256: str = ""  # that it must have; empty: whichever it has
    license: str = "NOASSERTION"  # of the model
    format: Literal["fasttext", "onnx", "huggingface", "python", "kenlm"] = "fasttext"
    label: str = ""  # whose probability is the score, of a scorer hq; of ONNX the number of the output, from 0
    output: str = ""  # of ONNX
    max_tokens: int = 512
    factory: str = ""  # of format python: package.module:callable
    cuts: tuple[float, ...] = ()  # of format kenlm: the perplexities up to which a text is head, and middle
    access: AccessClass = "public"  # of the files that it is made of

    @property
    def key(self) -> str:
        """The partition key: name@version."""
        return f"{self.name}@{self.version}"
