"""A version in another store: the same ids, verified there, and takedowns that follow it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple
from unittest.mock import Mock

import pytest

from dagster_project.corpus.building import taking_down
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.keeping.replicas import replicate
from dagster_project.corpus.keeping.sweeping import collect
from dagster_project.corpus.model.canonical import sealed
from dagster_project.corpus.model.errors import IntegrityError, Refused, StoreError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits.portrait import PREFIX as PORTRAITS
from dagster_project.corpus.statements.statements import Statement, make_statement, statements_of
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.storage.sweeps import begin_sweep, end_sweep
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add, decide, read_register
from tests.corpora import documents, library, write_jsonl, write_recipes
from tests.corpus.keeping.aging import copied, paths
from tests.flow.forging import verified
from tests.flow.test_erased import documents as documents_of
from tests.flow.test_erasure import ENTRIES, TEXT, TITLE, build, holding
from tests.flow.test_mixes import PUBLISHED as RICH
from tests.flow.test_takedowns import OTHER, PUBLISHED

RECORDS = ("manifests/", "builds/", "data/")


def sent(source: Store, target: Store, partition: Partition = RICH, version: str = ""):
    return replicate(source, target, partition, version or refs.resolve(source, partition))


def test_a_mix_goes_to_a_directory_and_from_there_to_a_server(
    rich: MemoryStore, directory_store: DirectoryStore, s3_store: S3Store
) -> None:
    first = sent(rich, directory_store)
    second = sent(directory_store, s3_store)
    assert (first.id, first.copied, first.copied_bytes) == (second.id, second.copied, second.copied_bytes)
    assert first.copied == first.objects > 10
    assert first.versions == first.publications == second.publications
    for store in (directory_store, s3_store):
        assert refs.resolve(store, RICH) == refs.resolve(rich, RICH)
        assert verified(store, RICH).problems == []
        assert check(store).problems == []
        shared = {path for path in paths(store) if path.startswith(RECORDS)}
        assert shared < paths(rich)
        assert all(store.get(path) == rich.get(path) for path in shared)
        assert collect(store, grace_seconds=0).unreachable == 0  # nothing was copied that nothing needs


def test_to_repeat_it_copies_nothing(rich: MemoryStore) -> None:
    target = MemoryStore("there")
    first = sent(rich, target)
    held = {path: target.get(path) for path in paths(target)}
    again = sent(rich, target)
    assert (again.copied, again.copied_bytes, again.publications, again.statements) == (0, 0, 0, 0)
    assert (again.objects, again.bytes) == (first.objects, first.bytes)
    assert {path: target.get(path) for path in paths(target)} == held


class Breaking(MemoryStore):
    """A store that fails at the n-th object of data."""

    left = 5

    def put_blocks_once(self, path, size, blocks):
        self.left -= 1
        if self.left < 0:
            raise StoreError("the line broke")
        return super().put_blocks_once(path, size, blocks)


def test_one_that_was_stopped_shows_nothing_and_goes_on(rich: MemoryStore) -> None:
    target = Breaking("there")
    with pytest.raises(StoreError, match="the line broke"):
        sent(rich, target)
    there = paths(target)
    assert {path.partition("/")[0] for path in there} == {"data"}
    target.left = 10**6
    assert sent(rich, target).copied == len({path for path in paths(target) if path.startswith("data/")} - there)
    assert verified(target, RICH).problems == []


class Swept(MemoryStore):
    """A store in which a sweep takes an object that nothing names yet, while others are copied there."""

    taken = ""

    def put_once(self, path, body):
        if path.startswith("manifests/") and not self.taken:
            self.taken = next(entry.path for entry in self.list("data/"))
            begun = begin_sweep(self, {})
            self.delete([self.taken])
            end_sweep(self, begun)
        return super().put_once(path, body)


def test_what_a_sweep_takes_meanwhile_is_copied_again(rich: MemoryStore) -> None:
    target = Swept("there")
    report = sent(rich, target)
    assert report.copied == report.objects + 1
    assert target.size(target.taken) == rich.size(target.taken)
    assert verified(target, RICH).problems == []


def test_altered_objects_are_not_copied(rich: MemoryStore) -> None:
    source, target = copied(rich), MemoryStore("there")
    path = refs.load_manifest(rich, refs.resolve(rich, RICH)).files[0].path
    source.put(path, bytes(len(source.get(path))))
    with pytest.raises(IntegrityError, match=f"{path} in .* was altered, so it is not copied"):
        sent(source, target)
    assert target.size(path) is None
    target.put(path, b"other")
    with pytest.raises(IntegrityError, match=f"has 5 bytes at {path}"):
        sent(rich, target)


def test_damaged_records_are_refused(rich: MemoryStore) -> None:
    source = copied(rich)
    below = refs.load_manifest(rich, refs.resolve(rich, RICH)).inputs[0].id
    source.delete([f"manifests/{below}.json"])
    with pytest.raises(Refused, match="mend that first"):
        sent(source, target := MemoryStore("there"))
    assert paths(target) == set()


def published(store: Store, partition: Partition, id: str, at: float) -> None:
    """Publish a version at a time."""
    known = refs.history(store, partition)
    of = next((ref for ref in known if ref.id == id), known[-1])
    made = replace(of, number=known[-1].number + 1, id=id, published=at)
    store.put_once(f"refs/{partition}/{made.number:08d}.json", sealed(asdict(made)))


def test_an_older_version_that_comes_later_is_not_the_newest(tmp_path: Path) -> None:
    source, target, mix = MemoryStore("here"), MemoryStore("there"), Partition("mixed", "notes@dev")
    versions = []
    for count in (20, 30):
        recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "notes.jsonl", documents(count))))
        versions.append(library(source, recipes).build(mix).manifest.id)
    sent(source, target, mix, versions[1])
    sent(source, target, mix, versions[0])
    assert [ref.id for ref in refs.history(target, mix)] == [versions[1], versions[0], versions[1]]
    assert refs.resolve(target, mix) == versions[1]
    assert sent(source, target, mix, versions[0]).publications == 0
    for version in versions:
        assert verified(target, mix, version).problems == []
    published(source, mix, versions[0], refs.history(source, mix)[-1].published + 1)  # the first stands again
    sent(source, target, mix)
    assert refs.resolve(target, mix) == versions[0]


def test_a_name_that_means_something_else_there_is_refused(rich: MemoryStore, tmp_path: Path) -> None:
    source, target = copied(rich), copied(rich)
    target.location = "memory://there"
    partition = next(item for item in refs.published(rich) if not item.is_moving)
    published(target, partition, "ab" * 32, 1.0)
    with pytest.raises(Refused, match=rf"memory://there has {partition}#abababababab, which was never published here"):
        sent(source, target)


def test_statements_go_along_once(rich: MemoryStore) -> None:
    source, target, version = copied(rich), MemoryStore("there"), refs.resolve(rich, RICH)
    for kind in ("attested", "held"):
        make_statement(source, Statement(kind, version, str(RICH), "read", "J. Doe", date="2026-01-02"))
    assert [sent(source, target).statements for _ in range(2)] == [2, 0]
    assert statements_of(target, version) == statements_of(source, version)


def test_what_is_said_again_goes_along_again(rich: MemoryStore) -> None:
    """On one day, in the same words, after its contrary."""
    source, target, version = copied(rich), MemoryStore("there"), refs.resolve(rich, RICH)
    for kinds, new in ((("held", "released"), 2), (("held",), 1), (("released", "held"), 2), ((), 0)):
        for kind in kinds:
            make_statement(source, Statement(kind, version, str(RICH), "read", "J. Doe", date="2026-01-02"))
        assert sent(source, target).statements == new
        assert statements_of(target, version) == statements_of(source, version)


class Erased(NamedTuple):
    """A store and a replica of it from before texts were erased here, and recipes."""

    source: MemoryStore
    target: MemoryStore
    library: Library

    def of(self, store: MemoryStore) -> Library:
        return Library(store, self.library.recipes, self.library.engine, self.library.auditor)


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    source, target = MemoryStore("here"), MemoryStore("there")
    found: Library = build(tmp_path_factory.mktemp("erased"), source)
    sent(source, target, PUBLISHED)
    target.put(f"{PORTRAITS}{refs.resolve(target, PUBLISHED)}/header.json", b"{}")
    assert holding(target, TEXT, TITLE)
    add(source, ENTRIES)
    take_down(found, erase=True)
    return Erased(source, target, found)


def test_an_erasure_is_carried_over(erased: Erased) -> None:
    source, target = erased[0], copied(erased[1])
    target.location = "memory://there"
    old = refs.resolve(target, PUBLISHED)
    report = sent(source, target, PUBLISHED)
    assert report.requests == len(ENTRIES)
    assert report.erased > 0
    assert holding(target, TEXT, TITLE) == []
    assert [*target.list(PORTRAITS)] == []
    assert refs.resolve(target, PUBLISHED) == refs.resolve(source, PUBLISHED) != old
    assert read_register(target).entries == read_register(source).entries
    for version in (old, refs.resolve(target, PUBLISHED)):
        assert verified(target, PUBLISHED, version).problems == []
    assert check(target).problems == []
    again = sent(source, target, PUBLISHED)
    assert (again.requests, again.erased, again.copied, again.publications) == (0, 0, 0, 0)


def test_what_was_erased_here_never_goes_there(erased: Erased) -> None:
    source, target = erased[0], MemoryStore("empty")
    for version in {ref.id for ref in refs.history(source, PUBLISHED)}:
        sent(source, target, PUBLISHED, version)
        assert verified(target, PUBLISHED, version).problems == []
    assert holding(target, TEXT, TITLE) == []
    assert check(target).problems == []


def test_what_was_erased_there_does_not_come_back(erased: Erased) -> None:
    """From a replica of before the erasure."""
    target, stale = copied(erased[0]), copied(erased[1])
    target.location = "memory://erased"
    before = {path: target.get(path) for path in paths(target) if path.startswith(RECORDS)}
    assert sent(stale, target, Partition("snapshots", "web@1")).copied == 0
    assert holding(target, TEXT, TITLE) == []
    assert {path: target.get(path) for path in paths(target) if path.startswith(RECORDS)} == before
    assert check(target).problems == []


def test_stores_that_erased_separately_replicate_to_each_other(erased: Erased) -> None:
    """In one step here, in two steps there: the same rows are blank, by other records."""
    stores = [copied(erased.target), copied(erased.target)]
    for store, steps in zip(stores, ([ENTRIES], [[item] for item in ENTRIES]), strict=True):
        store.location = f"memory://{len(steps)}"
        for step in steps:
            add(store, step)
            take_down(erased.of(store), erase=True)
    records = [{path: store.get(path) for path in paths(store) if path.startswith("replacements/")} for store in stores]
    assert records[0] != records[1]
    for source, target in (stores, stores[::-1]):
        report = sent(source, target, PUBLISHED)
        assert (report.requests, report.erased, holding(target, TEXT, TITLE)) == (0, 0, [])
        assert verified(target, PUBLISHED).problems == []
        assert check(target).problems == []


def test_a_store_where_less_was_erased_is_told(erased: Erased) -> None:
    less = copied(erased.target)
    less.location = "memory://less"
    rows = documents_of(erased.of(less), "web@1")
    other = next(row["doc_id"].hex() for row in rows if TEXT not in row["text"])
    add(less, [Entry("document", other)])
    take_down(erased.of(less), erase=True)
    with pytest.raises(Refused, match=r"less was erased from data/.* in memory://less than here: apply the same"):
        sent(erased.source, less, PUBLISHED)
    take_down(erased.of(less), erase=True)  # the requests were carried
    assert holding(less, TEXT, TITLE) == []
    with pytest.raises(
        Refused, match="snapshots/web@1 has 1 documents that were erased in memory://less, for takedown"
    ):
        sent(erased.source, less, PUBLISHED)


def test_an_erasure_that_was_only_begun_brings_no_text(erased: Erased, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, target = copied(erased.target), MemoryStore("new")
    add(begun, ENTRIES)
    monkeypatch.setattr(taking_down, "sweep", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        take_down(erased.of(begun), erase=True)
    monkeypatch.undo()
    with pytest.raises(Refused, match=r"documents that were erased in .*, and whose text stands here: take them down"):
        sent(begun, target, PUBLISHED)
    assert holding(target, TEXT, TITLE) == []
    take_down(erased.of(begun), erase=True)
    sent(begun, target, PUBLISHED)
    assert holding(target, TEXT, TITLE) == check(target).problems == []


def test_what_only_a_stale_store_has_is_refused_where_texts_were_erased(erased: Erased) -> None:
    stale, target = copied(erased.target), MemoryStore("clean")
    for version in refs.published_versions(erased.source, PUBLISHED):
        sent(erased.source, target, PUBLISHED, version)
    erased.of(stale).build(OTHER)
    before = paths(target)
    with pytest.raises(
        Refused, match=r"@1 has [12] documents that were erased in memory://clean, for takedown [0-9a-f]"
    ):
        sent(stale, target, OTHER)
    assert paths(target) == before
    assert holding(target, TEXT, TITLE) == []
    sent(target, stale, PUBLISHED)
    sent(stale, target, OTHER)
    assert holding(stale, TEXT, TITLE) == holding(target, TEXT, TITLE) == []


def test_a_request_that_removes_there_goes_on_to(rich: MemoryStore) -> None:
    source, target, entry = copied(rich), MemoryStore("there"), Entry("host", "example.org")
    add(target, [entry])
    add(source, [entry])
    decide(source, entry.id, "refuse")
    assert sent(source, target).requests == 0
    assert [item.decision for item in read_register(target).entries] == ["remove"]
