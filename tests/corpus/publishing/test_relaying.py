"""Texts relayed from level to level: every one arrives once at its shard, by few requests and in little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.work import Steps, Work
from dagster_project.corpus.publishing import relaying
from dagster_project.corpus.publishing.gathering import RECEIVED
from dagster_project.corpus.publishing.relaying import Relay, levels_of, relay, relayed
from dagster_project.corpus.publishing.scattering import Sent, send, sizes_of
from dagster_project.corpus.storage.exchange import Address, Exchange, ranges_of, read_rows
from dagster_project.corpus.storage.memory import MemoryStore

TEXT_BYTES = 2000
SENDERS = st.lists(st.integers(0, 12), max_size=6)  # the rows of each


class Watched(MemoryStore):
    """Counts what is asked for, and knows the most that lay in scratch at once."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.most = Counter[str](), 0

    def get_range(self, path: str, start: int, length: int) -> bytes:
        self.calls["get"] += 1
        return super().get_range(path, start, length)

    def put(self, path: str, body: bytes) -> None:
        self.calls["put"] += 1
        super().put(path, body)
        self.most = max(self.most, sum(len(body) for body, _ in self._objects.values()))


def table_of(index: Sequence[int], size: int) -> pa.Table:
    """Rows at these places of the mix, in that order, of so many bytes each, which do not compress."""
    index = sorted(index)
    texts = [np.random.default_rng(number).bytes(size // 2).hex() for number in index]
    ids = [number.to_bytes(16, "big") for number in index]
    columns = [ids, texts, None, None, None, index]
    nothing = [None] * len(index)
    return pa.table([nothing if column is None else column for column in columns], schema=RECEIVED)


def steps_on(store: MemoryStore, told: list[tuple[int, int]] | None = None) -> Steps:
    progress = (lambda done, total: told.append((done, total))) if told is not None else (lambda done, total: None)
    work = Work(store, LocalEngine(1), "published", pa.schema([]), "1", {}, (), progress=progress)
    return Steps(work, 0)


def sent(address: Address, senders: Sequence[Sequence[int]], starts: Any, size: int = 8) -> Iterator[Sent]:
    for number, index in enumerate(senders):
        yield send(address, f"texts-{number}", [table_of(index, size)] if index else [], starts)


@settings(max_examples=60, deadline=None)
@given(SENDERS, st.integers(1, 60), st.integers(2, 7), st.sampled_from([1, 100, 20_000]))
def test_every_row_arrives_once_at_its_shard(senders: list[int], shards: int, fan: int, slice_bytes: int) -> None:
    store, told = Watched(), list[tuple[int, int]]()
    places = np.random.default_rng(shards).permutation(600)
    rows = [part.tolist() for part in np.split(places[: sum(senders)], np.cumsum(senders)[:-1])]
    starts = np.linspace(0, 600, shards, endpoint=False).astype(np.int64)
    with pytest.MonkeyPatch.context() as patch, Exchange(store) as address:
        patch.setattr(relaying, "FAN", fan)
        patch.setattr(relaying, "SLICE_BYTES", slice_bytes)
        levels = levels_of(starts)
        arrived = relayed(steps_on(store, told), address, levels, sent(address, rows, levels.starts[0]))
        for shard, (start, end) in enumerate(zip(starts, [*starts[1:], 600], strict=True)):
            tables = read_rows(store, arrived.ranges(shard))
            found = [number for table in tables for number in table.column("index").to_pylist()]
            assert all((np.diff(table.column("index")) > 0).all() for table in tables)
            assert sorted(found) == sorted(number for index in rows for number in index if start <= number < end)
            assert arrived.sizes_bytes[shard] == sum(int(sizes_of(table).sum()) for table in tables)
        lying = {piece.path for pieces in arrived.pieces.values() for piece in pieces}
        assert lying == {entry.path for entry in store.list("scratch/")}
    assert told[-1][0] == told[-1][1]


@given(st.integers(0, 3000), st.integers(2, 12))
def test_levels_are_as_few_as_there_can_be(shards: int, fan: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relaying, "FAN", fan)
        found = levels_of(np.arange(shards))
    assert found.fan <= fan
    assert fan ** (len(found.starts) - 1) < max(shards, 2)
    assert found.starts[-1].tolist() == list(range(shards))
    for above, below in zip(found.starts, found.starts[1:], strict=False):
        assert above.tolist() == below[:: found.fan].tolist()
    assert len(found.starts[0]) <= found.fan


def test_up_to_so_many_shards_one_level_is_all() -> None:
    assert [len(levels_of(np.arange(shards)).starts) for shards in (0, 1, 512, 513, 512**2, 512**2 + 1)] == [
        *(1, 1, 1, 2, 2, 3)
    ]


def asked(count: int, fan: int) -> tuple[int, int, float]:
    """For `count` shards of as many senders that all have rows for all: the levels, the requests, and the most bytes
    that lay in scratch for each that was sent."""
    store = Watched()
    starts = np.arange(count, dtype=np.int64) * count
    rows = [list(range(sender, count * count, count)) for sender in range(count)]
    with pytest.MonkeyPatch.context() as patch, Exchange(store) as address:
        patch.setattr(relaying, "FAN", fan)
        patch.setattr(relaying, "SLICE_BYTES", TEXT_BYTES * count)  # as much as a sender has
        levels = levels_of(starts)
        scattered = list(sent(address, rows, levels.starts[0], TEXT_BYTES))
        before = store.most
        arrived = relayed(steps_on(store), address, levels, scattered)
        for shard in range(count):
            read_rows(store, arrived.ranges(shard))
    return len(levels.starts), store.calls.total(), store.most / before


def test_requests_grow_with_the_logarithm_of_shards() -> None:
    found = {count: asked(count, fan=4) for count in (16, 32, 64)}
    assert [levels for levels, *_ in found.values()] == [2, 3, 3]
    for count, (levels, requests, most) in found.items():
        assert requests <= 1.5 * levels * count * (4 + 2)  # pieces are not all full
        assert most <= 2.5  # a range of eight rows has a tenth of its bytes for its schema
    assert asked(32, fan=512)[1] == 32 * 32 + 32


def test_no_task_holds_more_than_a_few_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty slices are relayed by one task, from senders of whom some sent all they had to one group."""
    store, slice_bytes = MemoryStore(), 1 << 20
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(relaying, "SLICE_BYTES", slice_bytes)
    with Exchange(store) as address:
        sizes = [slice_bytes // 64 if sender % 3 else slice_bytes // 16 for sender in range(120)]
        pieces = [
            piece
            for sender, size in enumerate(sizes)
            for piece in send(
                address, f"{sender}", [table_of(range(sender, 1920, 120), size)], np.array([0, 1920])
            ).pieces
        ]
        before = pa.total_allocated_bytes()
        packed = Address.send_rows

        def watched(self: Address, name: str, table: pa.Table, *rest: Any, **more: Any) -> Any:
            seen.append((int(sizes_of(table).sum()), pa.total_allocated_bytes() - before))
            return packed(self, name, table, *rest, **more)

        monkeypatch.setattr(Address, "send_rows", watched)
        relay(Relay(address, 1, 0, 0, ranges_of(pieces, 0), np.arange(0, 1920, 100)))
    assert len(seen) > 30
    assert max(size for size, _ in seen) <= slice_bytes
    assert max(held for _, held in seen) <= 2.5 * slice_bytes
