"""What a scorer may answer, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.scorer import BATCH, millionths


class Answering:
    def __init__(self, answer: Callable[[Sequence[str]], Any]):
        self.score = answer


def test_scores_are_millionths_in_order_over_batches() -> None:
    texts = [str(number) for number in range(2 * BATCH + 3)]
    sizes: list[int] = []

    def score(batch: Sequence[str]) -> Any:
        sizes.append(len(batch))
        return [int(text) / 1e6 + 4e-7 for text in batch]

    assert millionths(Answering(score), texts, "n").tolist() == list(range(2 * BATCH + 3))
    assert sizes == [BATCH, BATCH, 3]
    assert millionths(Answering(score), [], "n").dtype == np.int64


@pytest.mark.parametrize("answer", [[0.1], [0.1, 0.2, 0.3], [[0.1], [0.2]], 0.5])
def test_one_number_for_each_text(answer: Any) -> None:
    with pytest.raises(Refused, match="the scorer n answered 2 texts with an array of shape"):
        millionths(Answering(lambda texts: answer), ["a", "b"], "n")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 1e13])
def test_only_finite_numbers(bad: float) -> None:
    with pytest.raises(Refused, match="must be finite"):
        millionths(Answering(lambda texts: [0.5, bad]), ["a", "b"], "n")


def test_a_failure_of_the_users_code_is_one_sentence() -> None:
    def fail(texts: Sequence[str]) -> Any:
        raise KeyError("what\nis this")

    with pytest.raises(Refused, match=r"the scorer n failed \(KeyError: 'what\\nis this'\)"):
        millionths(Answering(fail), ["a"], "n")


def test_a_refusal_stays_what_it_is() -> None:
    def refuse(texts: Sequence[str]) -> Any:
        raise Refused("no")

    with pytest.raises(Refused, match=r"^no$"):
        millionths(Answering(refuse), ["a"], "n")


def test_scores_are_rounded_to_the_nearest() -> None:
    assert millionths(Answering(lambda texts: [6e-7, -6e-7, 0.9999996]), ["a", "b", "c"], "n").tolist() == [
        1,
        -1,
        10**6,
    ]
