"""The loader on publications made by hand: any stop, any ranks and workers, every format, replays and damage."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from functools import cache, partial
from itertools import chain, islice
from typing import Any

import numpy as np
import pytest

from dagster_project.corpus.formats.formats import FORMATS
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.loading.order import Share
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.stores import Store
from tests.corpus.loading.handmade import (
    ROWS,
    Publication,
    file_of,
    plain,
    publication_of,
    replaced,
    without,
)
from tests.oracles.steps import dealt, in_turn

TOTAL = sum(ROWS)
STOPS = 1000
FACTS = ("index", "doc_id", "component", "phase", "copy")


@pytest.fixture(params=sorted(FORMATS))
def format(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def made(store: MemoryStore) -> Publication:
    return publication_of(store)


def loader(store: Store, made: Publication, format: str = "numpy", start: int = 0, **share: Any) -> Loader:
    ranged = share.pop("ranged", False)
    return Loader(store, made.manifest, Begin(format, start), Share(**share), ranged=ranged)


def expected(made: Publication, format: str) -> list[tuple[Any, ...]]:
    return without(made.samples, 6) if FORMATS[format].needs_tokens else made.samples


# ---- samples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ranged", [False, True])
def test_every_format_gives_the_same_samples(store: Store, made: Publication, format: str, ranged: bool) -> None:
    found = list(loader(store, made, format, ranged=ranged))
    assert [plain(sample) for sample in found] == expected(made, format)
    assert {sample.tokens.dtype for sample in found if sample.tokens is not None} == {np.dtype(np.uint16)}
    assert all(sample.tokens is not None and sample.tokens.flags.writeable for sample in found)


@pytest.mark.parametrize("ranged", [False, True])
@pytest.mark.parametrize("start", [1, 7, 8, 31, TOTAL - 1, TOTAL])
def test_any_sample_is_a_beginning(store: Store, made: Publication, format: str, start: int, ranged: bool) -> None:
    found = loader(store, made, format, start, ranged=ranged, batch=5, ranks=2, rank=1)
    places = [place for step in dealt(TOTAL, start, 2, 5) for place in step[1]]
    assert [plain(sample) for sample in found] == [expected(made, format)[place] for place in places]


def test_text_without_a_tokenizer() -> None:
    store = MemoryStore()
    made = publication_of(store, formats=["parquet", "jsonl"], tokenized=False)
    for name in ("parquet", "jsonl"):
        assert [plain(sample) for sample in loader(store, made, name)] == made.samples
    (table,) = loader(store, made, "parquet").seen(0, 1)
    assert table.column("offset").to_pylist() == [None]


def test_a_mix_of_nothing_has_no_step() -> None:
    store = MemoryStore()
    for rows in ((), (0, 0)):
        nothing = loader(store, publication_of(store, rows), ranks=2)
        assert (nothing.steps, list(nothing), nothing.state()["seen"]) == (0, [], 0)


def test_few_bytes_are_read_for_few_samples() -> None:
    store, asked = MemoryStore(), []
    made = publication_of(store, [9000], formats=["numpy", "megatron", "mds"])
    get_range = store.get_range
    store.get_range = lambda path, start, length: asked.append(length) or get_range(path, start, length)  # type: ignore[method-assign,func-returns-value]
    for name in ("numpy", "megatron", "mds"):
        asked.clear()
        found = list(loader(store, made, name, 8000, ranged=True).replay(0, 3))
        assert [sample.index for sample in found] == [8000, 8001, 8002]
        assert 0 < sum(asked) < 20_000


# ---- stopping and going on ----------------------------------------------------------------------------------------


def stopped(store: Store, made: Publication, steps: int, batch: int) -> tuple[list[list[int]], dict[str, Any]]:
    """What each of four ranks had when all had finished so many steps, and the state that all of them tell."""
    had, states = [], []
    for rank in range(4):
        one = loader(store, made, rank=rank, ranks=4, batch=batch)
        batches = islice(one.batches(), steps)
        had.append([sample.index for held in batches for sample in held])
        states.append(one.state(steps))
    assert all(state == states[0] for state in states)
    return had, json.loads(json.dumps(states[0]))


def resumed(store: Store, made: Publication, seen: int, share: Share) -> list[list[int]]:
    """What one rank has from there, step by step, its workers taken from in turn."""
    state, workers = {"version": made.manifest.id, "format": "numpy", "seen": seen}, []
    for worker in range(share.workers):
        one = Loader.from_state(store, made.manifest, state, replace(share, worker=worker))
        workers.append([[sample.index for sample in held] for held in one.batches()])
    return in_turn(workers)


def test_a_run_stopped_anywhere_goes_on_without_loss_or_repeat() -> None:
    """1,000 stops of four ranks; whoever goes on, the union is every sample once, and each rank has its order."""
    draw, store, total = random.Random(7), MemoryStore(), 17
    made = publication_of(store, [6, 0, 1, 10], formats=["numpy"])
    stop, go_on = (cache(partial(had, store, made)) for had in (stopped, resumed))  # what is alike is read once
    for _ in range(STOPS):
        batch, then, workers, ranks = (draw.choice(few) for few in ([1, 2, 3], [1, 3], [1, 2, 3], [2, 3, 4, 8]))
        steps = draw.randint(0, -(-total // (4 * batch)))
        had, state = stop(steps, batch)
        before, after = dealt(total, 0, 4, batch)[:steps], dealt(total, state["seen"], ranks, then)
        assert had == [[place for step in before for place in step[rank]] for rank in range(4)]
        rest = [go_on(state["seen"], Share(rank, ranks, 0, workers, then)) for rank in range(ranks)]
        assert rest == [[step[rank] for step in after if step[rank]] for rank in range(ranks)]
        assert sorted([*chain(*had), *chain(*chain(*rest))]) == list(range(total))


def test_a_state_is_of_the_last_step_that_was_finished(store: Store, made: Publication) -> None:
    one = loader(store, made, ranks=2, batch=3)
    told = []
    for sample in one:
        told.append((sample.index, one.state()["seen"]))
        if len(told) == 5:
            break
    assert told == [(0, 0), (1, 0), (2, 6), (6, 6), (7, 6)]
    assert next(iter(one)).index == 6  # iterating again goes on after that step
    assert one.state(3) == {"version": made.manifest.id, "format": "numpy", "seen": 18}


def test_at_the_end_all_is_seen_whatever_a_rank_had_of_the_last_step(store: Store, made: Publication) -> None:
    for rank in range(4):
        one = loader(store, made, rank=rank, ranks=4, batch=4)
        assert len(list(one)) == (12, 12, 11, 8)[rank]
        assert one.state()["seen"] == TOTAL
        assert list(one) == []


def test_a_batch_is_a_list_of_the_samples_of_a_step(store: Store, made: Publication) -> None:
    one = loader(store, made, rank=1, ranks=2, batch=4, drop_last=True)
    sizes = [len(batch) for batch in one.batches()]
    assert sizes == [4] * (TOTAL // 8)
    assert one.state()["seen"] == TOTAL // 8 * 8


# ---- replays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "stop"), [(0, 0), (0, 3), (2, 5), (4, 7)])
def test_a_replay_is_what_was_seen(store: Store, made: Publication, format: str, first: int, stop: int) -> None:
    for rank in range(3):
        one = loader(store, made, format, 2, rank=rank, ranks=3, batch=2)
        live = [list(map(plain, batch)) for batch in one.batches()][first:stop]
        state = one.state()
        assert [plain(sample) for sample in one.replay(first, stop)] == [sample for batch in live for sample in batch]
        assert one.state() == state


def test_workers_replay_and_go_on_with_steps_of_their_own(store: Store, made: Publication) -> None:
    for worker, steps in ((0, [3, 6]), (1, [1, 4]), (2, [2, 5])):
        one = loader(store, made, worker=worker, workers=3, batch=4)
        expected = [place for step in steps for place in range(4 * step, 4 * step + 4)]
        assert [sample.index for sample in one.replay(1, 7)] == expected
        next(one.batches())
        assert next(one.batches())[0].index == 4 * (worker + 3)  # after its first step


def test_what_was_seen_is_told_by_rank_step_and_place(store: Store, made: Publication) -> None:
    run = {"ranks": 3, "batch": 2}
    tables = list(loader(store, made, start=2, **run).seen(1, 6))
    assert [set(table.column("shard").to_pylist()) for table in tables] == [{3}, {4}]
    rows = [row for table in tables for row in table.to_pylist()]
    for rank in range(3):
        live = loader(store, made, start=2, rank=rank, **run).replay(1, 6)
        told = [
            (row["index"], row["doc_id"], row["component"], row["phase"], row["copy"])
            for row in rows
            if row["rank"] == rank
        ]
        assert told == [plain(sample)[:5] for sample in live]
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
    for row in rows:  # offset and length are of the stream of its shard
        body = np.load(_path(store, made, row["shard"]))[row["offset"] : row["offset"] + row["length"]]
        assert body.tolist() == made.samples[row["index"]][5]


def _path(store: Store, made: Publication, shard: int) -> Any:
    return io.BytesIO(store.get(file_of(made.manifest, "numpy", shard, "npy").path))


# ---- what is refused ----------------------------------------------------------------------------------------------


def test_a_state_of_another_version_is_refused(store: Store, made: Publication) -> None:
    other = publication_of(store, name="other")
    state = loader(store, other).state()
    with pytest.raises(Refused) as refused:
        Loader.from_state(store, made.manifest, state)
    told, here = other.manifest.id[:12], made.manifest.id[:12]
    assert str(refused.value) == f"the state is of version {told}, and this is {here}: load NAME@VERSION#{told}"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 7},
        {"version": "../../x"},
        {"version": None},
        {"format": 3},
        {"seen": "7"},
        {"seen": 1.0},
        {"seen": True},
    ],
)
def test_what_is_no_state_is_refused(store: Store, made: Publication, change: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="this is no state of a loader"):
        Loader.from_state(store, made.manifest, {**loader(store, made).state(), **change})


@pytest.mark.parametrize(
    ("count", "message"), [(-1, "sample -1 is not among"), (TOTAL + 1, f"not among {TOTAL}: start")]
)
def test_a_state_beyond_the_mix_is_refused(store: Store, made: Publication, count: int, message: str) -> None:
    with pytest.raises(Refused, match=message):
        Loader.from_state(store, made.manifest, {**loader(store, made).state(), "seen": count})


def test_formats_that_are_not_there_are_named() -> None:
    store = MemoryStore()
    made = publication_of(store, formats=["parquet", "jsonl"])
    with pytest.raises(Refused, match="was not published as 'numpy': use jsonl, parquet, or name it in the recipe"):
        loader(store, made)
    with pytest.raises(Refused, match="'csv' is not a format of exports"):
        loader(store, made, "csv")


@pytest.mark.parametrize("ranged", [False, True])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_file_that_is_short_is_told(format: str, damage: str, ranged: bool) -> None:
    store = MemoryStore()
    made = publication_of(store, formats=[format])
    for suffix in made.manifest.facts["exports"][format]["shards"][3]["files"]:
        file = file_of(made.manifest, format, 3, suffix)
        body = store.get(file.path)
        replaced(store, file.path, body[:-1]) if damage == "cut" else store.delete([file.path])
        one = iter(loader(store, made, format, ranged=ranged))
        assert [next(one).index for _ in range(8)] == list(range(8))  # the shards before
        with pytest.raises(IntegrityError, match="--repair"):
            next(one)
        replaced(store, file.path, body)


def test_a_flipped_byte_is_told_wherever_it_is(format: str) -> None:
    store, draw = MemoryStore(), random.Random(3)
    made = publication_of(store, [40], formats=[format])
    for suffix in made.manifest.facts["exports"][format]["shards"][0]["files"]:
        file = file_of(made.manifest, format, 0, suffix)
        body = store.get(file.path)
        for _ in range(20):
            bad = bytearray(body)
            bad[draw.randrange(len(bad))] ^= draw.randint(1, 255)
            replaced(store, file.path, bytes(bad))
            with pytest.raises(IntegrityError, match=r"was altered|holds"):
                list(loader(store, made, format))
        replaced(store, file.path, body)


def test_read_by_ranges_a_shard_that_is_not_of_its_order_is_told(format: str) -> None:
    if not FORMATS[format].seeks:
        pytest.skip("it is always read whole")
    store = MemoryStore()
    made, other = (
        publication_of(store, [40], formats=[format]),
        publication_of(store, [40], formats=[format], name="longer name"),
    )
    facts = {**made.manifest.facts, "exports": other.manifest.facts["exports"]}
    mixed = Publication(type(made.manifest)(made.manifest.identity, (), (), {}, facts), [])
    with pytest.raises(IntegrityError, match="and its order manifest differ in length"):
        list(loader(store, mixed, format, ranged=True))


def test_an_order_of_another_shard_is_told(store: Store, made: Publication) -> None:
    order = made.manifest.facts["order"]
    for files, message in (
        ([order[4], *order[1:4], order[0]], "does not cover its numpy shards"),
        (order[:-1], "does not cover its numpy shards"),
    ):
        facts = {**made.manifest.facts, "order": files}
        with pytest.raises(IntegrityError, match=message):
            loader(store, Publication(type(made.manifest)(made.manifest.identity, (), (), {}, facts), []))


def test_orders_of_shards_of_one_size_are_not_exchanged() -> None:
    store = MemoryStore()
    made = publication_of(store, [3, 3], formats=["numpy"])
    facts = {**made.manifest.facts, "order": made.manifest.facts["order"][::-1]}
    mixed = Publication(type(made.manifest)(made.manifest.identity, (), (), {}, facts), [])
    with pytest.raises(IntegrityError, match="is not the order of export shard 0"):
        list(loader(store, mixed))
