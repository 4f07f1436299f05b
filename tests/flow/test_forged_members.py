"""Verification of members, passages and weights: what a mix says of its documents, forged so that all hashes and counts
agree, is found by what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dagster_project.corpus.engine.work import add_profile
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.verification.rows import tally
from tests.flow.forging import forge, found, newest, publish, verified
from tests.flow.test_passages import MIX, PASSAGES, corpus
from tests.flow.test_replays import BASE, prepared
from tests.flow.test_weights import WEIGHTS
from tests.flow.test_weights import built as weighed

GROWN = Partition("mixed", "grown@1")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    store = MemoryStore()
    prepared(store, tmp_path_factory.mktemp("replayed")).build(GROWN)
    return store


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = corpus(tmp_path_factory.mktemp("cut"), "passages: {length: 120, cut: true, cut_lines: 3}\n")
    made.build(MIX)
    return made.store


def copied(store: Any) -> MemoryStore:
    made = MemoryStore()
    made._objects |= store._objects
    return made


def forged(store: Any, partition: Partition, change: Callable[[Rows], Any], sample: int | None = 0) -> list[str]:
    """What is found of a version after some rows were changed, and everything was made to agree with them."""
    store = copied(store)
    rows = read_shard(store, newest(store, partition).files[0])
    changed = rows.to_pylist()
    change(changed)
    counted: dict[str, Any] = {}
    add_profile(counted, tally(partition.stage, type(rows).from_pylist(changed, rows.schema), ""))
    known = newest(store, partition).profile
    profile = {name: value for name, value in counted.items() if name in known}
    forge(store, partition, change, profile=profile)
    return found(verified(store, partition, sample=sample))


def of(name: str, /, **values: Any) -> Callable[[Rows], None]:
    """Changes the first member of a component."""
    return lambda rows: next(row for row in rows if row["component"] == name).update(values)


def _swapped(rows: Rows) -> None:
    rows[0]["index"], rows[5]["index"] = rows[5]["index"], rows[0]["index"]
    rows[0], rows[5] = rows[5], rows[0]


def _twice(rows: Rows) -> None:
    one, other = [row for row in rows if row["component"] == "fresh"][:2]
    one.update({name: value for name, value in other.items() if name != "index"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of("fresh", component="replay"), "should be a member of the mix that is replayed and is none"),
        (of("replay", component="fresh"), "should be a survivor of its corpus and is none"),
        (of("fresh", component="nothing"), "should be one of fresh, replay and is nothing"),
        (of("fresh", phase="nothing"), "should be one of main and is nothing"),
        (of("fresh", source="old@dev"), "should be new@dev and is old@dev"),
        (of("fresh", license_offered="MIT AND X11"), "the license of member"),
        (of("fresh", license_class="unknown"), "should be one that the policy of the mix lets in"),
        (of("replay", license_kind="page.meta"), "license_kind of member"),
        (of("replay", language="xx"), "language of member"),
        (of("replay", words=7), "words of member"),
        (of("fresh", family=5), "family of member"),
        (of("fresh", parent=5), "parent of member"),
        (of("fresh", cut=3), "should be whole, for the mix is not exact and is cut at 3"),
        (of("fresh", control=0), "the control of member"),
        (of("fresh", copy=7), "should be numbered from 0 and is otherwise"),
        (of("fresh", edits=""), "the edits of member"),
        (of("replay", edits="0" * 64), "the edits of member"),
        (of("fresh", index=5000), "the places of its members should be ascending by 1"),
        (_twice, "the copies of member"),
        (_swapped, "the order of its phase main should be shuffled by its seed"),
    ],
)
def test_a_member_says_what_the_tables_below_it_do(
    replayed: MemoryStore, change: Callable[[Rows], Any], said: str
) -> None:
    told = forged(replayed, GROWN, change)
    assert any(said in sentence for sentence in told), told


def test_what_stands_on_these_is_whole(replayed: MemoryStore, cut: Store) -> None:
    for store, partition in ((replayed, GROWN), (replayed, BASE), (cut, MIX)):
        assert found(verified(store, partition)) == []


def test_a_replayed_document_that_the_earlier_mix_does_not_have(replayed: MemoryStore) -> None:
    base = {row["doc_id"] for file in newest(replayed, BASE).files for row in read_shard(replayed, file).to_pylist()}
    survivors = read_shard(replayed, newest(replayed, Partition("deduplicated", "old@dev")).files[0]).to_pylist()
    at, other = next((at, row) for at, row in enumerate(survivors) if row["doc_id"] not in base)
    told = forged(replayed, GROWN, of("replay", doc_id=other["doc_id"], row=at))
    assert any("a member of the mix that is replayed" in sentence for sentence in told)


def _first_cut(rows: Rows) -> dict[str, Any]:
    return next(row for row in rows if row["cut_bytes"])


@pytest.mark.parametrize(
    "change",
    [{"words": 3}, {"edits": []}, {"cut_bytes": 1}, {"edits": [{"start": 0, "end": 50, "text": ""}]}],
)
def test_what_passages_cut_is_made_again(cut: Store, change: dict[str, Any]) -> None:
    told = forged(cut, PASSAGES, lambda rows: _first_cut(rows).update(change), None)
    assert any("cut_bytes in row" in sentence or "words in row" in sentence for sentence in told), told
    members = Partition("mixed", "notes@dev")
    assert any("the edits of member" in item for item in forged(cut, members, lambda rows: rows[0].update(edits="")))


def test_weights_and_their_segments_are_made_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = weighed(MemoryStore(), tmp_path_factory.mktemp("weighed"), 1, 1).store
    assert found(verified(store, WEIGHTS)) == []
    for change in ({"weight": 999}, {"segment": 5}, {"commonness": -1}, {"weight": None, "segment": None}):

        def common(rows: Rows, change: dict[str, Any] = change) -> None:
            next(row for row in rows if row["weight"] and row["segment"] != 5).update(change)

        told = forged(store, WEIGHTS, common, None)
        assert any(f"{name} in row" in sentence for sentence in told for name in change), (change, told)
    manifest = newest(store, WEIGHTS)
    publish(store, WEIGHTS, replace(manifest, facts={**manifest.facts, "segments": manifest.facts["segments"][1:]}))
    told = found(verified(store, WEIGHTS))
    assert any("its segments should be those of its survivors" in sentence for sentence in told)
