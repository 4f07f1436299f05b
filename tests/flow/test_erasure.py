"""Erasure: what was taken down is in no object of the store any more, whatever reads it, and does not come back."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.corpus.building.certificate_checks import complaints
from dagster_project.corpus.building.certificates import certificate
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.takedowns import affected
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.engine.engines import Engine
from dagster_project.corpus.erasing.asked import Answer, Asked, Span
from dagster_project.corpus.erasing.erase import sweep
from dagster_project.corpus.keeping.checking import check
from dagster_project.corpus.lineage.catalog import refresh
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.model.errors import Erased, IntegrityError, Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.outcomes import Outcome
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.reports import render
from dagster_project.corpus.statements.refusing import refuse_ended
from dagster_project.corpus.statements.statements import Statement, ended, make_statement, statements_of
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import history, load_manifest, published
from dagster_project.corpus.storage.replacements import all_replacements
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.erased import ERASED, erased_table, read_erasures
from dagster_project.corpus.takedowns.register import add, decide
from dagster_project.corpus.takedowns.texts import of_text
from dagster_project.corpus.verification.verify import verify
from dagster_project.views import connect
from tests.corpora import Lenient, library, prose
from tests.corpus.deduplication.test_layers import write
from tests.flow.test_takedowns import CORPUS, MIX, OTHER, PUBLISHED, RECIPES, newest, opened

TEXT = prose(3)  # web/3 and blogs/0
NEAR = prose(4)  # web/4, and blogs/1 with one more line
TITLE = "a title that tells of nobody else"
ENTRIES = [Entry(kind, value) for kind, value in of_text(TEXT)]
MAGIC_ZSTD, MAGIC_GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
WEB = Partition("snapshots", "web@1")
SECOND = Partition("snapshots", "web@2")
SOURCE = RECIPES["sources/{name}.yaml"].replace("license: license}}", "license: license, title: title}}")
POLICY = """
name: plain
rules:
  - {edit: redact}
  - {rule: words, min: 0, max: 100000}
"""


def contents(body: bytes) -> Iterator[bytes]:
    """An object as it lies there, and all that unpacking it gives."""
    yield body
    if body[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(body))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        yield sink.getvalue().to_pybytes()
    elif body[:4] == MAGIC_ZSTD:
        yield from contents(pa.CompressedInputStream(pa.BufferReader(body), "zstd").read())
    elif body[:2] == MAGIC_GZIP:
        yield from contents(gzip.decompress(body))
    elif body[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member)
                yield file.read() if file else b""


def holding(store: Store, *texts: str) -> list[str]:
    """The objects in which any line of these texts stands."""
    lines = [line.encode() for text in texts for line in text.splitlines()]
    return [
        entry.path
        for entry in store.list("")
        if any(line in found for found in contents(store.get(entry.path)) for line in lines)
    ]


def recipes(folder: Path, store: Store, version: str = "1") -> Library:
    """The recipes of takedowns, with titles, copies of raw objects, redaction, and a line that is no record."""
    opened(folder, store)
    for name in ("web", "blogs"):
        path = folder / name / "0.jsonl"
        said = [json.loads(line) for line in path.read_text().splitlines()]
        said = [{**row, "title": TITLE} if TEXT in row["text"] else row for row in said]
        said[3]["text"] += " mail me at someone@example.org" if name == "blogs" else ""
        path.write_text("".join(f"{json.dumps(row)}\n" for row in said) + f'{{"text": "{TEXT.splitlines()[0]}\n')
        recipe = SOURCE.format(name=name).replace("PLACE", str(folder)) + "retain: copy\nmax_bad_records: 0.2\n"
        write(folder / f"sources/{name}.yaml", recipe.replace('version: "1"', f'version: "{version}"'))
    write(folder / "policies/plain.yaml", POLICY)
    write(folder / "artifacts/bpe.yaml", RECIPES["artifacts/bpe.yaml"].format().replace("web@1", f"web@{version}"))
    return library(store, folder)


def build(folder: Path, store: Store) -> Library:
    found = recipes(folder, store)
    found.build(PUBLISHED)
    found.build(OTHER)
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return build(tmp_path_factory.mktemp("before"), MemoryStore())


@pytest.fixture
def built(before: Library, tmp_path: Path) -> Library:
    """A store of one's own with the same objects."""
    store = MemoryStore()
    store._objects |= before.store._objects  # type: ignore[attr-defined]
    return Library(store, before.recipes, before.engine, before.auditor)


def test_the_text_is_nowhere_and_everything_still_reads(s3_store: Store, tmp_path: Path) -> None:
    """On the real server, objects of all kinds among those that hold it."""
    found, store = build(tmp_path, s3_store), s3_store
    old = {partition: newest(found, partition) for partition in (CORPUS, MIX, PUBLISHED)}
    suffixes = {path.rpartition(".")[2] for path in holding(store, TEXT, TITLE)}
    assert suffixes >= {"parquet", "raw", "zst", "tar", "mds"}, suffixes
    add(store, ENTRIES)
    applied = take_down(found, erase=True)
    assert holding(store, TEXT, TITLE) == []
    assert applied.swept is not None
    assert min(applied.swept[:2]) > 0
    assert {str(item.partition) for item in applied.built} >= {"deduplicated/notes@1", "published/notes@1"}
    assert [*affected(found.planner)] == []
    everything_reads(store)
    new = newest(found, PUBLISHED)
    assert [sample.index for sample in Loader(store, new, Begin("jsonl"))]
    with pytest.raises(Erased, match=r"was erased for takedown [0-9a-f]{12}( and 1 more)?: use the version"):
        list(Loader(store, old[PUBLISHED], Begin("jsonl")))
    with pytest.raises(Refused, match=rf"withdrawn for takedown .*: use published/notes@1#{new.id[:12]}"):
        refuse_ended(store, PUBLISHED, old[PUBLISHED].id)
    with pytest.raises(Refused, match="no longer exported"):
        render(store, MIX, "card", old[MIX].id)
    assert render(store, MIX, "json", old[MIX].id)  # it can still be proved
    assert impact(store, Question(url="https://web3.example.org/3"))
    again = take_down(found, erase=True)  # to repeat it changes nothing
    assert (again.swept, again.built, again.withdrawn) == ((0, 0, 0, 0), [], [])
    told = certificate(store, ENTRIES[-1].id)
    assert complaints(store, told) == []
    assert {item["source"] for item in told["removed"]} == {"web@1", "blogs@1"}


def everything_reads(store: Store) -> None:
    """Every version that was ever published, rows in their order."""
    for partition in published(store):
        for ref in history(store, partition):
            for file in load_manifest(store, ref.id).files:
                table = read_shard(store, file)
                assert table.num_rows == file.rows
                name = table.column_names[0]
                assert read_shard(store, file, [name]).column(name).equals(table.column(name))


def test_rows_that_stay_are_as_they_were(before: Library, built: Library) -> None:
    add(built.store, ENTRIES)
    take_down(built, erase=True)
    records = list(all_replacements(built.store))
    # versions that were built for this erasure quote findings of what goes, and are swept like all others
    tables = [item for item in records if item.new and before.store.size(item.old.path) is not None]
    assert tables
    for item in tables:
        assert item.new is not None
        old = read_shard(before.store, item.old)
        new = read_shard(built.store, item.new)
        assert new.schema == old.schema
        stays = pa.array([row for row in range(old.num_rows) if row not in item.rows], pa.int64())
        assert new.take(stays).equals(old.take(stays))
        if "doc_id" in old.column_names:
            ids = [doc_id.hex() for doc_id in old.column("doc_id").take(pa.array(item.rows)).to_pylist()]
            assert ids == list(item.doc_ids)
            assert new.column("doc_id").equals(old.column("doc_id"))
    (shard,) = newest(built, WEB).files
    rows = [row for row in read_shard(built.store, shard).to_pylist() if row["url"] == "https://web3.example.org/3"]
    assert [(row["text"], row["title"], row["metadata"], row["structure"]) for row in rows] == [("", None, None, [])]
    assert newest(built, OTHER).id != newest(before, OTHER).id  # blogs/0 was a member of it
    asked = {entry.id for entry in ENTRIES}
    assert all(set(item.entries) <= asked for item in records)


def test_what_killed_runs_left_goes_too(built: Library) -> None:
    (path,) = [path for path in holding(built.store, TEXT) if path.endswith(".jsonl.zst")][:1]
    objects = built.store._objects  # type: ignore[attr-defined]
    digest = path.split("/")[-1].partition(".")[0]
    left = [path.replace(digest, f"{number:064x}") for number in (1, 2)]
    for other, modified in ((left[0], 0.0), ("scratch/exchange/ab/0", 0.0), (left[1], 1e11), ("scratch/b", 1e11)):
        objects[other] = (built.store.get(path), modified)
    add(built.store, ENTRIES)
    swept = take_down(built, erase=True).swept
    assert swept is not None
    assert (swept.leftovers, swept.under_way) == (2, 2)
    assert holding(built.store, TEXT) == [left[1], "scratch/b"]  # of runs under way: the certificate counts them


def test_mixes_that_hold_nothing_of_it_are_untouched(before: Library, built: Library) -> None:
    add(built.store, [Entry("url", "https://web3.example.org/3")])
    built.refill = True  # so that the copy stands for it
    built.__post_init__()
    take_down(built, erase=True)
    for partition in (OTHER, Partition("deduplicated", "apart@1")):
        assert newest(built, partition).id == newest(before, partition).id
        assert statements_of(built.store, newest(built, partition).id) == []
    assert holding(built.store, TEXT)  # its copy among the blogs stays
    told = certificate(built.store, Entry("url", "https://web3.example.org/3").id)
    (check,) = told["check"]
    assert [(hit["by"], hit["is_copy"], hit["is_explained"]) for hit in check["hits"]] == [("exact", True, True)]
    assert check["hits"][0]["source"].startswith("blogs@1 ")
    assert complaints(built.store, told) == []


def test_a_near_copy_goes_from_every_corpus_when_it_is_erased(built: Library) -> None:
    """The corpus `apart` has the copy alone, and nothing there tells that it is one."""
    add(built.store, [Entry("url", "https://web4.example.org/4", "near")])
    take_down(built, erase=True)
    assert holding(built.store, NEAR) == []
    ids = set(erased_table(built.store, read_erasures(built.store)).column("doc_id").to_pylist())
    assert len(ids) == 2
    members = {
        doc_id
        for file in newest(built, OTHER).files
        for doc_id in read_shard(built.store, file).column("doc_id").to_pylist()
    }
    assert not members & ids
    everything_reads(built.store)


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_later_snapshot_does_not_bring_it_back(
    before: Library, built: Library, tmp_path: Path, forgotten: bool
) -> None:
    """Also where nothing of what was read is remembered, and all of it is read again."""
    add(built.store, ENTRIES)
    take_down(built, erase=True)
    if forgotten:
        built.store.delete([entry.path for entry in built.store.list("builds/")])
    recipes(tmp_path, built.store, version="2")
    write(
        tmp_path / "corpora/notes.yaml", RECIPES["corpora/notes.yaml"].format().replace('version: "1"', 'version: "2"')
    )
    later = library(built.store, tmp_path)
    manifest = later.build(SECOND).manifest
    assert holding(built.store, TEXT, TITLE) == []
    assert manifest.rows == newest(before, WEB).rows
    rows = [row for file in manifest.files for row in read_shard(built.store, file).to_pylist()]
    assert [row["url"] for row in rows if not row["text"]] == ["https://web3.example.org/3"]
    assert manifest.identity.recipe["erased"]
    corpus = later.build(Partition("deduplicated", "notes@2")).manifest
    assert holding(built.store, TEXT, TITLE) == []
    blank = {row["doc_id"] for row in rows if not row["text"]}
    found = [row for file in corpus.files for row in read_shard(built.store, file).to_pylist()]
    assert {row["status"] for row in found if row["doc_id"] in blank} <= {"withdrawn", "rejected"}
    report = verify(built.store, built.engine, Partition("deduplicated", "notes@2"), corpus.id)
    assert (report.problems, report.stages["snapshots"].erased) == ([], 2)  # blank since they were read


def test_later_versions_are_what_they_would_be_without_earlier_work(built: Library, tmp_path: Path) -> None:
    """Shards that are found name what stands in the place of the old ones: their digests, and so the ids, are those of
    the rows that were there; and more may be erased from them."""
    add(built.store, ENTRIES)
    take_down(built, erase=True)
    recipes(tmp_path, built.store, version="2")
    corpus = RECIPES["corpora/notes.yaml"].format().replace('version: "1"', 'version: "2"')
    write(tmp_path / "corpora/notes.yaml", corpus)
    place, versions = Partition("deduplicated", "notes@2"), list[str]()
    for forgotten in (True, False):
        store = MemoryStore()
        store._objects |= built.store._objects  # type: ignore[attr-defined]
        if forgotten:
            store.delete([entry.path for entry in store.list("builds/")])
        versions.append(library(store, tmp_path).build(place).manifest.id)
    assert len(set(versions)) == 1
    add(store, [Entry("url", "https://web4.example.org/4", "near")])
    take_down(Library(store, built.recipes, built.engine, built.auditor), erase=True)
    report = verify(store, built.engine, place, versions[0], sample=None)
    assert (report.problems, report.stages["snapshots"].erased) == ([], 4)


def test_what_is_left_verifies_and_answers(built: Library) -> None:
    """A copy of what was erased stays, for the request meant the document alone."""
    web = newest(built, WEB)
    ids = [row for file in web.files for row in read_shard(built.store, file).to_pylist() if row["text"] == TEXT]
    add(built.store, [Entry("document", ids[0]["doc_id"].hex())])
    take_down(built, erase=True)
    assert holding(built.store, TEXT)  # that of the copy
    for place in (CORPUS, PUBLISHED, OTHER):
        for version in {ref.id for ref in history(built.store, place)}:
            assert verify(built.store, built.engine, place, version, sample=None).problems == []
    with connect(built.store, refresh(built.store)) as asked:
        (blank,) = asked.execute("SELECT count(*) FROM documents WHERE text = ''").fetchone()
    assert blank == 1


def test_a_version_that_stands_again_is_exported_whoever_was_stopped(
    built: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = entries = [ENTRIES[-1]]
    old = newest(built, PUBLISHED).id
    add(built.store, entries)
    take_down(built)
    assert ended(statements_of(built.store, old))
    decide(built.store, entry.id, "refuse")
    with monkeypatch.context() as stopped:
        stopped.setattr(Library, "_restore", lambda *_: None)
        built.build(PUBLISHED)
    assert newest(built, PUBLISHED).id == old
    assert ended(statements_of(built.store, old))
    built.build(PUBLISHED)
    assert ended(statements_of(built.store, old)) is None


def test_a_raw_object_that_changed_and_holds_it_still_is_not_copied(built: Library, tmp_path: Path) -> None:
    add(built.store, ENTRIES)
    take_down(built, erase=True)
    later = recipes(tmp_path, built.store, version="2")
    path = tmp_path / "web" / "0.jsonl"
    path.write_text(path.read_text() + json.dumps({"id": "new", "text": prose(99), "license": "MIT"}) + "\n")
    manifest = later.build(SECOND).manifest
    assert holding(built.store, TEXT, TITLE) == []
    assert ["copy" in item for item in manifest.facts["raw_objects"]] == [False]
    assert holding(built.store, prose(99))  # in the snapshot


def test_a_build_that_raced_the_request_does_not_bring_it_back(
    built: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the text before anybody asked, and ends after all of it was erased."""
    later = recipes(tmp_path, built.store, version="2")
    audit, raced = later.audit, list[bool]()

    def meanwhile(manifest: Manifest, bounds: Any) -> Any:
        if not raced:
            raced.append(True)
            add(built.store, ENTRIES)
            take_down(built, erase=True)
            built.store._objects |= held  # type: ignore[attr-defined]
        return audit(manifest, bounds)

    made = later._run
    held: dict[str, Any] = {}

    def remembering(*args: Any) -> Manifest:
        found = made(*args)
        # what a worker that lags behind writes after the sweep
        held.update(
            {path: item for path, item in built.store._objects.items() if path.startswith(("data/", "builds/"))}
        )  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(later, "audit", meanwhile)
    monkeypatch.setattr(later, "_run", remembering)
    later.build(SECOND)
    assert raced
    shards = newest(later, SECOND).files
    texts = [row["text"] for file in shards for row in read_shard(built.store, file).to_pylist()]
    assert TEXT not in texts
    take_down(built, erase=True)  # and what the other left behind goes with the next
    assert holding(built.store, TEXT, TITLE) == []


class Strict(Lenient):
    """An auditor that lets no mix pass."""

    def audit(self, manifest: Manifest, bounds: Mapping[str, Any]) -> Sequence[Outcome]:
        return [Outcome("enough", False, "error", "more is left")] if manifest.stage == "mixed" else []


def test_a_mix_that_fails_its_audit_keeps_no_text_from_being_erased(built: Library) -> None:
    add(built.store, ENTRIES)
    applied = take_down(Library(built.store, built.recipes, built.engine, Strict()), erase=True)
    lacking = {str(item.partition): item.lacking for item in applied.affected if item.lacking}
    assert lacking.keys() == {str(MIX), str(OTHER)}
    assert lacking[str(MIX)].startswith("cannot be rebuilt: ")
    assert holding(built.store, TEXT, TITLE) == []


@pytest.mark.parametrize("held", [PUBLISHED, WEB])
def test_who_holds_a_version_is_asked_first(built: Library, held: Partition) -> None:
    add(built.store, ENTRIES)
    version = newest(built, held).id
    hold = Statement("held", version, str(held), "evidence in a case", "the counsel")
    make_statement(built.store, hold)
    with pytest.raises(Refused, match=r"is held by the counsel since .*, and holds what is to be erased: release it"):
        take_down(built, erase=True)
    assert holding(built.store, TEXT)
    make_statement(built.store, Statement("released", version, str(held), "the case is closed", "the counsel"))
    take_down(built, erase=True)
    assert holding(built.store, TEXT) == []
    make_statement(built.store, replace(hold, version=newest(built, WEB).id, partition=str(WEB)))
    take_down(built, erase=True)  # it loses nothing more


@pytest.mark.parametrize(("kind", "named"), [("manifests", b".raw"), ("builds", b'"order"')])
def test_an_altered_record_is_told_before_anything_goes(built: Library, kind: str, named: bytes) -> None:
    """What it names, such as copies and exports, is not known, and would be left behind."""
    add(built.store, ENTRIES)
    path = next(item.path for item in built.store.list(f"{kind}/") if named in built.store.get(item.path))
    body = built.store.get(path)
    for altered in (body.replace(named, named.upper(), 1), body[:-1]):
        built.store.put(path, altered)
        with pytest.raises(IntegrityError, match=path.rpartition("/")[2][:-5]):
            sweep(built.store, built.engine, ERASED.empty_table())


def test_a_damaged_record_is_named_where_exports_were_erased(built: Library) -> None:
    add(built.store, ENTRIES)
    take_down(built, erase=True)
    for path in [next(built.store.list(f"{kind}/")).path for kind in ("manifests", "builds", "replacements")]:
        body = built.store.get(path)
        built.store.put(path, body[:-1])
        assert path in {item.path for item in check(built.store).problems}
        built.store.put(path, body)
    assert check(built.store).problems == []


def test_a_certificate_is_held_against_the_store(built: Library) -> None:
    add(built.store, ENTRIES)
    entry = ENTRIES[-1].id
    applied = take_down(built)
    assert {item.partition for item in applied.withdrawn} >= {str(MIX), str(PUBLISHED), str(CORPUS)}
    plain = certificate(built.store, entry)
    assert (plain["erased"], plain["objects"]) == (False, [])
    doc_id, new = plain["removed"][0]["doc_id"], newest(built, PUBLISHED).id
    (member, *_) = read_shard(built.store, newest(built, MIX).files[0]).column("doc_id").to_pylist()
    spans = (
        Span(doc_id, 0, 60, new, "verbatim", ("ab" * 16,)),
        Span(doc_id, 20, 90, new, "false", (member.hex(),)),
        Span(doc_id, 30, 90, new, "unknown", (member.hex(),)),
        Span(doc_id, 40, 90, new, "in parts", (member.hex(), doc_id)),
    )

    def ask(store: Store, engine: Engine, known: pa.Table, mixes: Sequence[Manifest]) -> dict[str, Answer]:
        assert holding(store, TEXT)
        return dict.fromkeys(known.column("entry").to_pylist(), Answer({doc_id: Asked((new,), 7)}, spans))

    take_down(built, erase=True, ask=ask)
    told = certificate(built.store, entry)
    assert [item["is_explained"] for item in told["portrait"]["spans"]] == [False, True, False, False]
    assert "is no member of" in told["portrait"]["spans"][0]["explanation"]
    assert "is one of the removed documents" in told["portrait"]["spans"][3]["explanation"]
    counts = {name: told["portrait"][name] for name in ("documents", "without_text", "versions")}
    assert counts == {"documents": 2, "without_text": 0, "versions": [new]}  # the other one was asked about before
    assert told["portrait"]["shown_false"] >= 7
    assert complaints(built.store, told)[0] == "3 spans that a portrait claims are not explained"
    assert len(complaints(built.store, told)) == 3  # and two of their holders are not there
    assert [name.partition("#")[0] for name in told["out_of_reach"]["trained_on_it"]] == ["artifacts/bpe@1"]
    deleted = next(item for item in told["objects"] if item["new"] is None)
    old = File(deleted["path"], deleted["old"], 3, 0)
    built.store.put_once(old.path, b"TEXT")
    with pytest.raises(Refused, match="the text is gone: it cannot be taken back"):
        decide(built.store, entry, "pending")
    said = complaints(built.store, {**told, "portrait": {**told["portrait"], "spans": []}})
    assert said == [
        f"{old.path} stands again: apply the takedown again with --erase",
        "portraits answered otherwise than the certificate says, or were asked again since: make it again",
    ]
    for part in ("versions", "objects", "check"):
        assert {*complaints(built.store, {**told, part: []})} - {*complaints(built.store, told)}
    with pytest.raises(Refused, match="no certificate of this release"):
        complaints(built.store, {"format": 1})


def test_what_was_refused_in_the_end_stands_again(built: Library) -> None:
    version = newest(built, MIX).id
    add(built.store, ENTRIES)
    take_down(built)
    assert ended(statements_of(built.store, version))
    for entry in ENTRIES:
        decide(built.store, entry.id, "refuse", "a judge")
    built.build(PUBLISHED)
    assert newest(built, MIX).id == version
    assert ended(statements_of(built.store, version)) is None
