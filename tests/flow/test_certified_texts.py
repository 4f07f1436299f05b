"""A certificate is not clean while the store holds what it says was removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building import taking_down
from dagster_project.corpus.building.certificate_checks import complaints
from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.erasing.cleared import cleared_for
from dagster_project.corpus.keeping.replicas import replicate
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.directory import WRITING, DirectoryStore
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import resolve
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import prose
from tests.flow.test_erasure import holding
from tests.flow.test_reach import ids_of, opened, plain

WEB = Partition("snapshots", "web@dev")
PUBLISHED = Partition("published", "all@1")
MIX = 'name: all\nversion: "1"\nbudget: {documents: 9}\ncomponents: [{name: all, corpus: all}]\nexports: [parquet]\n'


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Library, Entry]:
    texts = {"asked": prose(1), "other": prose(2), "more": prose(3)}
    found = opened(tmp_path, {"web": texts}, {"all": plain("web")}, MIX)
    found.build(PUBLISHED)
    entry = Entry("document", ids_of(found, "web")["asked"])
    add(found.store, [entry])
    return found, entry


def said_of(found: Library, entry: Entry) -> tuple[dict[str, Any], list[str]]:
    told = certificate(found.store, entry.id)
    return told, complaints(found.store, told)


def test_a_request_that_nobody_applied(asked: tuple[Library, Entry]) -> None:
    found, entry = asked
    told, said = said_of(found, entry)
    partitions = ["deduplicated/all@dev", "mixed/all@1", "published/all@1"]
    assert [(item["partition"], item["documents"]) for item in told["still_held"]] == [(name, 1) for name in partitions]
    assert [sentence.partition("#")[0] for sentence in said] == partitions
    assert all(sentence.endswith("holds 1 of the removed documents: apply the takedown") for sentence in said)
    take_down(found)
    late = "versions that held removed documents when it was written do so no more: make it again"
    assert late in complaints(found.store, told)
    told, said = said_of(found, entry)
    assert (told["still_held"], told["erased"], said) == ([], False, [])


@pytest.mark.parametrize("where", ["withdraw", "sweep"])
def test_an_erasure_that_was_stopped(asked: tuple[Library, Entry], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, entry = asked

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(taking_down, where, stopped)
        with pytest.raises(KeyboardInterrupt):
            take_down(found, erase=True)
    told, said = said_of(found, entry)
    assert (told["erased"], len(told["texts_left"])) == (False, 1)
    assert said[0].startswith("its erasure was begun, and did not come to its end in this store")
    assert said[1].endswith("has the text of 1: apply the takedown again with --erase")
    assert said_of(found, entry)[1][2:] == []
    take_down(found, erase=True)
    told, said = said_of(found, entry)
    assert (told["erased"], told["texts_left"], said) == (True, [], [])


def test_a_replica_says_nothing_of_its_own_objects(asked: tuple[Library, Entry]) -> None:
    found, entry = asked
    take_down(found, erase=True)
    there = MemoryStore("there")
    replicate(found.store, there, WEB, resolve(found.store, WEB))
    told = certificate(there, entry.id)
    assert (told["erased"], len(told["removed"])) == (False, 1)
    assert "did not come to its end in this store" in complaints(there, told)[0]
    assert cleared_for(there, entry.id) is None


def test_what_a_build_that_raced_wrote_after_the_sweep(asked: tuple[Library, Entry]) -> None:
    """A shard that nothing names, as of a version that was made and not published."""
    found, entry = asked
    (shard, *_) = found.planner.newest(WEB).files
    table = read_shard(found.store, shard)
    take_down(found, erase=True)
    told, said = said_of(found, entry)
    assert (told["erased"], said) == (True, [])
    write_shard(found.store, table.slice(0, 0), access="public")
    assert complaints(found.store, told) == []
    late = write_shard(found.store, table.take([2, 1, 0]), access="public")
    (sentence,) = complaints(found.store, told)
    assert sentence.startswith(f"1 objects that no version names may hold the text, such as {late.path}")
    take_down(found, erase=True)
    assert (holding(found.store, prose(1)), said_of(found, entry)[1]) == ([], [])


def test_the_record_of_a_sweep_is_sealed(asked: tuple[Library, Entry]) -> None:
    found, entry = asked
    take_down(found, erase=True)
    (record,) = found.store.list("cleared/")
    body = found.store.get(record.path)
    found.store.put(record.path, body.replace(entry.id.encode(), b"ab" * 16))
    with pytest.raises(IntegrityError, match="is not what was written"):
        cleared_for(found.store, entry.id)


def test_what_a_certificate_says_of_the_request_is_what_the_register_has(asked: tuple[Library, Entry]) -> None:
    found, entry = asked
    take_down(found, erase=True)
    told, said = said_of(found, entry)
    assert said == []
    for name, value in (("scope", "family"), ("kind", "record"), ("value", "ab" * 16), ("entry", entry.id[:8])):
        other = complaints(found.store, {**told, "request": {**told["request"], name: value}})
        assert other[0] == f"the register has another request under {entry.id[:12]}: a document, of scope document"
    assert "1 documents more were erased for it than the certificate names: make it again" in complaints(
        found.store, {**told, "removed": []}
    )


def test_pieces_of_killed_runs_are_told(asked: tuple[Library, Entry], tmp_path: Path) -> None:
    """They may hold the text, and the hour after which they go was not over."""
    found, entry = asked
    store = DirectoryStore(tmp_path / "store")
    for item in found.store.list(""):
        store.put(item.path, found.store.get(item.path))
    piece = store.root / WRITING / "piece"
    piece.write_text(prose(1))
    here = Library(store, found.recipes, found.engine, found.auditor)
    assert take_down(here, erase=True).swept[2:] == (0, 1)  # type: ignore[index]
    told, said = said_of(here, entry)
    assert told["out_of_reach"]["runs_under_way"] == 1
    assert [sentence.partition(" may")[0] for sentence in said] == ["1 pieces that runs began before its erasure ended"]
    os.utime(piece, (1, 1))
    assert take_down(here, erase=True).swept[2:] == (1, 0)  # type: ignore[index]
    assert said_of(here, entry)[1] == []
