"""Series of sealed records: what was altered, moved, or never written by us."""

from __future__ import annotations

import pytest

from dagster_project.corpus.model.canonical import sealed
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.storage import records
from dagster_project.corpus.storage.memory import MemoryStore

PREFIX = "sweeps/"
DEEP = b"[" * 900 + b"]" * 900


@pytest.fixture
def store() -> MemoryStore:
    found = MemoryStore()
    records.append(found, PREFIX, lambda _: {"name": "first"})
    records.append(found, PREFIX, lambda _: {"name": "second"})
    return found


def names(store: MemoryStore) -> list[str]:
    return [record["name"] for _, record in records.series(store, PREFIX)]


@pytest.mark.parametrize("said", [b"NaN", b"1e999", b'"\\ud800"', DEEP])
def test_what_nobody_writes_was_altered(store: MemoryStore, said: bytes) -> None:
    """JSON reads it, and canonical JSON has no spelling of it."""
    store.put("sweeps/00000002.json", b'{"checksum":"x","number":2,"name":' + said + b"}")
    with pytest.raises(IntegrityError, match=r"sweeps/00000002.json is not what was written: it was altered"):
        records.last_record(store, PREFIX)


def test_a_record_of_another_place_was_altered(store: MemoryStore) -> None:
    store.put("sweeps/00000002.json", store.get("sweeps/00000001.json"))
    for read in (names, lambda store: records.last_record(store, PREFIX)):
        with pytest.raises(IntegrityError, match=r"sweeps/00000002.json was written as another of its series"):
            read(store)


@pytest.mark.parametrize("name", ["notes.txt", "00000002.json.bak", "zz/00000009.json", "9.json"])
def test_what_is_none_of_a_series_is_left_alone(store: MemoryStore, name: str) -> None:
    store.put(PREFIX + name, sealed({"number": 9, "name": "another"}))
    assert (names(store), records.last_number(store, PREFIX)) == (["first", "second"], 2)
    assert records.append(store, PREFIX, lambda _: {"name": "third"}) == "sweeps/00000003.json"
    assert names(store) == ["first", "second", "third"]
