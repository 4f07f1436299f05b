"""Near copies: every pair that shares a band, however many do, and by whatever of equal texts is still known."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.model.recipes import FingerprintRecipe
from dagster_project.corpus.reaching import near
from dagster_project.corpus.reaching.marks import MARK
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard

MOST = 4


@settings(deadline=None)
@given(st.lists(st.integers(0, 9)))
def test_portions_hold_every_place_once_and_no_more_than_may_come_at_once(counts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(near, "COMPARED", MOST)
        portions = [some.tolist() for some in near._portions(np.array(counts, np.int64))]
    assert [place for some in portions for place in some] == [at for at, count in enumerate(counts) if count]
    sums = [sum(counts[place] for place in some) for some in portions]
    assert all(total <= MOST or len(some) == 1 for total, some in zip(sums, portions, strict=True))
    assert all(one + counts[other[0]] > MOST for one, other in zip(sums, portions[1:], strict=False))


KEYS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=30)


@settings(deadline=None)
@given(KEYS, st.lists(KEYS, max_size=3))
def test_pairs_are_all_that_share_a_key(asked: list[tuple[int, int]], shards: list[list[tuple[int, int]]]) -> None:
    """(key, text) of what is looked for; (key, row) of every shard of the layer."""

    def by_prints(*_: Any) -> Iterator[tuple[Any, Any]]:
        for shard, told in enumerate(shards):
            rows = np.array([row for _, row in told], np.int64)
            yield np.stack([np.full(len(rows), shard), rows], axis=1), np.array([key for key, _ in told], np.uint64)

    keys, numbers = (np.array([item[n] for item in asked], kind) for n, kind in ((0, np.uint64), (1, np.int64)))
    layer: Any = SimpleNamespace(identity=SimpleNamespace(recipe={"over": "kept"}))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(near, "_by_prints", by_prints)
        patched.setattr(near, "COMPARED", MOST)
        found = list(near._sharing(SimpleNamespace(), layer, FingerprintRecipe(), keys, numbers))  # type: ignore[arg-type]
    assert {tuple(pair) for pairs in found for pair in pairs.tolist()} == {
        (shard, row, text)
        for shard, told in enumerate(shards)
        for key, row in told
        for other, text in asked
        if key == other
    }
    assert all(len(pairs) <= max(MOST, len(asked)) for pairs in found)


def test_a_text_is_known_by_fingerprints_by_itself_or_no_more() -> None:
    store = MemoryStore()
    files = [write_shard(store, pa.table({"text": texts}), access="public") for texts in (["", "words"], ["", "more"])]
    asked = list[int]()

    def printed(shard: int, part: str) -> object:
        asked.append(shard)
        return files[1] if shard == 1 else None

    held: Any = SimpleNamespace(store=store, files=files, printed=printed)
    marks = np.array([(0, 0, 7), (0, 1, 7), (1, 0, 7)], MARK)
    told: dict[int, Any] = {}
    assert near._ranks(held, marks, FingerprintRecipe(), told).tolist() == [near.NOWHERE, near.WRITTEN, near.PRINTED]
    assert asked == [0, 1]
    assert told.keys() == {0}
