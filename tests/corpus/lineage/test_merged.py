"""Joined indexes: whatever is joined, loose, stale or gone, the answer is that of every version's own rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.corpus.lineage import merged, pointers
from dagster_project.corpus.lineage.index import path_of
from dagster_project.corpus.lineage.indexing import AUTHORITY
from dagster_project.corpus.model.urls import canonical_url, host_of
from dagster_project.corpus.storage.memory import MemoryStore

STAGE, COLUMN = "snapshots", "host"
ID = "{:064x}".format
Pairs = list[tuple[int, int]]  # key and row of one version


def written(versions: dict[str, Pairs]) -> MemoryStore:
    store = MemoryStore()
    for version, pairs in versions.items():
        add(store, version, pairs)
    return store


def add(store: MemoryStore, version: str, pairs: Pairs) -> None:
    keys, rows = (np.array([pair[at] for pair in sorted(pairs)], np.int64) for at in (0, 1))
    store.put(path_of(version, COLUMN), pointers.file_of([pointers.rows_of(keys.astype(np.uint64), 0, rows)]))


def asked(store: MemoryStore, keys: set[int], wanted: list[str]) -> dict[str, Pairs]:
    found, _ = merged.look_up(store, STAGE, COLUMN, np.array(sorted(keys), np.uint64), wanted)
    return {
        version: sorted(zip(table.column("key").to_pylist(), table.column("row").to_pylist(), strict=True))
        for version, table in found.items()
    }


def scanned(versions: dict[str, Pairs], keys: set[int], wanted: list[str]) -> dict[str, Pairs]:
    held = {version: sorted(pair for pair in versions[version] if pair[0] in keys) for version in wanted}
    return {version: pairs for version, pairs in held.items() if pairs}


PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 50)), max_size=12, unique=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=6), st.sets(st.integers(0, 7), min_size=1), st.data())
def test_an_answer_never_depends_on_what_is_joined(
    given_pairs: list[Pairs], keys: set[int], data: st.DataObject
) -> None:
    versions = {ID(number): pairs for number, pairs in enumerate(given_pairs)}
    store = written(versions)
    names = sorted(versions)
    for _ in range(3):
        merged.merge(store, STAGE, COLUMN, data.draw(st.lists(st.sampled_from(names), unique=True)))
        wanted = data.draw(st.lists(st.sampled_from(names), unique=True))
        assert asked(store, keys, wanted) == scanned(versions, keys, wanted)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged, "PART_ROWS", 3)
    monkeypatch.setattr(pointers, "GROUP_ROWS", 2)


@pytest.mark.usefixtures("small_parts")
def test_a_key_may_go_on_through_several_parts() -> None:
    versions = {ID(number): [(5, row) for row in range(8)] + [(2, 1), (9, 1)] for number in range(3)}
    store = written(versions)
    made = merged.merge(store, STAGE, COLUMN, list(versions))
    assert made is not None
    (segment,) = merged.segments(store, STAGE, COLUMN)
    assert len(segment.parts) == 10
    for keys in ({5}, {2, 9}, {4}, {2, 5, 9}):
        assert asked(store, keys, sorted(versions)) == scanned(versions, keys, sorted(versions))
    assert segment.parts_of(np.array([2], np.uint64)) == [segment.parts[0][1].path]


def test_a_rebuild_has_the_same_bytes_and_leaves_nothing_else() -> None:
    versions = {ID(number): [(number % 3, row) for row in range(number + 1)] for number in range(5)}
    stores = [written(versions), written(versions)]
    merged.merge(stores[0], STAGE, COLUMN, sorted(versions)[:2])
    merged.merge(stores[0], STAGE, COLUMN, sorted(versions))
    for store in stores:
        merged.merge(store, STAGE, COLUMN, sorted(versions), anew=True)
    one, other = ({entry.path: store.get(entry.path) for entry in store.list(merged.PREFIX)} for store in stores)
    assert one == other
    assert len(merged.segments(stores[0], STAGE, COLUMN)) == 1


def test_segments_of_like_size_are_joined_and_much_larger_ones_stay() -> None:
    store = MemoryStore()
    many = [(number * 0x9E3779B97F4A7C15 % (1 << 62), number % 7) for number in range(60_000)]
    add(store, ID(0), many)
    merged.merge(store, STAGE, COLUMN, [ID(0)])
    for number in range(1, 9):
        add(store, ID(number), [(number, 1)])
        merged.merge(store, STAGE, COLUMN, [ID(number)])
    held = merged.segments(store, STAGE, COLUMN)
    assert held[0].versions == (ID(0),)
    assert len(held) <= 5


def test_an_unfinished_segment_is_none() -> None:
    versions = {ID(1): [(1, 1)]}
    store = written(versions)
    merged.merge(store, STAGE, COLUMN, list(versions))
    store.delete([entry.path for entry in store.list(merged.PREFIX) if entry.path.endswith("/versions")])
    assert merged.segments(store, STAGE, COLUMN) == []
    assert asked(store, {1}, [ID(1)]) == versions


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"(?i)(https?|ftp|x)://[^/?#]{0,12}([/?#].{0,8})?", fullmatch=True))
def test_the_site_of_an_address_decides_its_host(text: str) -> None:
    url = canonical_url(text)
    found = pa.compute.extract_regex(pa.array([url]), AUTHORITY)[0].as_py()
    assert host_of(found["site"] if found else url) == host_of(url)
