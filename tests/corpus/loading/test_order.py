"""Steps, ranks and workers against dealing samples out one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.corpus.loading.order import Run, Share
from dagster_project.corpus.model.errors import Refused
from tests.oracles.steps import dealt, in_turn

totals, starts, small = st.integers(0, 60), st.integers(0, 60), st.integers(1, 5)


def batches(run: Run) -> list[list[int]]:
    """What one worker reads, step by step, where it reads anything."""
    return [list(samples) for _, samples in run.turns(0, run.steps) if samples]


@given(totals, starts, small, small, small)
def test_workers_in_turn_have_the_batches_of_their_rank(
    total: int, start: int, ranks: int, batch: int, workers: int
) -> None:
    start = min(start, total)
    expected = dealt(total, start, ranks, batch)
    for rank in range(ranks):
        shares = [Share(rank, ranks, worker, workers, batch) for worker in range(workers)]
        runs = [Run(total, start, share) for share in shares]
        assert {run.steps for run in runs} == {len(expected)}
        assert in_turn([batches(run) for run in runs]) == [step[rank] for step in expected if step[rank]]


@given(totals, starts, small, small)
def test_drop_last_drops_the_incomplete_step_alone(total: int, start: int, ranks: int, batch: int) -> None:
    start = min(start, total)
    full = [step for step in dealt(total, start, ranks, batch) if all(len(held) == batch for held in step)]
    for rank in range(ranks):
        run = Run(total, start, Share(rank, ranks, batch=batch, drop_last=True))
        assert batches(run) == [step[rank] for step in full]
        assert run.seen_after(run.steps) == start + len(full) * ranks * batch


@given(totals, starts, small, small)
def test_who_read_a_sample(total: int, start: int, ranks: int, batch: int) -> None:
    start = min(start, total)
    run = Run(total, start, Share(0, ranks, batch=batch))
    steps, readers = run.who(np.arange(start, total))
    expected = dealt(total, start, ranks, batch)
    told = [(s, r) for s, step in enumerate(expected) for r, held in enumerate(step) for _ in held]
    assert list(zip(steps.tolist(), readers.tolist(), strict=True)) == told


@given(totals, small, small, st.data())
def test_what_was_seen_is_one_number(total: int, ranks: int, batch: int, data: st.DataObject) -> None:
    run = Run(total, 0, Share(0, ranks, batch=batch))
    step = data.draw(st.integers(0, run.steps))
    before = [sample for held in dealt(total, 0, ranks, batch)[:step] for part in held for sample in part]
    assert before == list(range(run.seen_after(step)))


def test_an_incomplete_step_by_hand() -> None:
    runs = [Run(11, 1, Share(rank, 3, batch=2)) for rank in range(3)]
    assert [batches(run) for run in runs] == [[[1, 2], [7, 8]], [[3, 4], [9, 10]], [[5, 6]]]
    assert [runs[0].seen_after(step) for step in range(3)] == [1, 7, 11]


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ((4, 4), "there is no rank 4 of 4: count from 0 to 3"),
        ((-1, 4), "there is no rank -1 of 4"),
        ((0, 0), "there is no rank 0 of 0"),
        ((0, 1, 2, 2), "there is no worker 2 of 2"),
        ((0, 1, 0, 1, 0), "a batch of 0 samples is none: use 1 or more"),
    ],
)
def test_a_share_that_is_none_is_refused(share: tuple[int, ...], message: str) -> None:
    with pytest.raises(Refused, match=message):
        Share(*share)


def test_what_is_beyond_a_run_is_refused() -> None:
    for start in (-1, 11):
        with pytest.raises(Refused, match=f"sample {start} is not among 10: start at 0 to 10"):
            Run(10, start)
    for step in (-1, 6):
        with pytest.raises(Refused, match=f"step {step} is not of this run, which has 5 steps"):
            Run(10, 0, Share(0, 2)).seen_after(step)
