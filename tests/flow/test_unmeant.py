"""Documents that were put on record as erased for an entry which does not mean them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.building.certificate_checks import complaints
from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.erasing.erase import sweep
from dagster_project.corpus.erasing.meant import unmeant
from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.model.errors import IntegrityError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, erased_table, read_erasures, record_erased
from dagster_project.corpus.takedowns.register import add
from tests.corpora import prose, write_jsonl
from tests.flow.forging import verified
from tests.flow.test_reach import ids_of, opened

WEB = Partition("snapshots", "web@dev")
URL = "https://a.example.org/x"


def built(folder: Path) -> tuple[Library, dict[str, str]]:
    web = {"a": {"text": prose(1), "url": URL}, "b": prose(2), "c": prose(3)}
    found = opened(folder, {"web": web, "told+web": {}, "free": {"free": prose(5)}}, {})
    write_jsonl(folder / "told.jsonl", [{"id": "a-told", "text": prose(4), "parents": ids_of(found, "web")["a"]}])
    return found, ids_of(found, "web") | ids_of(found, "told") | ids_of(found, "free")


def rows(ids: dict[str, str], names: Sequence[str], *entries: Entry) -> pa.Table:
    said = [{"doc_id": bytes.fromhex(ids[name]), "entry": entry.id} for entry in entries for name in names]
    return pa.Table.from_pylist(said, ERASED)


def test_what_a_row_tells(tmp_path: Path) -> None:
    """What was made of what is meant is meant, too; what a row does not tell is not judged."""
    found, ids = built(tmp_path)
    kinds = {"url": URL, "host": "a.example.org", "domain": "example.org", "document": ids["a"]}
    for entry in (Entry(kind, value) for kind, value in kinds.items()):  # type: ignore[arg-type]
        table = rows(ids, ["a", "a-told", "b", "free"], entry)
        expected = sorted((bytes.fromhex(ids[name]), entry.id) for name in ("b", "free"))
        assert unmeant(found.store, table, [entry]) == expected
    whole = [Entry("source", "web"), Entry("source", "web@dev")]
    table = rows(ids, ["a", "b", "c", "a-told", "free"], *whole)
    free = bytes.fromhex(ids["free"])
    assert unmeant(found.store, table, whole) == sorted((free, entry.id) for entry in whole)
    beyond = [Entry("document", ids["a"], "near"), Entry("text", "ab" * 16), Entry("license", "MIT")]
    assert unmeant(found.store, rows(ids, ["b"], *beyond), beyond) == []
    elsewhere = rows({"gone": "ab" * 16}, ["gone"], whole[0])
    assert unmeant(found.store, elsewhere, whole) == []


def test_a_forged_row_is_told(tmp_path: Path) -> None:
    found, ids = built(tmp_path)
    entry = Entry("document", ids["a"])
    add(found.store, [entry])
    take_down(found, erase=True)
    assert verified(found.store, WEB).problems == []
    assert complaints(found.store, certificate(found.store, entry.id)) == []
    forged = rows(ids, ["b", "c"], entry)
    record_erased(found.store, (), forged, "public")
    sweep(found.store, found.engine, forged)
    told = {problem.what for problem in verified(found.store, WEB).problems}
    assert told >= {f"its document {ids['b']}", f"its document {ids['c']}"}
    wrong = [problem for problem in check(found.store).problems if problem.what.startswith("its document")]
    assert {(problem.path, problem.what) for problem in wrong} == {
        ("erasures/00000002.json", f"its document {ids[name]}") for name in ("b", "c")
    }
    (said,) = complaints(found.store, certificate(found.store, entry.id))
    assert said.startswith("2 documents, such as ")
    assert said.endswith(" were erased for it, and it does not mean them")


def test_a_state_of_the_table_is_sealed(tmp_path: Path) -> None:
    found, ids = built(tmp_path)
    entry = Entry("document", ids["a"])
    record_erased(found.store, [entry.id], rows(ids, ["a"], entry), "public")
    assert erased_table(found.store, read_erasures(found.store)).num_rows == 1
    (record,) = found.store.list("erasures/")
    body = found.store.get(record.path)
    found.store.put(record.path, body.replace(entry.id.encode(), b"ab" * 16))
    with pytest.raises(IntegrityError, match="is not what was written"):
        read_erasures(found.store)
