"""The register: nothing is lost of it, whoever writes at once, and nothing is struck from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dagster_project.corpus.model.canonical import canonical
from dagster_project.corpus.model.errors import IntegrityError, Refused
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add, decide, last_number, read_register


def test_a_store_begins_without_any() -> None:
    assert (read_register(MemoryStore()).entries, last_number(MemoryStore())) == ((), 0)


def test_writers_at_once_lose_nothing() -> None:
    store = MemoryStore()
    asked = [Entry("host", f"h{number}.example.org") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda entry: add(store, [entry]), asked))
    assert {entry.id for entry in read_register(store).entries} == {entry.id for entry in asked}
    assert last_number(store) == len(asked)


def test_the_same_request_again_keeps_its_place_and_changes_its_record() -> None:
    store = MemoryStore()
    add(store, [Entry("host", "a.org"), Entry("host", "b.org")])
    register = add(store, [Entry("host", "a.org", requester="T-7")])
    assert [(entry.value, entry.requester) for entry in register.entries] == [("a.org", "T-7"), ("b.org", "")]
    assert add(store, [Entry("host", "a.org", requester="T-7")]).number == register.number


def test_decisions_change_and_entries_stay() -> None:
    store = MemoryStore()
    entry = add(store, [Entry("host", "a.org", decision="pending")]).entries[0]
    assert read_register(store).removing == ()
    assert decide(store, entry.id[:8], "remove", "J. Doe").removing[0].decided_by == "J. Doe"
    assert decide(store, entry.id, "refuse", reason="mistaken").removing == ()
    assert len(read_register(store).entries) == 1


@pytest.mark.parametrize("digits", ["abc", "f" * 32, "../../etc"])
def test_an_entry_that_is_not_there_is_refused(digits: str) -> None:
    store = MemoryStore()
    add(store, [Entry("host", "a.org")])
    with pytest.raises(Refused, match="takedown list"):
        decide(store, digits, "refuse")


def test_a_register_of_another_release_is_not_guessed_at() -> None:
    store = MemoryStore()
    store.put_once("takedowns/00000001.json", canonical({"format": 99, "number": 1, "entries": []}))
    with pytest.raises(IntegrityError, match="upgrade"):
        read_register(store)
