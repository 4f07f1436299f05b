"""Recipes of artifacts: scorers trained here, model files of the user, n-gram models counted here, tokenizers,
clusters, benchmarks."""

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
class TokenizerRecipe:
    """A byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909; over bytes as in GPT-2); of a file of the user nothing
    but its separator is said."""

    vocabulary: int = 32_000  # tokens at most, with those of every byte and the special ones
    min_frequency: int = 2  # of a pair that becomes a token
    special_tokens: tuple[str, ...] = ("<|endoftext|>",)  # which no text is encoded as, whatever it spells
    separator: str = "<|endoftext|>"  # the token that ends a document; empty: none does
    split_digits: bool = False  # every digit is a token of its own
    normalization: Literal["none", "nfc"] = "none"  # of a text before it is encoded


@dataclass(frozen=True)
class ClusteringRecipe:
    """Spherical k-means over hashed, weighted words (Dhillon, Modha 2001)."""

    clusters: int = 20
    iterations: int = 30  # at most; fewer when no document moves any more
    sample: int = 100_000  # documents that are learned from at most, chosen by the hash of their text


@dataclass(frozen=True)
class Layout:
    """Which fields of a row are what. A dot leads into a group: `choices.text`.

    question: fields joined by a line feed in this order: a passage, the question, a list of choices.
    answer: text; a list, of which the first text counts; or, with `choices`, which of them is right: its number from
        `first`, a letter from A, its label, or its text. A number in quotes counts as one; -1 is no answer.
    choices: one field with a list of texts, or one field for each choice.
    labels: the field with the labels of the choices, where they have any.
    first: the number of the first choice.
    id: the field that names an item; without it, the number of the row from zero.
    """

    question: tuple[str, ...]
    answer: str | None = None
    choices: tuple[str, ...] = ()
    labels: str | None = None
    first: int = 0
    id: str | None = None


@dataclass(frozen=True)
class BenchmarkRecipe:
    """One benchmark that documents are searched for."""

    name: str
    file: str  # .jsonl, .jsonl.gz, .jsonl.zst, .parquet or .csv
    layout: Layout
    sha256: str = ""  # that the file must have; empty: whichever it has


@dataclass(frozen=True)
class MatchingRecipe:
    """What decides a hit; the defaults are GPT-3's n-grams (Brown et al. 2020, appendix C), and short questions."""

    ngram: int = 13  # words of a question and its answer
    shortest: int = 5  # words of a question that is looked for as a whole
    common: int = 100  # items that share a text above which it is a template, and no evidence of any
    template: int = 10  # the same as a percentage of the items of one benchmark


@dataclass(frozen=True)
class ArtifactRecipe:
    """One artifact. `name@version` is its key."""

    name: str
    # trained here, of the user, counted here, searched for, trained here or of the user, found here
    kind: Literal["scorer", "model", "ngram", "benchmark", "tokenizer", "clusters"]
    version: str = "dev"
    title: str = ""
    # learned here: of a scorer both; of all others, the texts to learn from as positives
    positives: tuple[ExampleRecipe, ...] = ()
    negatives: tuple[ExampleRecipe, ...] = ()
    training: TrainingRecipe = field(default_factory=TrainingRecipe)
    held_out: float = 0.1  # share of the examples that nothing is learned from, chosen by the hash of their text
    seed: int = 0
    tokenizer: TokenizerRecipe = field(default_factory=TokenizerRecipe)
    clustering: ClusteringRecipe = field(default_factory=ClusteringRecipe)
    # a file of the user, a model or a tokenizer.json
    file: str = ""  # or folder, relative to the recipe directory: where, never what
    sha256: str = ""  # that it must have; empty: whichever it has
    license: str = "NOASSERTION"  # of the model
    format: Literal["fasttext", "onnx", "huggingface", "python", "kenlm"] = "fasttext"
    label: str = ""  # whose probability is the score, of a scorer hq; of ONNX the number of the output, from 0
    output: str = ""  # of ONNX
    max_tokens: int = 512
    factory: str = ""  # of format python: package.module:callable
    cuts: tuple[float, ...] = ()  # of format kenlm: the perplexities up to which a text is head, and middle
    # what documents are searched for
    benchmarks: tuple[BenchmarkRecipe, ...] = ()
    matching: MatchingRecipe = field(default_factory=MatchingRecipe)
    access: AccessClass = "public"  # of the files that it is made of

    @property
    def key(self) -> str:
        """The partition key: name@version."""
        return f"{self.name}@{self.version}"
