"""What the fields of an artifact recipe must mean beyond their types: hashes, partitions, and what fastText and a BPE
can learn with. Whether a source, a policy or a license exists is not known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from dagster_project.corpus.model.artifact_recipes import (
    ArtifactRecipe,
    BenchmarkRecipe,
    ClusteringRecipe,
    ExampleRecipe,
    Layout,
    MatchingRecipe,
    TokenizerRecipe,
    TrainingRecipe,
)
from dagster_project.corpus.model.errors import PartitionError
from dagster_project.corpus.model.measurements import reads_as_view
from dagster_project.corpus.model.partitions import NAME, parse

Complaint = str | None

HASH = re.compile(r"[0-9a-f]{64}")
LEARNED_FROM = ("snapshots", "filtered", "published")
LARGEST_SEED = 2**31 - 1  # fastText keeps it in 32 bits
LARGEST_MODEL = 16 << 30  # bytes
BYTES = 256  # tokens of a BPE before it learns any
LARGEST_VOCABULARY = 1 << 24
MOST_CLUSTERS = 999  # with the documents that are in none, as many groups as a mix can balance
CONTROL = re.compile(r"(?=.*[A-Za-z0-9])[!-&(-/:-@\[-`{-~][!-~]{1,99}")


def name(value: str) -> Complaint:
    good = re.fullmatch(NAME, value) and ".." not in value
    return None if good else f"{value!r} cannot be a name; use a-z 0-9 . _ - without '..', a letter or digit first"


def hash_of_file(value: str) -> Complaint:
    """The SHA-256 of a file as sha256sum prints it, or nothing."""
    good = not value or HASH.fullmatch(value)
    return None if good else f"{value[:80]!r} is not a SHA-256; use its 64 hexadecimal digits, in small letters"


def partition(value: str) -> Complaint:
    """A partition with texts, in the one spelling of its name."""
    if not value:
        return None
    try:
        found, version = parse(value)
    except PartitionError as error:
        return str(error)
    if found.stage not in LEARNED_FROM or found.part:
        shapes = "snapshots/source@version, filtered/source@version+policy or published/mix@version"
        return f"{value!r} holds no texts to learn from; use {shapes}"
    if version:
        return f"{value!r} names one build of a version, which cannot be said here; leave out #{version}"
    return None if str(found) == value else f"{value!r} is spelled oddly; use {found}"


def artifact_version(value: str) -> Complaint:
    """A name that says nothing else as the end of the name of a measurement."""
    if not re.fullmatch(NAME, value) or ".." in value:
        return f"{value!r} cannot be a name; use a-z 0-9 . _ - without '..', a letter or digit first"
    if value.endswith(".") or reads_as_view(value):
        return f"{value!r} cannot be told from the view of a measurement; do not end it in '.' or '.edited-…'"
    return None


def between(least: int, most: int) -> Callable[[int], Complaint]:
    """A whole number within bounds."""

    def rule(value: int) -> Complaint:
        good = least <= value <= most
        return None if good else f"{value} is not allowed here; use a whole number from {least} to {most:,}"

    return rule


def learning_rate(value: float) -> Complaint:
    return None if 0 < value <= 5 else f"{value} is not allowed here; use a number above 0, to 5"


def special_tokens(values: tuple[str, ...]) -> Complaint:
    """A sign first, then a letter or digit: the two are never one token, so no text is encoded as the whole."""
    for index, value in enumerate(values):
        if not CONTROL.fullmatch(value):
            return f"{value[:100]!r} could be a token of a text; use signs and letters without spaces, as in <|name|>"
        if value in values[:index]:
            return f"{value} stands in this list already; each token once"
    return None


def fields_of_question(values: tuple[str, ...]) -> Complaint:
    return None if values and all(values) else "is empty; name the fields that make a question"


FIELDS: Mapping[tuple[type, str], Callable[[Any], Complaint]] = MappingProxyType(
    {
        (ExampleRecipe, "partition"): partition,
        (ExampleRecipe, "sha256"): hash_of_file,
        (ExampleRecipe, "documents"): between(1, 10**12),
        (TrainingRecipe, "word_ngrams"): between(1, 10),
        (TrainingRecipe, "lr"): learning_rate,
        (TrainingRecipe, "dim"): between(1, 1000),
        (TrainingRecipe, "ws"): between(1, 100),
        (TrainingRecipe, "epoch"): between(1, 1000),
        (TrainingRecipe, "min_count"): between(1, 10**9),
        (TrainingRecipe, "bucket"): between(1, 10**8),
        (TokenizerRecipe, "vocabulary"): between(BYTES, LARGEST_VOCABULARY),
        (TokenizerRecipe, "min_frequency"): between(1, 10**9),
        (TokenizerRecipe, "special_tokens"): special_tokens,
        (ClusteringRecipe, "clusters"): between(1, MOST_CLUSTERS),
        (ClusteringRecipe, "iterations"): between(1, 1000),
        (ClusteringRecipe, "sample"): between(1, 10**6),
        (BenchmarkRecipe, "name"): name,
        (BenchmarkRecipe, "file"): lambda value: None if value.strip() else "names no file; give the file of its items",
        (BenchmarkRecipe, "sha256"): hash_of_file,
        (Layout, "question"): fields_of_question,
        (Layout, "first"): between(0, 10**6),
        (MatchingRecipe, "ngram"): between(2, 1000),
        (MatchingRecipe, "shortest"): between(2, 1000),
        (MatchingRecipe, "common"): between(1, 10**9),
        (MatchingRecipe, "template"): between(1, 100),
        (ArtifactRecipe, "version"): artifact_version,
        (ArtifactRecipe, "sha256"): hash_of_file,
        (ArtifactRecipe, "seed"): between(0, LARGEST_SEED),
        (ArtifactRecipe, "max_tokens"): between(1, 10**6),
    }
)


def example_agreement(recipe: ExampleRecipe) -> Iterator[tuple[str, str]]:
    """One place for texts, and nothing said of the other."""
    if bool(recipe.partition) == bool(recipe.file):
        yield "", f"names {'both' if recipe.file else 'neither'} of partition and file; name exactly one"
    if recipe.keep == "rejected" and not recipe.partition.startswith("filtered/"):
        yield (
            "keep",
            "is about verdicts, and these texts have none; leave it out, or name filtered/source@version+policy",
        )
    if recipe.sha256 and not recipe.file:
        yield "sha256", "is of a file, and none is named; leave it out"


def training_agreement(recipe: TrainingRecipe) -> Iterator[tuple[str, str]]:
    """fastText allots the vectors of all buckets, whatever it reads."""
    size = 4 * recipe.dim * recipe.bucket
    if recipe.word_ngrams > 1 and size > LARGEST_MODEL:
        yield "bucket", f"times 4 · dim is {size:,} bytes of model; use at most {LARGEST_MODEL:,}"


def tokenizer_agreement(recipe: TokenizerRecipe) -> Iterator[tuple[str, str]]:
    least = BYTES + len(recipe.special_tokens)
    if recipe.vocabulary < least:
        yield (
            "vocabulary",
            f"{recipe.vocabulary} has no room for every byte and the special tokens; use {least} or more",
        )


def artifact_agreement(recipe: ArtifactRecipe) -> Iterator[tuple[str, str]]:
    if recipe.sha256 and not recipe.file:
        yield "sha256", "is of a file, and none is named; leave it out"
    names = [item.name for item in recipe.benchmarks]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"benchmarks[{index}].name", f"{name} stands in this list already; each name once"


def matching_agreement(recipe: MatchingRecipe) -> Iterator[tuple[str, str]]:
    if recipe.shortest > recipe.ngram:
        yield "shortest", f"{recipe.shortest} is more than ngram {recipe.ngram}; use at most that"


def layout_agreement(recipe: Layout) -> Iterator[tuple[str, str]]:
    if recipe.labels and not recipe.choices:
        yield "labels", "are of choices, and none are named; leave them out"
    if recipe.choices and not recipe.answer:
        yield "choices", "are there to find the right answer, and none is named; name it, or leave them out"


AGREEMENT: Mapping[type, Callable[[Any], Iterator[tuple[str, str]]]] = MappingProxyType(
    {
        ExampleRecipe: example_agreement,
        TrainingRecipe: training_agreement,
        TokenizerRecipe: tokenizer_agreement,
        MatchingRecipe: matching_agreement,
        Layout: layout_agreement,
        ArtifactRecipe: artifact_agreement,
    }
)


def complaints(recipe: ArtifactRecipe) -> Iterator[str]:
    """What is wrong with a recipe that was not read from a file, each said with the field."""
    parts: list[tuple[str, Any]] = [
        ("", recipe),
        ("training.", recipe.training),
        ("tokenizer.", recipe.tokenizer),
        ("clustering.", recipe.clustering),
        ("matching.", recipe.matching),
    ]
    for index, benchmark in enumerate(recipe.benchmarks):
        parts += [(f"benchmarks[{index}].", benchmark), (f"benchmarks[{index}].layout.", benchmark.layout)]
    for name, items in (("positives", recipe.positives), ("negatives", recipe.negatives)):
        parts += [(f"{name}[{index}].", item) for index, item in enumerate(items)]
    for path, part in parts:
        for item in fields(part):
            rule, value = FIELDS.get((type(part), item.name)), getattr(part, item.name)
            if rule and value is not None and (message := rule(value)):
                yield f"{path}{item.name}: {message}"
        for name, message in AGREEMENT.get(type(part), lambda _: ())(part):
            yield f"{(path + name).rstrip('.')}: {message}"
