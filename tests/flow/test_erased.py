"""What an erasure takes: documents outside of all corpora, the same document in other versions, copies of raw objects;
and what meets it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.erasures import Erasing, to_be_erased
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.takedowns import affected
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing import objects
from dagster_project.corpus.erasing.erase import LEFT_SECONDS
from dagster_project.corpus.keeping.sweeping import DAY_SECONDS, GRACE_SECONDS, collect
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits import drawing
from dagster_project.corpus.portraits.drawing import draw
from dagster_project.corpus.portraits.portrait import PREFIX, read_header
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import erased_table, read_erasures
from dagster_project.corpus.takedowns.register import add
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write
from tests.flow.forging import verified
from tests.flow.test_erasure import holding
from tests.flow.test_reach import ids_of, opened, plain

ALL = Partition("deduplicated", "all@dev")
WEB = Partition("snapshots", "web@dev")
SOURCE = """
name: {name}
version: "{version}"
format: jsonl
location: PLACE/{name}/*.jsonl
license: MIT
license_evidence: signed off by the tests
retain: copy
columns: {{key: id, license: license}}
"""


def sourced(folder: Path, store: Store, files: dict[str, Sequence[int]], **more: Any) -> Library:
    """Sources whose files, by name/file, have these texts, under the license that `more` says of a number."""
    for place, numbers in files.items():
        rows = [{"id": f"d{n}", "text": prose(n), "license": more.get(f"d{n}", "MIT")} for n in numbers]
        write_jsonl(folder / f"{place}.jsonl", rows)
    for name in {place.partition("/")[0] for place in files}:
        said = SOURCE.format(name=name, version=more.get("version", "dev")).replace("PLACE", str(folder))
        write(folder / f"r/sources/{name}.yaml", said)
    return library(store, folder / "r")


def erased_ids(store: Store) -> set[str]:
    return {item.hex() for item in erased_table(store, read_erasures(store)).column("doc_id").to_pylist()}


def test_a_license_is_erased_where_no_corpus_took_it_in(tmp_path: Path) -> None:
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(4), "blogs/0": range(10, 12)}, d2="CC-BY-NC-4.0")
    found.build(Partition("licensed", "web@dev"))
    found.build(Partition("snapshots", "blogs@dev"))
    add(found.store, [Entry("license", "CC-BY-NC-4.0")])
    take_down(found, erase=True)
    assert erased_ids(found.store) == {ids_of(found, "web")["d2"]}
    assert holding(found.store, prose(2)) == []
    assert holding(found.store, prose(1))
    told = certificate(found.store, Entry("license", "CC-BY-NC-4.0").id)
    (name,) = told["out_of_reach"]["not_concluded"]
    assert name.startswith("snapshots/blogs@dev#")


def test_findings_that_quote_the_page_go_with_it(tmp_path: Path) -> None:
    said = "Copyright Jane Q. Doe, 12 Private Road"
    sourced(tmp_path, MemoryStore(), {"web/0": range(4)}, d1=said)
    write(tmp_path / "r/policies/plain.yaml", "name: plain\nrules: [{rule: words, min: 0}]\n")
    write(tmp_path / "r/corpora/all.yaml", f"name: all\nmax_removed: 1.0\n{plain('web')}\n")
    found = library(MemoryStore(), tmp_path / "r")
    corpus = found.build(ALL).manifest
    assert len(holding(found.store, said)) > 2
    add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
    take_down(found, erase=True)
    assert [path for path in holding(found.store, said) if path.endswith(".parquet")] == []
    assert verified(found.store, ALL, corpus.id).problems == []


def test_twins_are_erased_where_no_corpus_took_them_in(tmp_path: Path) -> None:
    sources = {"web": {"x": prose(1), "y": prose(2)}, "apart": {"twin": prose(1).upper(), "z": prose(3)}}
    found = opened(tmp_path, sources, {"all": plain("web")})
    found.build(ALL)
    ids = ids_of(found, "web") | ids_of(found, "apart")
    add(found.store, [Entry("document", ids["x"], "near")])
    take_down(found, erase=True)
    assert erased_ids(found.store) == {ids["x"], ids["twin"]}
    assert holding(found.store, prose(1), prose(1).upper()) == []


def test_what_was_erased_is_no_copy_of_anything_else(tmp_path: Path) -> None:
    """In snapshots that come later its text is empty, as that of all others is that were erased."""
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(4)})
    ids = ids_of(found, "web")
    first, second = Entry("document", ids["d0"], "near"), Entry("document", ids["d1"])
    add(found.store, [first, second])
    take_down(found, erase=True)
    later = sourced(tmp_path, found.store, {"web/0": range(4)}, version="2")
    write(tmp_path / "r/policies/plain.yaml", "name: plain\nrules: [{rule: words, min: 0}]\n")
    write(tmp_path / "r/corpora/all.yaml", f"name: all\nmax_removed: 1.0\n{plain('web')}\n")
    later = library(found.store, tmp_path / "r")
    later.build(ALL)
    take_down(later, erase=True)
    table = erased_table(found.store, read_erasures(found.store)).to_pylist()
    assert {(row["doc_id"].hex(), row["entry"]) for row in table} == {(ids["d0"], first.id), (ids["d1"], second.id)}


def test_a_plan_and_a_certificate_tell_of_other_versions(tmp_path: Path) -> None:
    """The documents of one version of a source are erased: most of them are those of the other, too."""
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(3)}, version="1")
    first = found.build(Partition("snapshots", "web@1")).manifest
    found = sourced(tmp_path, found.store, {"web/0": range(1, 5)}, version="2")
    second = found.build(Partition("snapshots", "web@2")).manifest
    write(tmp_path / "r/policies/plain.yaml", "name: plain\nrules: [{rule: words, min: 0}]\n")
    write(tmp_path / "r/corpora/all.yaml", f"name: all\n{plain('web')}\n")
    found = library(found.store, tmp_path / "r")
    corpus = found.build(ALL).manifest
    entry = Entry("source", "web@1")
    add(found.store, [entry])
    assert list(affected(found.planner)) == []
    assert list(to_be_erased(found.store, found.engine, [])) == [
        Erasing(Partition("snapshots", "web@1"), first.id, 3, 0),
        Erasing(Partition("snapshots", "web@2"), second.id, 2, 2),
        Erasing(ALL, corpus.id, 2, 2),
    ]
    take_down(found, erase=True)
    told = certificate(found.store, entry.id)["stood_in"]
    assert [(item["partition"], item["documents"], item["is_named"]) for item in told] == [
        ("snapshots/web@1", 3, True),
        ("snapshots/web@2", 2, False),
    ]
    assert list(to_be_erased(found.store, found.engine, [])) == []


def test_only_copies_of_objects_that_hold_it_are_not_kept(tmp_path: Path) -> None:
    """Small objects are read together; those that have nothing of it keep their copies."""
    found = sourced(tmp_path, MemoryStore(), {"web/0": [0, 1], "web/1": [2, 3]}, version="1")
    found.build(Partition("snapshots", "web@1"))
    doc_id = {row["locator"]: row["doc_id"].hex() for row in documents(found, "web@1")}["d1"]
    add(found.store, [Entry("document", doc_id)])
    take_down(found, erase=True)
    later = sourced(tmp_path, found.store, {"web/0": [0, 1, 4], "web/1": [2, 3, 5]}, version="2")
    recorded = later.build(Partition("snapshots", "web@2")).manifest.facts["raw_objects"]
    assert {Path(item["uri"]).name: "copy" in item for item in recorded} == {"0.jsonl": False, "1.jsonl": True}
    assert holding(found.store, prose(1)) == []
    again = sourced(tmp_path, found.store, {"web/0": [0, 1, 4], "web/1": [2, 3, 5]}, version="3")
    recorded = again.build(Partition("snapshots", "web@3")).manifest.facts["raw_objects"]
    assert {Path(item["uri"]).name: "copy" in item for item in recorded} == {"0.jsonl": False, "1.jsonl": True}


def documents(found: Library, key: str) -> list[dict[str, Any]]:
    files = found.planner.newest(Partition("snapshots", key)).files
    return [row for file in files for row in read_shard(found.store, file).to_pylist()]


@pytest.mark.parametrize("of", ["web", "zweb"])
def test_a_copy_of_objects_with_the_same_bytes_is_deleted_for_either(tmp_path: Path, of: str) -> None:
    files = {"web/0": [0, 1], "zweb/0": [0, 1]}
    found = sourced(tmp_path, MemoryStore(), files)
    for name in ("web", "zweb"):
        found.build(Partition("snapshots", f"{name}@dev"))
    (copy,) = (entry.path for entry in found.store.list("data/") if entry.path.endswith(".raw"))
    add(found.store, [Entry("document", ids_of(found, of)["d1"])])
    take_down(found, erase=True)
    assert found.store.size(copy) is None


def test_every_copy_of_a_record_that_came_twice_is_deleted(tmp_path: Path) -> None:
    """The second is in no table of documents, where what was read first is swept: its dead letter says where it is."""
    found = sourced(tmp_path, MemoryStore(), {"web/0": [0, 1], "web/1": [1, 2]}, d2="Apache-2.0")
    found.build(WEB)
    old = {path: (body, at - 30 * DAY_SECONDS) for path, (body, at) in found.store._objects.items()}  # type: ignore[attr-defined]
    found.store._objects |= old  # type: ignore[attr-defined]
    collect(found.store, unpublished_seconds=GRACE_SECONDS, delete=True)
    assert len([path for path in holding(found.store, prose(1)) if path.endswith(".parquet")]) == 1
    add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
    take_down(found, erase=True)
    assert holding(found.store, prose(1)) == []
    assert verified(found.store, WEB).problems == []
    swept = take_down(found, erase=True).swept
    assert swept is not None
    assert (swept.rewritten, swept.deleted) == (0, 0)


def test_a_copy_of_other_bytes_at_the_same_address_stays(tmp_path: Path) -> None:
    """And a second erasure still knows what was read, by what stands in the place of the tables."""
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(3)})
    ids = ids_of(found, "web")
    later = sourced(tmp_path, found.store, {"web/0": [2, 7]}, version="2")
    (raw,) = later.build(Partition("snapshots", "web@2")).manifest.facts["raw_objects"]
    add(found.store, [Entry("document", ids["d1"])])
    take_down(later, erase=True)
    assert [path for path in holding(found.store, prose(2)) if path.endswith(".raw")] == [raw["copy"]]
    assert verified(found.store, Partition("snapshots", "web@2")).problems == []
    add(found.store, [Entry("document", ids["d2"])])
    take_down(later, erase=True)
    assert holding(found.store, prose(2)) == []


def test_a_copy_that_a_killed_build_left_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(3)})
    add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
    later = sourced(tmp_path, found.store, {"web/0": range(5)}, version="2")
    monkeypatch.setattr(freeze, "settle_repeats", killed)
    with pytest.raises(KeyboardInterrupt):
        later.build(Partition("snapshots", "web@2"))
    monkeypatch.undo()
    (left,) = [path for path in holding(found.store, prose(4)) if path.endswith(".raw")]
    swept = take_down(later, erase=True).swept
    assert swept is not None
    assert (swept.leftovers, swept.under_way) == (0, 1)  # it may be under way
    objects = found.store._objects  # type: ignore[attr-defined]
    objects[left] = (objects[left][0], objects[left][1] - 2 * LEFT_SECONDS)
    take_down(later, erase=True)
    assert holding(found.store, prose(1)) == []


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_records_that_go_meanwhile_do_not_end_a_sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sourced(tmp_path, MemoryStore(), {"web/0": range(3)})
    add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
    write_jsonl(tmp_path / "web/0.jsonl", [{"id": "d9", "text": prose(9), "license": "MIT"}])
    found.build(Partition("snapshots", "web@dev"))
    listed, kinds = found.store.list, objects.kind_of

    def vanishing(prefix: str) -> Any:
        entries = list(listed(prefix))
        found.store.delete([entry.path for entry in entries[:2]] if prefix == "builds/" else [])
        return iter(entries)

    gone: list[str] = []

    def deleted(task: Any) -> str:
        kind = kinds(task)
        if kind == objects.DOCUMENTS and not gone and task.stored.path in holding(found.store, prose(9)):
            gone.append(task.stored.path)
            found.store.delete(gone)
        return kind

    monkeypatch.setattr(found.store, "list", vanishing)
    monkeypatch.setattr("dagster_project.corpus.erasing.erase.kind_of", deleted)
    swept = take_down(found, erase=True).swept
    assert gone
    assert swept is not None
    assert (swept.rewritten, swept.leftovers, swept.under_way) == (1, 0, 0)
    assert holding(found.store, prose(1)) == []


def test_a_portrait_that_was_drawn_meanwhile_knows_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the text before anybody asked, and ends when all of it was erased."""
    sources = {"web": {f"d{n}": prose(n) for n in range(3)}}
    found = opened(tmp_path, sources, {"all": plain("web")})
    corpus = found.build(ALL).manifest
    make, raced = drawing.make_part, list[bool]()

    def meanwhile(task: Any) -> Any:
        if not raced:
            raced.append(True)
            add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
            take_down(found, erase=True)
        return make(task)

    monkeypatch.setattr(drawing, "make_part", meanwhile)
    header = draw(found.store, found.engine, corpus)
    assert raced
    assert header == read_header(found.store, corpus.id)
    assert header.documents == 2
    drawn = {entry.path: found.store.get(entry.path) for entry in found.store.list(PREFIX)}
    assert draw(found.store, found.engine, corpus) == header  # the text is blank by now
    assert {entry.path: found.store.get(entry.path) for entry in found.store.list(PREFIX)} == drawn


def test_an_erasure_under_way_is_in_no_portrait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn when it is on record what goes, and the text is still there."""
    found = opened(tmp_path, {"web": {f"d{n}": prose(n) for n in range(3)}}, {"all": plain("web")})
    corpus, drawn = found.build(ALL).manifest, list[int]()

    def sweeping(store: Store, engine: Engine, known: Any) -> Any:
        assert holding(store, prose(1))
        drawn.append(draw(store, engine, corpus).documents)

    monkeypatch.setattr("dagster_project.corpus.building.taking_down.sweep", sweeping)
    add(found.store, [Entry("document", ids_of(found, "web")["d1"])])
    take_down(found, erase=True)
    assert drawn == [2]


def test_what_stands_is_looked_at_again_where_a_request_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(tmp_path, {"web": {f"d{n}": prose(n) for n in range(3)}}, {"all": plain("web")})
    found.build(ALL)
    audit, asked = found.audit, Entry("document", ids_of(found, "web")["d1"])

    def meanwhile(manifest: Manifest, bounds: Any) -> Any:
        if manifest.stage == "deduplicated":
            add(found.store, [asked])
        return audit(manifest, bounds)

    monkeypatch.setattr(found, "audit", meanwhile)
    built = found.build(ALL)
    assert built.fresh
    assert built.manifest.identity.recipe["withdrawn"]["entries"] == [asked.id]
