"""Survivors over many shards: nothing shows how work was cut, scratch is left clean, the driver holds no document."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.deduplication import decisions, memberships, survivors
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.engine.tables import Column, align, zipped
from dagster_project.corpus.engine.work import Work
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.errors import AuditFailed, IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Identity, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.exchange import Exchange, ranges_of, read_rows
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library
from tests.corpus.deduplication.test_layers import LAYERED, built, recipes

ROWS, FAMILY = 600, 4  # of a shard, members of a family


def made(store: Store, shards: int, rows: int = ROWS) -> tuple[list[tuple[str, File]], list[Column]]:
    """Documents of which all are in families, each of several shards, half of them with the very text of another."""
    tables: dict[str, list[File]] = {"families": [], "filtered": []}
    for shard in range(shards):
        numbers = [shard + shards * row for row in range(rows)]
        documents = File(f"data/{shard}", f"{shard:064}", 1, rows)
        for stage, table in (("families", families_of(numbers)), ("filtered", others_of(numbers))):
            tables[stage].append(write_shard(store, table, access="public", documents=documents.sha256))
    manifests = {
        stage: Manifest(Identity(stage, (), {}, "1", (), "0" * 64), (), tuple(files), {"in_families": shards * rows})
        for stage, files in tables.items()
    }
    names = [field.name for field in others_of([]).schema][1:]
    columns = [
        Column(manifests["families"], survivors.FAMILY_COLUMNS),
        Column(manifests["filtered"], tuple(names)),
    ]
    return [("notes@1", File(f"data/{shard}", f"{shard:064}", 1, rows)) for shard in range(shards)], columns


def id_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


def families_of(numbers: list[int]) -> pa.Table:
    leaders = [number - number % FAMILY for number in numbers]
    rows = [
        {
            "doc_id": id_of(number),
            "family": id_of(leader),
            "family_size": FAMILY,
            "same_text": id_of(leader) if number % FAMILY < 2 else None,
            "edges": [
                {"doc_id": id_of(other), "kind": "near", "similarity": 0.8 + (number + other) % 97 / 1000}
                for other in range(leader, leader + FAMILY)
                if other != number
            ],
        }
        for number, leader in zip(numbers, leaders, strict=True)
    ]
    return pa.Table.from_pylist(rows, memberships.SCHEMA)


def others_of(numbers: list[int]) -> pa.Table:
    count = len(numbers)
    return pa.table(
        {
            "doc_id": pa.array([id_of(number) for number in numbers], ID),
            "keep": pa.array([number % 10 != 0 for number in numbers], pa.bool_()),
            "license": pa.array(["MIT" if number % 3 else "GPL-3.0-only" for number in numbers], pa.string()),
            "license_class": pa.array(["permissive" if number % 3 else "copyleft" for number in numbers], pa.string()),
            "license_kind": pa.array(["record.license"] * count, pa.string()),
            "license_rule": pa.array(["concluded:spdx"] * count, pa.string()),
            "license_findings": pa.array([[]] * count, pa.list_(pa.string())),
            "characters": pa.array([number % 991 for number in numbers], pa.int64()),
            **{name: pa.array([None] * count, pa.timestamp("s", "UTC")) for name in survivors.DATES},
        }
    )


def chosen(store: Store, engine: LocalEngine, documents: Any, columns: Any) -> Manifest:
    work = Work(store, engine, "deduplicated", survivors.SCHEMA, survivors.CODE_VERSION, {}, ())
    return survivors.choose_survivors(work, documents, columns, ("license", "longest"))


# ---- how the work is cut --------------------------------------------------------------------------------------


def test_nothing_depends_on_batches_or_buckets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flat = "members: [{source: old, policy: strict}, {source: new, policy: plain}]"
    keys = ("old", "both", "flat")
    whole = built(tmp_path, both=LAYERED, flat=flat)
    expected = [whole.build(Partition("deduplicated", f"{key}@dev")).manifest for key in keys]
    for changed, size in (("BATCH_ROWS", 1), ("BUCKET_MEMBERS", 2)):
        monkeypatch.setattr(survivors, changed, size)
    monkeypatch.setattr(decisions, "AT_ONCE", 1)
    cut = built(tmp_path, both=LAYERED, flat=flat)
    for key, manifest in zip(keys, expected, strict=True):
        again = cut.build(Partition("deduplicated", f"{key}@dev")).manifest
        assert again.id == manifest.id
        assert again.files == manifest.files
        assert again.profile == manifest.profile
        assert again.profile["proved"] == again.profile["status"].get("suppressed", 0)
        assert again.profile["stored"] == again.profile["status"]
    assert expected[1].profile["proved"] > 0
    assert list(cut.store.list("scratch/")) == []


def test_families_are_even_over_buckets() -> None:
    families = pa.chunked_array([pa.array([id_of(number) for number in range(4000)], ID)])
    for buckets in (1, 8, 4096):
        found = decisions.buckets_of(families, buckets)
        assert 0 <= found.min() <= found.max() < buckets
        again = decisions.buckets_of(families, 2 * buckets)
        assert (again // 2 == found).all()  # by leading bits: twice as many buckets halve each


@pytest.mark.parametrize("step", ["choose", "link"])
def test_scratch_is_gone_after_an_error(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise Refused("no")

    store = MemoryStore()
    documents, columns = made(store, 2)
    monkeypatch.setattr(decisions, step, refuse)
    with pytest.raises(Refused, match="no"):
        chosen(store, LocalEngine(1), documents, columns)
    assert list(store.list("scratch/")) == []


def test_a_decision_that_is_lost_stops_the_build() -> None:
    store = MemoryStore()
    documents, columns = made(store, 1)
    aligned = align([file for _, file in documents], columns)
    read = zipped(store, aligned[0][1])
    decided = pa.table({"row": pa.array(range(1, ROWS), pa.int32())})
    with pytest.raises(IntegrityError, match="are not those whose families decided"):
        survivors.statuses(read, decided, np.full(ROWS, -1, np.int8))


def test_a_copy_of_nobody_is_never_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = decisions.decision_of

    def wrong(*given: Any) -> dict[str, Any]:
        found = decide(*given)
        return found | {"survivor": b"x" * 16} if found["status"] == "suppressed" else found

    monkeypatch.setattr(decisions, "decision_of", wrong)
    found = library(MemoryStore(), recipes(tmp_path), auditor=GreatExpectationsAuditor())
    with pytest.raises(AuditFailed, match=r"every_copy_has_its_survivor: .*But copies_without_survivor is 2"):
        found.build(Partition("deduplicated", "old@dev"))


# ---- what a member costs --------------------------------------------------------------------------------------


class Weighing(MemoryStore):
    """Adds up what is written to scratch, by kind of piece."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[str, int] = {}

    def put(self, path: str, body: bytes) -> None:
        super().put(path, body)
        kind = path.rpartition("/")[2].partition("-")[0]
        self.written[kind] = self.written.get(kind, 0) + len(body)


def test_what_a_member_takes_of_the_store_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as few in each part as a billion documents have."""
    monkeypatch.setattr(survivors, "BATCH_ROWS", ROWS)
    monkeypatch.setattr(survivors, "BUCKET_MEMBERS", ROWS)
    store = Weighing()
    chosen(store, LocalEngine(1), *made(store, 4))
    found = {kind: round(size / (4 * ROWS)) for kind, size in store.written.items()}
    assert found.keys() == {"members", "decisions", "claims"}
    assert 250 < sum(found.values()) <= 345, found


def test_what_a_member_takes_in_a_bucket() -> None:
    store = MemoryStore()
    documents, columns = made(store, 1)
    ((_, parts),) = align([file for _, file in documents], columns)
    with Exchange(store) as address:
        shard = decisions.Shard(0, 0, documents[0][1], parts)
        piece = decisions.send_members(decisions.MembersTask(address, 0, (shard,), 1))
        (received,) = read_rows(store, ranges_of([piece], 0))
    assert received.num_rows == ROWS
    assert 200 < received.nbytes / ROWS <= 275


class Apart(LocalEngine):
    """Weighs all that the driver learns: tasks and their results as they travel, less digests of rows, which it spools;
    and refuses that it reads from the store itself."""

    def __init__(self, store: Watched):
        super().__init__(1)
        self.store, self.learned = store, 0

    def map(self, task: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self.store.is_open = True
            result = task(item)
            self.store.is_open = False
            self.learned += len(pickle.dumps(item)) + len(pickle.dumps(without_digests(result)))
            yield result


class Watched(MemoryStore):
    """Refuses to be read while no task runs."""

    is_open = True

    def get(self, path: str) -> bytes:
        assert self.is_open, path
        return super().get(path)

    def __reduce__(self) -> tuple[type[Watched], tuple[()]]:
        return Watched, ()


def without_digests(result: Any) -> Any:
    return [replace(item, entries=b"") for item in result] if isinstance(result, list) else result


def learned(rows: int) -> int:
    store = Watched()
    documents, columns = made(store, 4, rows)
    store.is_open = False
    engine = Apart(store)
    chosen(store, engine, documents, columns)
    return engine.learned


def test_the_driver_learns_nothing_of_a_member() -> None:
    small, large = learned(ROWS), learned(10 * ROWS)
    assert large - small < 500  # numbers have more digits
    assert large < 30_000


# ---- what a recipe asks ---------------------------------------------------------------------------------------


def test_a_source_must_keep_as_many_as_the_recipe_says(tmp_path: Path) -> None:
    flat = "members: [{source: old, policy: plain}, {source: new, policy: plain}]\nmin_survivors: "
    found = library(
        MemoryStore(),
        recipes(tmp_path, two=flat + "2", three=flat + "3"),
        auditor=GreatExpectationsAuditor(),
    )
    found.build(Partition("deduplicated", "two@dev"))
    with pytest.raises(AuditFailed, match=r"every_source_keeps_enough: .*But fewest_survivors is 2"):
        found.build(Partition("deduplicated", "three@dev"))
