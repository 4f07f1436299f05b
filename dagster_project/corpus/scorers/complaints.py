"""What an artifact's recipe says that its kind has no use for, and what it does not say and should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe, ClusteringRecipe, TokenizerRecipe
from dagster_project.corpus.scorers.making import POSITIVE
from dagster_project.corpus.scorers.perplexity_models import are_cuts
from dagster_project.corpus.scorers.training import NEGATIVE, is_label

BENCHMARK = "benchmark"


def complaints(recipe: ArtifactRecipe) -> Iterator[str]:
    """Each as the rest of a sentence about the artifact."""
    if (recipe.kind == BENCHMARK) != bool(recipe.benchmarks):
        yield "needs benchmarks if it is of kind benchmark, and only then"
    if recipe.kind != "tokenizer" and recipe.tokenizer != TokenizerRecipe():
        yield "is no tokenizer, so the settings of one mean nothing: leave them out"
    if recipe.kind != "clusters" and recipe.clustering != ClusteringRecipe():
        yield "is not of kind clusters, so the settings of clustering mean nothing: leave them out"
    yield from COMPLAINTS[recipe.kind](recipe)


def _of_benchmarks(recipe: ArtifactRecipe) -> Iterator[str]:
    if recipe.positives or recipe.negatives or recipe.file or recipe.factory:
        yield "is of benchmarks, so examples, file and factory mean nothing: leave them out"


def _of_model(recipe: ArtifactRecipe) -> Iterator[str]:
    if recipe.positives or recipe.negatives:
        yield "is a model of the user, so examples mean nothing: leave them out, or make it a scorer"
    if not recipe.file and recipe.format != "python":
        yield "needs file, the model: name it"
    if (recipe.format == "python") != bool(recipe.factory):
        yield "needs a factory if its format is python, and only then"
    if recipe.cuts and not are_cuts(recipe.cuts):
        yield f"has the cuts {list(recipe.cuts)}: name two perplexities, the lower one first, and both at least 1"


def _of_scorer(recipe: ArtifactRecipe) -> Iterator[str]:
    yield from _of_ngram(recipe)
    if not is_label(recipe.label or POSITIVE):
        yield f"cannot name its positive class {recipe.label!r}: use letters, digits, . _ - and not {NEGATIVE!r}"


def _of_ngram(recipe: ArtifactRecipe) -> Iterator[str]:
    if recipe.file or recipe.factory:
        yield "is made here, so file and factory mean nothing: leave them out, or make it a model"
    yield from _of_examples(recipe)


def _of_tokenizer(recipe: ArtifactRecipe) -> Iterator[str]:
    said = recipe.tokenizer
    if recipe.factory:
        yield "is a tokenizer, so a factory means nothing: leave it out"
    if not recipe.file:
        if said.separator and said.separator not in said.special_tokens:
            yield f"ends documents with {said.separator!r}, which is none of its special_tokens: name it there, or one"
        yield from _of_examples(recipe)
        return
    if recipe.positives or recipe.negatives:
        yield "has a file, so examples to learn from mean nothing: leave out one of them"
    if replace(said, separator="") != TokenizerRecipe(separator=""):
        yield "has a file, which says all of the tokenizer but its separator: leave the other settings out"


def _of_examples(recipe: ArtifactRecipe) -> Iterator[str]:
    if not recipe.positives:
        yield "needs positives, the texts to learn from: name some"
    if bool(recipe.negatives) != (recipe.kind == "scorer"):
        yield "needs negatives if it is a scorer, and only then"
    if not 0 < recipe.held_out < 1:
        yield f"holds out {recipe.held_out} of its examples: name a share above 0 and below 1"


COMPLAINTS: Mapping[str, Callable[[ArtifactRecipe], Iterator[str]]] = {
    BENCHMARK: _of_benchmarks,
    "model": _of_model,
    "scorer": _of_scorer,
    "ngram": _of_ngram,
    "clusters": _of_ngram,
    "tokenizer": _of_tokenizer,
}
