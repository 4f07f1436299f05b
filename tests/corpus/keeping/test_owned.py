"""Files of exports that another export writes again, after they were erased: they are that one's."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dagster_project.corpus.building.certificate_checks import complaints
from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.keeping.replicas import replicate
from dagster_project.corpus.keeping.sweeping import collect
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.model.errors import Erased
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import all_replacements
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write
from tests.corpus.keeping.aging import age, copied, paths
from tests.flow.forging import verified
from tests.flow.test_erased import documents

SOURCE = """
name: {name}
version: "1"
format: jsonl
location: {folder}/{name}/*.jsonl
license: MIT
license_evidence: signed off by the tests
columns: {{key: id, license: license}}
"""
CORPUS = "name: {name}\nmax_removed: 1.0\nmembers: [{{source: {name}, policy: plain}}]\n"
MIX = """
name: {name}
budget: {{documents: 2}}
components: [{{name: all, corpus: {name}, share: 1.0}}]
exports: [numpy, megatron]
tokenizer: bpe@1
shard_words: 1
"""
BPE = """
name: bpe
version: "1"
kind: tokenizer
positives: [{partition: snapshots/tok@1}]
tokenizer: {vocabulary: 320}
"""
WEB, LATE = Partition("published", "web@dev"), Partition("published", "late@dev")


class Stood(NamedTuple):
    store: MemoryStore
    recipes: Library
    entry: Entry
    again: set[str]  # paths of files that were erased with `web`, and that `late` has

    def copy(self) -> Stood:
        store = copied(self.store, days=30)
        found = Library(store, self.recipes.recipes, self.recipes.engine, self.recipes.auditor)
        return Stood(store, found, self.entry, self.again)


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Stood:
    """A text was erased from `web`; then `late` was built, which has it in a document of its own."""
    folder = tmp_path_factory.mktemp("owned")
    for name, numbers in (("tok", range(50, 60)), ("web", (1, 2)), ("late", (1, 3))):
        rows = [{"id": f"{name}{n}", "text": prose(n), "license": "MIT"} for n in numbers]
        write_jsonl(folder / name / "0.jsonl", rows)
        write(folder / f"r/sources/{name}.yaml", SOURCE.format(name=name, folder=folder))
        write(folder / f"r/corpora/{name}.yaml", CORPUS.format(name=name))
        write(folder / f"r/mixes/{name}.yaml", MIX.format(name=name))
    write(folder / "r/policies/plain.yaml", "name: plain\nrules: [{rule: words, min: 0}]\n")
    write(folder / "r/artifacts/bpe.yaml", BPE)
    store = MemoryStore("here")
    found = library(store, folder / "r")
    found.build(WEB)
    entry = Entry(
        "document", next(row["doc_id"].hex() for row in documents(found, "web@1") if row["locator"] == "web1")
    )
    add(store, [entry])
    take_down(found, erase=True)
    gone = {item.old.path for item in all_replacements(store) if item.new is None}
    assert not gone & paths(store)
    found.build(LATE)
    return Stood(store, found, entry, gone & paths(store))


def read(store: MemoryStore) -> list[str]:
    manifest = refs.load_manifest(store, refs.resolve(store, LATE))
    return [sample.doc_id.hex() for sample in Loader(store, manifest, Begin("numpy"))]


def test_what_a_later_export_writes_again_is_its_own(stood: Stood) -> None:
    store = stood.copy().store
    assert len(stood.again) == 4  # tokens and offsets of one shard, in two formats
    assert check(store).problems == []
    assert [verified(store, item).problems for item in (WEB, LATE)] == [[], []]
    assert complaints(store, certificate(store, stood.entry.id)) == []
    assert collect(store, grace_seconds=3600, delete=True).unreachable == 0
    assert len(read(store)) == 2


def test_it_goes_when_the_later_document_is_erased_too(stood: Stood) -> None:
    store, found, _, again = stood.copy()
    late = refs.resolve(store, LATE)
    held = [row["doc_id"].hex() for row in documents(found, "late@1") if row["locator"] == "late1"]
    add(store, [Entry("document", held[0])])
    take_down(found, erase=True)
    assert not again & paths(store)
    for path in again:  # a run that was stopped left them
        store.put(path, stood.store.get(path))
        age(store, path, 60)
    assert {problem.path for problem in check(store).problems} == again
    assert collect(store, delete=True).unreachable >= len(again)
    assert not again & paths(store)
    assert verified(store, LATE, late).problems == []


def test_what_nobody_names_yet_is_left_to_its_writer(stood: Stood) -> None:
    store, _, _, again = stood.copy()
    late = refs.resolve(store, LATE)
    records = [path for path in paths(store) if path.startswith("builds/") and b'"exports"' in store.get(path)]
    store.delete([f"manifests/{late}.json", *(path for path in paths(store) if path.startswith(f"refs/{LATE}/"))])
    store.delete(path for path in records)
    for path in again:
        store.put(path, store.get(path))
    assert collect(store).kinds["data"].young >= len(again)
    for path in again:
        age(store, path, 10)
    gone = collect(store, delete=True)
    assert again <= paths(stood.store) - paths(store), gone


def test_a_repair_makes_it_again_and_keeps_it(stood: Stood) -> None:
    store, found, _, again = stood.copy()
    store.delete(sorted(again)[:2])
    with pytest.raises(Erased):
        read(store)
    found.build(LATE, repair=True)
    assert again <= paths(store)
    assert len(read(store)) == 2
    found.build(WEB, repair=True)
    assert again <= paths(store)


def test_a_replica_has_it_where_the_later_version_is(stood: Stood) -> None:
    store, target = stood.copy().store, MemoryStore("there")
    for version in {ref.id for ref in refs.history(store, WEB)}:
        replicate(store, target, WEB, version)
    assert not stood.again & paths(target)
    assert check(target).problems == []
    replicate(store, target, LATE, refs.resolve(store, LATE))
    assert stood.again <= paths(target)
    replicate(store, target, WEB, refs.resolve(store, WEB))
    assert stood.again <= paths(target)
    assert verified(target, LATE).problems == []
    assert check(target).problems == []
