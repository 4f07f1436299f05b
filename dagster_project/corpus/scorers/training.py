"""Training a fastText classifier from positives and negatives, as DCLM does (Li et al. 2024, arXiv:2406.11794).

One thread, because more give another model at every run; every line that is written must be a line that fastText read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.corpus.model.artifact_recipes import TrainingRecipe
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.scorers import fasttext_models
from dagster_project.corpus.scorers.fasttext_models import PREFIX
from dagster_project.corpus.scorers.formats import FasttextScorer
from dagster_project.corpus.scorers.metrics import metrics_of
from dagster_project.corpus.scorers.scorer import millionths
from dagster_project.corpus.scorers.selection import (
    FATES,
    HELD_OUT,
    TRAIN,
    Fates,
    Origin,
    Pool,
    Records,
    counted,
    fates_of,
    pooled,
)

NEGATIVE = "cc"
NAME = re.compile(r"[A-Za-z0-9._-]+")
CURVE = (25, 50)  # percent of the examples
LEAST = 2  # examples of each class, on each side


class Trained(NamedTuple):
    """A model file, how well it does on what was held out, and what became of every example."""

    model: Path
    metrics: Mapping[str, Any]
    curve: Mapping[str, Any]  # percent of the examples → metrics
    counts: Mapping[str, Mapping[str, int]]  # class → fate → examples
    records: Records
    fates: Fates
    scores: NDArray[np.int64]  # millionths, of what was held out


def train(
    origins: Sequence[Origin], settings: TrainingRecipe, folder: Path, *, label: str, held_out: float, seed: int
) -> Trained:
    """Train on all but the held-out examples; the model is a file in `folder`, and `label` names the positive class."""
    if not is_label(label):
        raise Refused(f"{label!r} cannot name the positive class: use letters, digits, . _ - and not {NEGATIVE!r}")
    with pooled(origins, seed) as pool:
        limits = [origin.documents for origin in origins]
        fates = fates_of(pool.records, limits, balanced=settings.balanced, held_out=held_out)
        counts = _counted(pool.records, fates, label)
        _refuse_too_few(counts)
        learned, held = pool.records[fates == TRAIN], pool.records[fates == HELD_OUT]
        curve = {}
        for percent in CURVE if settings.learning_curve else ():
            part = learned[: len(learned) * percent // 100]
            path = _fit(pool, part, settings, folder / f"{percent}", label, seed)
            curve[str(percent)] = metrics_of(_scores(path, label, pool.texts(held)), held["positive"])
        path = _fit(pool, learned, settings, folder / "all", label, seed)
        scores = _scores(path, label, pool.texts(held))
        metrics = metrics_of(scores, held["positive"])
        return Trained(path, metrics, curve, counts, pool.records, fates, scores)


def is_label(name: str) -> bool:
    """Can a name stand for the positive class?"""
    return NAME.fullmatch(name) is not None and name != NEGATIVE


def _fit(pool: Pool, records: Records, settings: TrainingRecipe, name: Path, label: str, seed: int) -> Path:
    """The model of some examples, in the order of their hashes."""
    import fasttext

    lines, model = name.with_suffix(".txt"), name.with_suffix(".bin")
    written = {PREFIX + label: 0, PREFIX + NEGATIVE: 0}
    with lines.open("w", encoding="utf-8", newline="\n") as file:
        for is_positive, line in zip(records["positive"].tolist(), pool.texts(records), strict=True):
            mark = PREFIX + (label if is_positive else NEGATIVE)
            file.write(f"{mark} {line}\n")
            written[mark] += 1
    try:
        trained = fasttext.train_supervised(input=str(lines), **_arguments(settings), thread=1, seed=seed, verbose=0)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise Refused(f"fastText cannot train with these settings ({error}): change them") from None
    read = fasttext_models.labels_of(trained.f)
    if read != written:
        raise IntegrityError(f"fastText read {read} examples where {written} were written: nothing was kept; say so")
    trained.save_model(str(model))
    lines.unlink()
    return model


def _arguments(settings: TrainingRecipe) -> dict[str, Any]:
    return {
        "wordNgrams": settings.word_ngrams,
        "lr": settings.lr,
        "dim": settings.dim,
        "ws": settings.ws,
        "epoch": settings.epoch,
        "minCount": settings.min_count,
        "bucket": settings.bucket,
    }


def _scores(path: Path, label: str, lines: Iterator[str]) -> NDArray[np.int64]:
    """Read back from the file, so that what is measured is what is kept."""
    scorer = FasttextScorer(fasttext_models.load(path, path.name), PREFIX + label)
    parts = [millionths(scorer, [line], label) for line in lines]
    return np.concatenate(parts)


def _counted(records: Records, fates: Fates, label: str) -> dict[str, dict[str, int]]:
    classes = {label: records["positive"], NEGATIVE: ~records["positive"]}
    return {name: counted(fates[rows]) for name, rows in classes.items()}


def _refuse_too_few(counts: Mapping[str, Mapping[str, int]]) -> None:
    for name, fates in counts.items():
        for side in (FATES[TRAIN], FATES[HELD_OUT]):
            if fates[side] < LEAST:
                told = ", ".join(f"{fate}: {count}" for fate, count in fates.items() if count) or "none at all"
                raise Refused(
                    f"there are {fates[side]} examples of {name!r} for {side}, and {LEAST} are needed ({told}): name "
                    f"more examples"
                )
