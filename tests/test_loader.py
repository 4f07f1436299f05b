"""The door for training on a real store: any sample, states, other ranks, and a store that is let go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.corpus.model.errors import PartitionError, Refused
from dagster_project.corpus.storage.s3 import S3Config, S3Store
from dagster_project.loader import load
from dagster_project.settings import Settings
from tests.corpus.loading.handmade import Publication, plain, published, without

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def place(embedded_s3: S3Config) -> tuple[Settings, Publication]:
    config = replace(embedded_s3, prefix="door")
    settings = Settings(
        store=f"s3://{config.bucket}/door",
        endpoint=config.endpoint,
        access_key=config.access_key,
        secret_key=config.secret_key,
    )
    return settings, published(S3Store(config), formats=["numpy", "jsonl", "parquet"])


@pytest.mark.parametrize("ranged", [False, True])
def test_a_run_is_stopped_and_goes_on_with_other_ranks(place: tuple[Settings, Publication], ranged: bool) -> None:
    settings, made = place
    with load("handmade@1", ranks=2, batch=3, settings=settings, ranged=ranged) as loader:
        batches = loader.batches()
        had = [sample.index for _ in range(2) for sample in next(batches)]
        state = loader.state()
    assert (had, state["seen"]) == ([0, 1, 2, 6, 7, 8], 12)
    rest = []
    for rank in range(3):
        with load("handmade@1", state=state, rank=rank, ranks=3, settings=settings, ranged=ranged) as loader:
            rest += map(plain, loader)
    assert sorted(rest, key=lambda sample: int(sample[0])) == without(made.samples, 6)[12:]


def test_a_state_may_go_on_in_another_format(place: tuple[Settings, Publication]) -> None:
    settings, made = place
    state = {"version": made.manifest.id, "format": "jsonl", "seen": 40}
    with load("published/handmade@1", state=state, settings=settings) as loader:
        assert list(map(plain, loader)) == made.samples[40:]
    with load(f"handmade@1#{made.manifest.id[:12]}", format="parquet", state=state, settings=settings) as loader:
        assert (loader.export.format, list(map(plain, loader))) == ("parquet", made.samples[40:])


def test_two_beginnings_are_refused(place: tuple[Settings, Publication]) -> None:
    settings, made = place
    state = {"version": made.manifest.id, "format": "jsonl", "seen": 40}
    with pytest.raises(Refused, match="sample 3 and a state are two places to begin at: name one of them"):
        load("handmade@1", start=3, state=state, settings=settings)
    with pytest.raises(Refused, match="there is no rank 2 of 2"):
        load("handmade@1", rank=2, ranks=2, settings=settings)


def test_a_mix_that_is_not_there_is_refused_and_the_store_let_go(tmp_path: Path) -> None:
    from dagster_project.corpus.storage.embedded import status

    with pytest.raises(PartitionError, match="published/none@1 is not built yet"):
        load("none@1", settings=Settings(home=tmp_path))
    assert not status(tmp_path / "store").running
