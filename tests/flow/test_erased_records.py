"""Verification trusts no record of erasure: what is blank or gone was asked for, and all else is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.erasing.blanking import blank, blank_letters
from dagster_project.corpus.erasing.erase import sweep
from dagster_project.corpus.erasing.replacements import row_digests
from dagster_project.corpus.model.canonical import canonical, sealed, unsealed
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.replacements import all_replacements, find_replacement
from dagster_project.corpus.storage.shards import put_object, read_shard, write_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, record_erased
from dagster_project.corpus.takedowns.register import add
from dagster_project.corpus.verification.problems import Problem
from tests.corpora import library, write_jsonl, write_recipes
from tests.flow.forging import flipped, found, newest, publish, verified, write_over
from tests.flow.test_identity import messy_rows

MIX, SNAPSHOT = Partition("published", "notes@dev"), Partition("snapshots", "notes@dev")
LICENSED = Partition("licensed", "notes@dev")
ROW = 7  # of the document that is erased, a member of the mix
PENDING = Entry("host", "pending.example.org", decision="pending")
IDLE = Entry("host", "idle.example.org")  # removes, and means no document of the store


class Erased(NamedTuple):
    """A store from which the text of one document was erased, and what was there before."""

    store: MemoryStore
    before: MemoryStore
    doc_id: bytes
    entry: Entry


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    folder, store = tmp_path_factory.mktemp("erased"), MemoryStore()
    rows = [{**row, "title": f"title {number}"} for number, row in enumerate(messy_rows()[:30])]
    recipes = write_recipes(folder / "r", str(write_jsonl(folder / "all.jsonl", [*rows, {"id": "none"}])))
    mix, source = recipes / "mixes" / "notes.yaml", recipes / "sources" / "notes.yaml"
    mix.write_text(mix.read_text() + "exports: [parquet, jsonl]\n")
    source.write_text(source.read_text().replace("text: text", "text: text, title: title") + "retain: copy\n")
    library(store, recipes).build(MIX)
    before = _copy(store)
    documents = read_shard(store, newest(store, SNAPSHOT).files[0])
    doc_id = documents.column("doc_id")[ROW].as_py()
    entry = Entry("document", doc_id.hex())
    add(store, [entry, PENDING, IDLE])
    known = pa.table([[doc_id], [entry.id]], schema=ERASED)
    record_erased(store, [entry.id, IDLE.id], known, "public")
    sweep(store, LocalEngine(1), known)
    return Erased(store, before, doc_id, entry)


def _copy(store: MemoryStore) -> MemoryStore:
    made = MemoryStore()
    made._objects |= store._objects
    return made


@pytest.fixture
def erased(done: Erased) -> Erased:
    return done._replace(store=_copy(done.store))


def told(store: Store, partition: Partition = MIX, **asked: Any) -> set[str]:
    return {problem.what for problem in problems(store, partition, **asked)}


def problems(store: Store, partition: Partition = MIX, **asked: Any) -> list[Problem]:
    return verified(store, partition, **{"sample": 0, **asked}).problems


def reseal(store: Store, sha256: str, **changes: Any) -> None:
    """A record with other values, sealed again as whoever writes to the store can."""
    path = f"replacements/{sha256}.json"
    record = {**unsealed(json.loads(store.get(path))), **changes}
    write_over(store, path, sealed(record))


def hide(store: Store, old: File, new: File | None, **said: Any) -> None:
    """An object that is replaced or deleted, with a record that looks like those of an erasure."""
    lists = {"rows": [], "doc_ids": [], "entries": [], "digests": []}
    body = sealed({"format": 1, "old": asdict(old), "new": asdict(new) if new else None, **lists, **said})
    store.put_once(f"replacements/{old.sha256}.json", body)
    store.delete([old.path])


def shard(erased: Erased, partition: Partition = SNAPSHOT) -> File:
    return newest(erased.store, partition).files[0]


def rewrite(erased: Erased, change: Callable[[list[dict[str, Any]]], Any], **said: Any) -> None:
    """Another object in the place of the erased snapshot shard, and its record sealed again."""
    file = shard(erased)
    record = find_replacement(erased.store, file.sha256)
    assert record is not None
    assert record.new is not None
    table = read_shard(erased.store, record.new)
    rows = table.to_pylist()
    change(rows)
    new = write_shard(erased.store, pa.Table.from_pylist(rows, table.schema), access="public")
    reseal(erased.store, file.sha256, new=asdict(new), **said)


def test_what_was_erased_for_a_request_verifies_and_counts(erased: Erased) -> None:
    report = verified(erased.store, MIX)
    assert found(report) == []
    documents = report.stages["snapshots"].rows
    assert (report.stages["snapshots"].erased, report.stages["snapshots"].sampled) == (1, documents - 1)
    gone = [item for item in all_replacements(erased.store) if item.new is None]
    assert {item.old.path.partition(".")[2] for item in gone} == {"parquet", "jsonl.zst", "raw"}
    assert all(item.doc_ids == (erased.doc_id.hex(),) for item in all_replacements(erased.store))


def test_what_stands_in_the_place_of_an_object_is_looked_at(erased: Erased) -> None:
    record = find_replacement(erased.store, shard(erased).sha256)
    assert record is not None
    assert record.new is not None
    body = write_over(erased.store, record.new.path, flipped(erased.store.get(record.new.path), 500))
    assert record.new.path in {item.path for item in problems(erased.store, SNAPSHOT)}
    write_over(erased.store, record.new.path, body)
    erased.store.put_once(record.old.path, erased.before.get(record.old.path))
    (problem,) = problems(erased.store, SNAPSHOT)
    assert (problem.path, problem.expected) == (record.old.path, "gone, for texts were erased from it")


def test_a_record_that_is_not_what_was_written(erased: Erased) -> None:
    for record in all_replacements(erased.store):
        path = f"replacements/{record.old.sha256}.json"
        body = erased.store.get(path)
        edited = body.replace(erased.doc_id.hex().encode(), b"0" * 32)
        for changed, said in (
            (b"{", "is no record in JSON"),
            (canonical({"format": 2}), "has format 2"),
            (edited, "is not what was written: it was altered; restore it"),
            (sealed({**unsealed(json.loads(body)), "old": asdict(File("data/x", "0" * 64, 1, 1))}), "another object"),
        ):
            write_over(erased.store, path, changed)
            assert any(item.path == path and said in item.found for item in problems(erased.store, quick=True)), path
        write_over(erased.store, path, body)


@pytest.mark.parametrize("entry", ["ab" * 16, PENDING.id, ""])
def test_entries_that_nobody_asked_for(erased: Erased, entry: str) -> None:
    sha256 = shard(erased).sha256
    reseal(erased.store, sha256, entries=[entry] if entry else [])
    (problem, *others) = problems(erased.store, SNAPSHOT)
    assert problem.path == f"replacements/{sha256}.json"
    assert problem.what == (f"its entry {entry}" if entry else "its entries")
    assert {item.what for item in others} == ({f"its document {erased.doc_id.hex()}"} if entry else set())


def test_an_entry_of_other_documents(erased: Erased) -> None:
    """It removes, and it was applied with erasure; but what went was not what it means."""
    reseal(erased.store, shard(erased).sha256, entries=[IDLE.id])
    assert told(erased.store, SNAPSHOT) == {f"its document {erased.doc_id.hex()}", f"its entry {IDLE.id}"}


def test_a_register_that_was_emptied(erased: Erased) -> None:
    erased.store.delete([entry.path for entry in erased.store.list("takedowns/")])
    assert told(erased.store, SNAPSHOT) >= {f"its entry {erased.entry.id}"}
    erased.store.put_once("takedowns/00000001.json", b"{")
    assert "the table of erased documents" in told(erased.store, SNAPSHOT)


def test_a_document_that_nobody_asked_to_erase(erased: Erased) -> None:
    """Blanked in a table beside others, with a record of its own that names an entry that does remove."""
    old = shard(erased, LICENSED)
    standing = find_replacement(erased.store, old.sha256)
    assert standing is None or standing.new is not None
    file = standing.new if standing and standing.new else old
    table = read_shard(erased.store, file)
    doc_id = table.column("doc_id")[5].as_py().hex()
    new = write_shard(erased.store, blank(table, np.arange(len(table)) == 5), access="public")
    said = {"rows": [5], "doc_ids": [doc_id], "entries": [erased.entry.id], "digests": row_digests(table, [5])}
    hide(erased.store, file, new, **said)
    assert f"its document {doc_id}" in told(erased.store, LICENSED)


def test_one_row_more_than_was_asked_for(erased: Erased) -> None:
    file, table = shard(erased), read_shard(erased.before, shard(erased))
    rows, ids = [ROW, ROW + 1], table.column("doc_id").to_pylist()
    rewrite(
        erased,
        lambda rows: rows[ROW + 1].update(text="", title=None, metadata=None, license_evidence=[]),
        rows=rows,
        doc_ids=[ids[row].hex() for row in rows],
        digests=row_digests(table, rows),
    )
    (problem,) = problems(erased.store, SNAPSHOT)
    assert (problem.path, problem.what) == (f"replacements/{file.sha256}.json", f"its document {ids[ROW + 1].hex()}")


@pytest.mark.parametrize(
    ("row", "change", "what"),
    [
        (ROW + 1, {"title": None}, "the logical digest"),
        (ROW + 1, {"title": "another"}, "the logical digest"),
        (ROW + 1, {"license_evidence": []}, "the logical digest"),
        (ROW + 1, {"text": "another"}, f"row {ROW + 1}"),
        (ROW + 1, {"text": "", "title": None, "metadata": None, "license_evidence": []}, f"row {ROW + 1}"),
        (ROW, {"text": "what it was"}, f"what was erased of row {ROW}"),
        (ROW, {"title": "what it was"}, f"what was erased of row {ROW}"),
        (ROW, {"doc_id": b"\0" * 16}, f"row {ROW}"),
    ],
)
def test_all_other_rows_are_as_they_were(erased: Erased, row: int, change: dict[str, Any], what: str) -> None:
    rewrite(erased, lambda rows: rows[row].update(change))
    assert what in told(erased.store, SNAPSHOT)


def test_rows_and_digests_that_a_record_only_claims(erased: Erased) -> None:
    sha256 = shard(erased).sha256
    record = json.loads(erased.store.get(f"replacements/{sha256}.json"))
    for changes, what in (
        ({"digests": ["0" * 64]}, "the logical digest"),
        ({"rows": [ROW + 1]}, f"row {ROW + 1}"),
        ({"rows": []}, "its rows"),
        ({"rows": [10**6]}, "its rows"),
        ({"rows": ["x"]}, "the record"),
        ({"doc_ids": ["no id" * 6 + "xx"]}, "its documents and digests"),
        ({"doc_ids": record["doc_ids"] * 2}, "its documents and digests"),
        ({"digests": []}, "its documents and digests"),
        ({"new": None}, "what stands in its place"),
    ):
        reseal(erased.store, sha256, **{**unsealed(record), **changes})
        assert what in told(erased.store, SNAPSHOT), changes


def test_the_same_document_in_another_row_of_its_shard(erased: Erased) -> None:
    """A table in which it stands twice is blank in both."""
    file = shard(erased)
    record = find_replacement(erased.store, file.sha256)
    assert record is not None
    table = read_shard(erased.before, file)
    twice = pa.concat_tables([table, table.slice(ROW, 1)]).combine_chunks()
    old = write_shard(erased.store, twice, access="public")
    new = write_shard(erased.store, blank(twice, np.arange(len(twice)) == ROW), access="public")
    hide(
        erased.store, old, new, rows=[ROW], doc_ids=record.doc_ids, entries=record.entries, digests=record.digests
    )  # fmt: skip
    manifest = newest(erased.store, SNAPSHOT)
    publish(erased.store, SNAPSHOT, replace(manifest, files=(old,)))
    assert f"row {len(table)}, of document {erased.doc_id.hex()}," in told(erased.store, SNAPSHOT)


def test_records_that_lead_back_to_themselves(erased: Erased) -> None:
    first = shard(erased)
    record = find_replacement(erased.store, first.sha256)
    assert record is not None
    assert record.new is not None
    lists = {name: getattr(record, name) for name in ("rows", "doc_ids", "entries", "digests")}
    hide(erased.store, record.new, first, **lists)
    assert any("leads back to itself" in problem.found for problem in problems(erased.store, SNAPSHOT))


def test_what_holds_no_text_or_must_stand_is_never_erased(erased: Erased) -> None:
    """An order manifest, verdicts, members: deleted, or replaced by others."""
    store, published = erased.store, newest(erased.store, MIX)
    mixed = newest(store, Partition("mixed", "notes@dev")).files[0]
    asked = {"doc_ids": [erased.doc_id.hex()], "entries": [erased.entry.id]}
    row = next(n for n, i in enumerate(read_shard(store, mixed).column("doc_id").to_pylist()) if i == erased.doc_id)
    for number, old in enumerate((File(**published.facts["order"][0]), mixed)):
        forged = _copy(store)
        hide(forged, old, None, **asked)
        assert "what stands in its place" in told(forged), number
        forged = _copy(store)
        table = read_shard(store, old)
        new = write_shard(forged, pa.concat_tables([table[1:], table[:1]]), access="public")
        hide(forged, old, new, rows=[row], digests=["0" * 64], **asked)
        assert "the object" in told(forged), number


def test_exports_and_copies_go_for_what_they_held(erased: Erased) -> None:
    store, other = erased.store, Entry("document", "ab" * 16)
    add(store, [other])
    stranger = pa.table([[bytes.fromhex("ab" * 16)], [other.id]], schema=ERASED)
    record_erased(store, [other.id], stranger, "public")
    said = {"doc_ids": ["ab" * 16], "entries": [other.id]}
    gone = [item for item in all_replacements(store) if item.new is None]
    for item, what in zip(
        sorted(gone, key=lambda item: item.old.path.partition(".")[2]),
        ("its documents", "its documents", "raw object file:///"),
        strict=True,
    ):
        forged = _copy(store)
        reseal(forged, item.old.sha256, **said)
        assert any(found.startswith(what) for found in told(forged)), what


def test_dead_letters_are_silenced_with_their_raw_object(erased: Erased) -> None:
    manifest = newest(erased.store, SNAPSHOT)
    (old,) = (File(**item) for item in manifest.facts["dead_letters"])
    assert find_replacement(erased.store, old.sha256)
    letters = read_shard(erased.before, old)
    chosen = np.ones(len(letters), np.bool_)
    elsewhere = letters.set_column(0, letters.schema.field(0), pa.array(["file:///elsewhere"] * len(letters)))
    new = write_shard(erased.store, blank_letters(elsewhere, chosen), access="public")
    reseal(erased.store, old.sha256, new=asdict(new))
    assert told(erased.store, SNAPSHOT) == {"raw object file:///elsewhere"}
    quoting = letters.set_column(4, letters.schema.field(4), pa.array([b"its text"] * len(letters)))
    new = write_shard(erased.store, quoting, access="public")
    reseal(erased.store, old.sha256, new=asdict(new))
    assert told(erased.store, SNAPSHOT) == {"what was erased"}


def test_counts_of_a_version_from_which_was_erased(erased: Erased) -> None:
    """What is blank tells less; nothing tells more, and all else tells the same."""
    for name, change in (("with_url", 1), ("text_bytes", -(10**6))):
        forged = _copy(erased.store)
        manifest = newest(forged, SNAPSHOT)
        profile = {**manifest.profile, name: manifest.profile[name] + change}
        publish(forged, SNAPSHOT, replace(manifest, profile=profile))
        assert told(forged, SNAPSHOT) == {f"the count {name}"}


def test_a_list_is_never_erased(erased: Erased) -> None:
    path, sha256 = put_object(erased.store, b"nothing", access="public", suffix="jsonl.zst")
    file = next(item for item in newest(erased.store, MIX).objects if item.path.endswith("jsonl.zst"))
    reseal(erased.store, file.sha256, new=asdict(File(path, sha256, 7, file.rows)), rows=[0], digests=["0" * 64])
    assert "the object" in told(erased.store)
