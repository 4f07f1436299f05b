"""Garbage collection: what is reached is never touched, whatever lies beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.building import library as building
from dagster_project.corpus.erasing.objects import EraseTask, erase, stored_objects
from dagster_project.corpus.keeping import sweeping
from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.keeping.places import UNKNOWN
from dagster_project.corpus.keeping.sweeping import collect
from dagster_project.corpus.model.documents import ID as DOC_ID
from dagster_project.corpus.model.errors import Moved, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs, sweeps
from dagster_project.corpus.storage.directory import DirectoryStore
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import Replacement, put_replacement
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import put_object, read_shard, write_shard
from dagster_project.corpus.storage.stores import Entry
from dagster_project.corpus.storage.sweeps import begin_sweep, end_sweep, last_sweep
from dagster_project.corpus.takedowns.erased import ERASED, read_erasures, record_erased
from dagster_project.corpus.takedowns.kept import kept_rows
from tests.corpora import Lenient, documents, library, write_jsonl, write_recipes
from tests.corpus.keeping.aging import age, copied, paths
from tests.flow.forging import verified
from tests.flow.test_mixes import PUBLISHED

ID = "ab" * 32
LITTER = {
    "manifests": f"manifests/{ID}.json", "indexes": f"catalog/indexes/{ID}/doc_id.parquet",
    "portraits": f"catalog/portraits/{ID}/0000.bloom", "catalog": f"catalog/tables/{ID}/refs.parquet",
    "scratch": "scratch/exchange/0123/7", "data": f"data/public/sha256/ab/{ID}.parquet",
}  # fmt: skip
FOREIGN = ("README", "data/notes.txt", "refs/mixed/a@1/x.json", f"builds/{ID}.json.bak", "more/builds/x.json")


def test_a_store_as_it_was_built_has_nothing_unreachable(rich: MemoryStore) -> None:
    store = copied(rich, days=30)
    found = collect(store, delete=True)
    assert (found.unreachable, found.unknown, found.damaged, found.sweep) == (0, [], [], 0)
    assert paths(store) == paths(rich)
    kept = {kind: tally.kept for kind, tally in found.kinds.items()}
    assert sum(kept.values()) == len(paths(rich))
    assert sum(tally.kept_bytes for tally in found.kinds.values()) == sum(entry.size for entry in rich.list(""))
    assert min(kept[kind] for kind in ("data", "manifests", "builds", "refs")) > 0


def test_litter_goes_and_all_else_stays(rich: MemoryStore) -> None:
    store = copied(rich, days=30)
    for path in (*LITTER.values(), *FOREIGN):
        store.put(path, b"litter")
        age(store, path, 8)
    told = collect(store)
    assert {kind: tally.unreachable for kind, tally in told.kinds.items() if tally.unreachable} == dict.fromkeys(
        LITTER, 1
    )
    assert told.unreachable_bytes == 6 * len(LITTER)
    assert paths(store) == {*paths(rich), *LITTER.values(), *FOREIGN}  # a dry run
    swept = collect(store, delete=True)
    assert (swept.sweep, swept.unreachable, sorted(swept.unknown)) == (1, len(LITTER), sorted(FOREIGN))
    assert paths(store) == {*paths(rich), *FOREIGN, "sweeps/00000001.json", "sweeps/00000002.json"}
    assert swept.kinds[UNKNOWN].kept == len(FOREIGN)
    assert verified(store, PUBLISHED).problems == []


def test_what_is_young_is_left_to_its_writer(rich: MemoryStore) -> None:
    store = copied(rich, days=30)
    for days, name in ((6.9, "new"), (7.1, "old")):
        store.put(f"scratch/{name}", b"x")
        age(store, f"scratch/{name}", days)
    swept = collect(store, delete=True)
    assert (store.size("scratch/new"), store.size("scratch/old")) == (1, None)
    assert (swept.kinds["scratch"].young, swept.kinds["scratch"].unreachable) == (1, 1)


def test_a_grace_that_builds_outlast_is_refused(rich: MemoryStore) -> None:
    with pytest.raises(Refused, match="less than an hour"):
        collect(copied(rich), grace_seconds=60, delete=True)
    for seconds in (0.0, 60.0):
        with pytest.raises(Refused, match="less than an hour"):
            collect(copied(rich), unpublished_seconds=seconds, delete=True)
    assert collect(copied(rich), grace_seconds=60).unreachable == 0


@pytest.mark.parametrize("kind", ["manifests", "refs", "builds"])
def test_nothing_goes_when_a_record_is_damaged(rich: MemoryStore, kind: str) -> None:
    store = copied(rich, days=30)
    store.put(LITTER["data"], b"litter")
    age(store, LITTER["data"], 30)
    path = next(path for path in sorted(paths(rich)) if path.startswith(f"{kind}/"))
    body = store.get(path)
    store.put(path, body.replace(b'"', b"'", 1) if kind == "refs" else body[:-9] + b"9" + body[-8:])
    assert len(collect(store).damaged) == 1
    with pytest.raises(Refused, match="so nothing was deleted: run `florilegium fsck`"):
        collect(store, delete=True)
    assert store.size(LITTER["data"]) == 6


def test_nothing_goes_when_the_table_of_erased_documents_cannot_be_told(rich: MemoryStore) -> None:
    store = copied(rich)
    record_erased(store, ["e" * 32], pa.table([[b"d" * 16], ["e" * 32]], schema=ERASED), "public")
    table = read_erasures(store).documents
    assert table is not None
    age(store, table.path, 30)
    path = "erasures/00000001.json"
    store.put(path, store.get(path).replace(table.sha256.encode(), b"f" * 64))
    with pytest.raises(Refused, match=f"{path} is not what was written.*so nothing was deleted"):
        collect(store, delete=True)
    assert store.size(table.path)


def test_a_missing_parent_is_damage(rich: MemoryStore) -> None:
    store = copied(rich, days=30)
    parent = refs.load_manifest(rich, refs.resolve(rich, PUBLISHED)).inputs[0].id
    store.delete([f"manifests/{parent}.json"])
    assert collect(store).damaged == [f"manifests/{parent}.json is gone"]


def test_what_was_never_published_goes_when_asked(rich: MemoryStore) -> None:
    """A build whose audit failed keeps what it made, until its age is said."""
    store = copied(rich, days=30)
    newest = refs.latest(store, PUBLISHED)
    assert newest is not None
    store.delete([f"refs/{PUBLISHED}/{newest.number:08d}.json"])
    assert collect(store, delete=True).unreachable == 0
    assert collect(store, unpublished_seconds=31 * 86_400).unreachable == 0
    mixed = refs.load_manifest(rich, newest.id).inputs[0].id
    gone = collect(store, unpublished_seconds=29 * 86_400, delete=True)
    assert gone.kinds["manifests"].unreachable == 1
    assert min(gone.kinds[kind].unreachable for kind in ("data", "builds")) > 0
    assert store.size(f"manifests/{newest.id}.json") is None
    assert store.size(f"manifests/{mixed}.json") is not None
    assert verified(store, Partition("mixed", PUBLISHED.key)).problems == []
    assert collect(store, unpublished_seconds=29 * 86_400).unreachable == 0


def test_records_of_published_builds_are_found_again(rich: MemoryStore) -> None:
    """Shards that a published version holds are not made again, however old their records are."""
    store = copied(rich, days=300)
    collect(store, unpublished_seconds=86_400, delete=True)
    lost = {path for path in paths(rich) - paths(store) if path.startswith("builds/")}
    named = [refs.find_build(rich, path[7:-5]) for path in lost]
    assert all(record is not None and "id" not in record for record in named)
    assert len(lost) < sum(path.startswith("builds/") for path in paths(rich)) / 2
    assert verified(store, PUBLISHED).problems == []


def test_what_a_stopped_erasure_left_goes_at_once(rich: MemoryStore) -> None:
    store = copied(rich)
    old = refs.load_manifest(store, refs.resolve(store, Partition("mixed", PUBLISHED.key))).files[0]
    path, sha256 = put_object(store, b"blanked", access="public", suffix="parquet")
    put_replacement(store, Replacement(old, File(path, sha256, 7, old.rows), (0,), (), ("e" * 32,)))
    assert collect(store).kinds["data"].unreachable == 1
    store.delete([path])  # the successor is gone: the old one is all that there is
    assert collect(store).kinds["data"].unreachable == 0


def test_what_stands_in_the_place_of_erased_objects_stays(rich: MemoryStore) -> None:
    """No manifest names it, only the record of what was erased."""
    store = copied(rich, days=30)
    old = refs.load_manifest(store, refs.resolve(store, Partition("mixed", PUBLISHED.key))).files[0]
    path, sha256 = put_object(store, b"blanked", access="public", suffix="parquet")
    put_replacement(store, Replacement(old, File(path, sha256, 7, old.rows), (0,), (), ("e" * 32,)))
    store.delete([old.path])
    age(store, path, 30)
    store.put("scratch/old", b"")
    age(store, "scratch/old", 30)
    assert collect(store, unpublished_seconds=86_400, delete=True).sweep == 1
    assert store.size(path) == 7


class Met(MemoryStore):
    """A store in which something happens after a sweep has looked, before it deletes."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = list[Callable[[], None]]()

    def delete(self, paths: Iterable[str]) -> None:
        paths = list(paths)
        while self.meanwhile:
            self.meanwhile.pop()()
        super().delete(paths)


def test_a_table_that_a_stopped_erasure_left_is_not_taken_up_while_it_is_swept() -> None:
    store, doc_id, entry = Met(), b"d" * 16, "e" * 32
    table = pa.table({"doc_id": pa.array([doc_id], DOC_ID), "text": ["a text"]})
    old = write_shard(store, table, access="public")
    left = write_shard(store, table.set_column(1, "text", pa.array([""])), access="public")
    for file in (old, left):
        age(store, file.path, 30)
    stored = next(item for item in stored_objects(store) if item.sha256 == old.sha256)
    known = pa.table([[doc_id], [entry]], schema=ERASED)
    done = []
    store.meanwhile = [lambda: done.append(erase(EraseTask(store, stored, known, {})))]
    store.delete([left.path])  # what a sweep does that has listed it
    (rewritten,) = done
    assert rewritten is not None
    assert store.size(old.path) is None
    assert read_shard(store, old).to_pydict() == {"doc_id": [doc_id], "text": [""]}


def test_a_kept_table_that_a_sweep_took_is_made_again() -> None:
    store, table = MemoryStore(), pa.table({"n": [1, 2]})
    for _ in range(2):
        assert kept_rows(store, "ab" * 32, "public", lambda: table).equals(table)
        store.delete([entry.path for entry in store.list("data/")])


@pytest.mark.embedded
def test_a_server_is_swept_by_its_own_clock(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "LEAST_GRACE_SECONDS", 0)
    monkeypatch.setattr(sweeping.time, "time", lambda: 9e9)  # of this machine, which is wrong
    for path in (*LITTER.values(), *FOREIGN):
        s3_store.put(path, b"litter")
    young = collect(s3_store, grace_seconds=3600, delete=True)
    assert (young.sweep, young.unreachable) == (1, 0)
    assert sum(tally.young for tally in young.kinds.values()) == len(LITTER)
    assert collect(s3_store, grace_seconds=0, delete=True).unreachable == len(LITTER)
    assert {entry.path for entry in s3_store.list("")} == {*FOREIGN, *(f"sweeps/0000000{n}.json" for n in (1, 2, 3, 4))}


class Sweeping(Lenient):
    """An auditor during whose first look a sweep takes an object of the version."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.swept = store, ""

    def audit(self, manifest: Manifest, bounds: Any) -> Sequence[Outcome]:
        if manifest.stage == "mixed" and not self.swept:
            begun = begin_sweep(self.store, {})
            self.swept = manifest.files[0].path
            self.store.delete([self.swept])
            end_sweep(self.store, begun)
        return ()


def test_a_build_that_met_a_sweep_makes_again_what_it_took(tmp_path: Path) -> None:
    store, mix = MemoryStore(), Partition("mixed", "notes@dev")
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "notes.jsonl", documents(30))))
    auditor = Sweeping(store)
    library(store, recipes, auditor=auditor).build(mix)
    assert auditor.swept
    assert store.size(auditor.swept) is not None
    assert verified(store, mix).problems == []


def test_a_sweep_that_begins_right_after_the_wait_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not ended when the build looks again, so that its beginning alone tells of it."""
    store, mix = MemoryStore(), Partition("mixed", "notes@dev")
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "notes.jsonl", documents(30))))
    library(store, recipes).build(mix)
    for path in paths(store):
        if path.startswith(f"refs/{mix}/"):
            store.delete([path])
    begun: list[Entry] = []

    class Taking(Lenient):
        def audit(self, manifest: Manifest, bounds: Any) -> Sequence[Outcome]:
            if manifest.stage == "mixed" and len(begun) == 1:
                store.delete([manifest.files[0].path])
            return ()

    def waited(store: MemoryStore) -> int:
        if len(begun) == 1:
            begun.append(begun[0])
            end_sweep(store, begun[0])
        found = sweeps.await_sweeps(store)
        if not begun:
            begun.append(begin_sweep(store, {}))
        return found

    monkeypatch.setattr(building, "await_sweeps", waited)
    built = library(store, recipes)
    built.auditor = Taking()
    built.build(mix, upstream=False)
    assert len(begun) == 2
    assert verified(store, mix).problems == []


def test_what_nobody_published_is_published_just_when_a_sweep_forgets_it(tmp_path: Path) -> None:
    store, mix = Publishing(), Partition("mixed", "notes@dev")
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "notes.jsonl", documents(30))))
    library(store, recipes).build(mix)
    for path in paths(store):
        age(store, path, 30)
        if path.startswith("refs/"):
            store.delete([path])
    store.is_swept = False
    library(store, recipes).build(mix)
    assert store.is_swept
    assert check(store).problems == verified(store, mix).problems == []


class Publishing(MemoryStore):
    """A store that is swept after a build looked for sweeps the last time, before it publishes."""

    is_swept = True

    def put_once(self, path: str, body: bytes) -> bool:
        if path.startswith("refs/") and not self.is_swept:
            self.is_swept = True
            assert collect(self, unpublished_seconds=86_400, delete=True).unreachable
        return super().put_once(path, body)


def test_a_build_waits_for_the_end_of_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It might take up what the sweep has listed already, and no number would tell."""
    store, mix = Met(), Partition("mixed", "notes@dev")
    recipes = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "notes.jsonl", documents(30))))
    library(store, recipes).build(mix)
    whole = copied(store)
    for path in paths(store):
        if path.startswith(("refs/", "builds/", "manifests/")):
            MemoryStore.delete(store, [path])
        else:
            age(store, path, 30)
    seen: list[str] = []

    def build_meanwhile() -> None:
        monkeypatch.setattr(sweeps, "WAIT_SECONDS", 0.0)
        with pytest.raises(Moved, match=r"garbage of .* is being deleted: build again when that has ended, in 75 min"):
            library(store, recipes).build(mix)
        seen.append("told")

    store.meanwhile = [build_meanwhile]
    found = collect(store, delete=True)
    assert seen
    assert found.unreachable
    monkeypatch.undo()
    library(store, recipes).build(mix)
    assert verified(store, mix).problems == []
    assert refs.resolve(store, mix) == refs.resolve(whole, mix)


def test_a_sweep_that_was_killed_holds_nobody_up_for_ever() -> None:
    store = MemoryStore()
    begun = begin_sweep(store, {})
    age(store, begun.path, 1 / 24)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeps, "WAIT_SECONDS", 0.0)
        with pytest.raises(Moved, match="in 15 minutes at the latest"):
            sweeps.await_sweeps(store)
        age(store, begun.path, 1 / 24)
        sweeps.await_sweeps(store)


def test_sweeps_are_numbered() -> None:
    store = MemoryStore()
    assert last_sweep(store) == 0
    assert [begin_sweep(store, {}).path[-7:-5] for _ in range(2)] == ["01", "02"]
    assert last_sweep(store) == 2


def test_what_killed_writers_began_goes_after_the_grace(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put_once("manifests/notes", b"of nobody")
    old, young = (tmp_path / ".writing" / name for name in ("0a", "0b"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    assert (collect(store).unfinished, old.exists()) == (1, True)
    assert (collect(store, delete=True).sweep, old.exists(), young.exists()) == (1, False, True)
    assert (collect(store, delete=True).unfinished, last_sweep(store)) == (0, 2)
