"""How the model of an artifact comes about: trained, counted, found, or the file or the code of the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.artifact_recipes import ArtifactRecipe
from dagster_project.corpus.model.errors import FlorilegiumError, Refused
from dagster_project.corpus.scorers import clustering, clusters, ngrams
from dagster_project.corpus.scorers.cluster_words import told
from dagster_project.corpus.scorers.files import ModelFile, StoredModel, find_model, store_model
from dagster_project.corpus.scorers.ngrams import NgramModel
from dagster_project.corpus.scorers.probing import probe
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.scorers.selection import (
    BEYOND,
    HELD_OUT,
    RECORD,
    TRAIN,
    Fates,
    Origin,
    Records,
    counted,
    fates_of,
    pooled,
    unchanged,
)
from dagster_project.corpus.scorers.tokenizer_training import measured, train_tokenizer
from dagster_project.corpus.scorers.tokenizers import FORMAT, read_tokenizer
from dagster_project.corpus.scorers.training import train

POSITIVE = "hq"  # the class of what a scorer looks for, unless the recipe names it
REFERENCE = "reference"  # the class of what an n-gram model counts, and tokenizers and clusters are learned from


class Found(NamedTuple):
    """What a recipe names that lies outside the store: hashes of example files by path, and the model file."""

    files: Mapping[str, str]
    model: ModelFile | None
    code: str  # hash of the module of a user's factory


class Made(NamedTuple):
    """A model that was just made, its examples, and what is told of it."""

    model: StoredModel | None
    records: Records
    fates: Fates
    scores: NDArray[np.int64]
    facts: Mapping[str, Any]


def loading_of(recipe: ArtifactRecipe) -> Loading:
    if recipe.kind == "scorer":
        return Loading("fasttext", label=recipe.label or POSITIVE)
    if recipe.kind in ("ngram", clusters.FORMAT):
        return Loading(recipe.kind)
    if recipe.kind == "tokenizer":
        return Loading(FORMAT, separator=recipe.tokenizer.separator)
    return Loading(recipe.format, recipe.label, recipe.output, recipe.max_tokens, recipe.factory, recipe.cuts)


def _train(work: Work, recipe: ArtifactRecipe, found: Found, origins: Sequence[Origin], folder: Path) -> Made:
    trained = train(
        origins, recipe.training, folder, label=recipe.label or POSITIVE, held_out=recipe.held_out, seed=recipe.seed
    )
    model = store_model(work.store, find_model(trained.model, recipe.license, name=recipe.name), work.access)
    facts = {"metrics": trained.metrics, "learning_curve": trained.curve, "examples": trained.counts}
    return Made(model, trained.records, trained.fates, trained.scores, facts)


def _count(work: Work, recipe: ArtifactRecipe, found: Found, origins: Sequence[Origin], folder: Path) -> Made:
    with pooled(origins, recipe.seed) as pool:
        records = pool.records
        fates = fates_of(records, [origin.documents for origin in origins], balanced=False, held_out=recipe.held_out)
        tables = ngrams.estimate(ngrams.count_trigrams(pool.texts(records[fates == TRAIN])))
        cuts = ngrams.cuts_of(tables, pool.texts(records[fates == HELD_OUT]))
    path = folder / "ngrams.npz"
    path.write_bytes(ngrams.save(NgramModel(tables, cuts)))
    model = store_model(work.store, find_model(path, recipe.license, name=recipe.name), work.access)
    facts = {"trigrams": len(tables.triples.keys), "cuts": list(cuts), "examples": {REFERENCE: counted(fates)}}
    return Made(model, records, fates, np.empty(0, np.int64), facts)


def _keep(work: Work, recipe: ArtifactRecipe, found: Found, origins: Sequence[Origin], folder: Path) -> Made:
    try:
        probe(found.model.path if found.model else None, loading_of(recipe))
    except FlorilegiumError as error:
        place = found.model.path if found.model else recipe.factory
        raise Refused(f"artifact {recipe.name}: {place} is of no use as format {recipe.format}: {error}") from error
    return _kept(work, found, {})


def _tokenize(work: Work, recipe: ArtifactRecipe, found: Found, origins: Sequence[Origin], folder: Path) -> Made:
    separator = recipe.tokenizer.separator
    if found.model:
        tokenizer = read_tokenizer(found.model.path, separator, recipe.name)
        return _kept(work, found, {"vocabulary": tokenizer.vocabulary, "lossless": tokenizer.is_lossless})
    with pooled(origins, recipe.seed, unchanged) as pool:
        records = pool.records
        fates = fates_of(records, [origin.documents for origin in origins], balanced=False, held_out=recipe.held_out)
        learned, held = records[fates == TRAIN], records[fates == HELD_OUT]
        if not len(learned):
            raise Refused(f"artifact {recipe.name} has no text to learn from: name more examples")
        path = train_tokenizer(pool.texts(learned), recipe.tokenizer, folder / "tokenizer.json")
        tokenizer = read_tokenizer(path, separator, recipe.name)
        held_out = measured(tokenizer, ngrams.batches(pool.texts(held)))
    model = store_model(work.store, find_model(path, recipe.license, name=recipe.name), work.access)
    facts = {
        "vocabulary": tokenizer.vocabulary,
        "lossless": tokenizer.is_lossless,
        "learned_from": {"documents": len(learned), "bytes": int(learned["length"].sum())},
        "held_out": held_out,
        "examples": {REFERENCE: counted(fates)},
    }
    return Made(model, records, fates, np.empty(0, np.int64), facts)


def _cluster(work: Work, recipe: ArtifactRecipe, found: Found, origins: Sequence[Origin], folder: Path) -> Made:
    with pooled(origins, recipe.seed, unchanged) as pool:
        records, most = pool.records, recipe.clustering.sample
        fates = fates_of(records, [origin.documents for origin in origins], balanced=False, held_out=recipe.held_out)
        if not len(rows := np.flatnonzero(fates == TRAIN)):
            raise Refused(f"artifact {recipe.name} has no text to learn from: name more examples")
        counts = clustering.sampled(ngrams.batches(pool.texts(records[rows[:most]])))
        fates[rows[len(counts.firsts) - 1 :]] = BEYOND
        learned = clustering.find_clusters(counts, recipe.clustering, recipe.seed, recipe.name)
        entries = told(learned, counts, ngrams.batches(pool.texts(records[fates == TRAIN])))
        held_out = clustering.measured(learned.model, ngrams.batches(pool.texts(records[fates == HELD_OUT])))
    path = folder / "clusters.npz"
    path.write_bytes(clusters.save(learned.model))
    model = store_model(work.store, find_model(path, recipe.license, name=recipe.name), work.access)
    in_none = int((learned.places.clusters == clusters.NONE).sum())
    facts = {
        "learned_from": {"documents": len(counts.firsts) - 1, "in_no_cluster": in_none, "terms": len(counts.features)},
        "at_most": {"documents": most, "terms": clustering.MOST_TERMS},
        "iterations": learned.iterations,
        "unsettled": learned.unsettled,  # documents that changed their cluster before the last iteration
        "inertia": round(sum(entry["inertia"] for entry in entries), 6),
        "held_out": held_out,
        "clusters": entries,
        "examples": {REFERENCE: counted(fates)},
    }
    return Made(model, records, fates, np.empty(0, np.int64), facts)


def _kept(work: Work, found: Found, facts: Mapping[str, Any]) -> Made:
    """What the user has made, without any examples."""
    model = store_model(work.store, found.model, work.access) if found.model else None
    nothing = np.empty(0, np.int64)
    return Made(model, np.empty(0, RECORD), nothing.astype(np.int8), nothing, facts)


MAKERS: Mapping[str, Callable[[Work, ArtifactRecipe, Found, Sequence[Origin], Path], Made]] = {
    "scorer": _train,
    "ngram": _count,
    "model": _keep,
    "tokenizer": _tokenize,
    "clusters": _cluster,
}
