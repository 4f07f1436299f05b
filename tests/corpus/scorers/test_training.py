"""Training: one model per seed, every row accounted for, held-out metrics that mean something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.corpus.model.artifact_recipes import TrainingRecipe
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.scorers import fasttext_models, training
from dagster_project.corpus.scorers.examples import Example
from dagster_project.corpus.scorers.selection import FATES, HELD_OUT, TRAIN, Origin
from tests.corpus.scorers.models import BAD, GOOD, SMALL, examples, origins, texts, trained


def test_the_defaults_are_those_of_dclm() -> None:
    found = TrainingRecipe()
    assert (found.word_ngrams, found.lr, found.dim, found.ws, found.epoch, found.min_count) == (2, 0.1, 100, 5, 5, 1)


def test_one_seed_gives_one_model_whatever_the_order(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    first = trained(folders[0])
    shuffled = [Origin(list(reversed(list(origin.examples))), origin.is_positive) for origin in origins()]
    second = training.train(shuffled, SMALL, folders[1], label="hq", held_out=0.2, seed=0)
    other = trained(folders[2], seed=1)
    assert first.model.read_bytes() == second.model.read_bytes() != other.model.read_bytes()
    assert first.metrics == second.metrics
    assert (first.records["id"] == second.records["id"]).all()
    assert (first.fates == second.fates).all()


def test_every_example_has_a_fate_and_the_classes_are_told_apart(tmp_path: Path) -> None:
    found = trained(tmp_path, replace(SMALL, learning_curve=True))
    assert {name: sum(fates.values()) for name, fates in found.counts.items()} == {"hq": 60, "cc": 60}
    assert found.counts["hq"]["train"] + found.counts["hq"]["held-out"] == 60
    assert len(found.records) == len(found.fates) == 120
    assert found.metrics["roc_auc"] == 1.0
    assert found.metrics["average_precision"] == 1.0
    assert found.metrics["positives"] == found.counts["hq"]["held-out"]
    assert set(found.curve) == {"25", "50"}
    assert not list(tmp_path.glob("*.txt"))


def test_fasttext_read_every_line_that_was_written(tmp_path: Path) -> None:
    found = trained(tmp_path)
    labels = fasttext_models.labels_of(fasttext_models.load(found.model, "hq"))
    assert labels == {"__label__hq": found.counts["hq"]["train"], "__label__cc": found.counts["cc"]["train"]}


def test_lines_that_fasttext_did_not_read_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasttext_models, "labels_of", lambda binding: {"__label__hq": 1})
    with pytest.raises(IntegrityError, match=r"1} examples where .* were written"):
        trained(tmp_path)


def test_texts_cannot_label_or_end_themselves(tmp_path: Path) -> None:
    hostile = [f"__label__hq </s> {text}\n__label__cc ____label____cc" for text in texts(BAD, 60, 2)]
    found = training.train(
        [Origin(examples(texts(GOOD, 60, 1)), True), Origin(examples(hostile), False)],
        SMALL,
        tmp_path,
        label="hq",
        held_out=0.2,
        seed=0,
    )
    assert found.counts["cc"]["train"] + found.counts["cc"]["held-out"] == 60
    assert found.metrics["roc_auc"] == 1.0


def test_what_cannot_be_learned_from_is_counted(tmp_path: Path) -> None:
    good, bad = examples(texts(GOOD, 30, 1)), examples(texts(BAD, 50, 2))
    empty = [Example(b"e" * 16, " \n\t ")]
    found = training.train(
        [Origin(good + good[:3] + empty + bad[:2], True), Origin(bad, False, documents=40)],
        SMALL,
        tmp_path,
        label="hq",
        held_out=0.3,
        seed=0,
    )
    assert {
        fate: count
        for fate, count in found.counts["hq"].items()
        if count and fate not in (FATES[TRAIN], FATES[HELD_OUT])
    } == {
        "empty": 1,
        "contradictory": 2,
        "repeated": 3,
    }
    assert found.counts["cc"]["contradictory"] == 2
    assert found.counts["cc"]["beyond the limit"] == 8
    assert found.counts["cc"]["to balance the classes"] == 10


def test_too_few_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"there are 0 examples of 'cc' for train, and 2 are needed \(none at all\)"):
        training.train(
            [Origin(examples(texts(GOOD, 30, 1)), True)],
            replace(SMALL, balanced=False),
            tmp_path,
            label="hq",
            held_out=0.3,
            seed=0,
        )


@pytest.mark.parametrize("label", ["cc", "two words", "", "line\nfeed"])
def test_a_label_is_one_word(tmp_path: Path, label: str) -> None:
    with pytest.raises(Refused, match="cannot name the positive class"):
        training.train(origins(), SMALL, tmp_path, label=label, held_out=0.3, seed=0)
