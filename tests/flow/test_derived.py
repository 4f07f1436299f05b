"""Derived sources from raw file to mix: parents looked up, licenses inherited, variants in turn, found both ways."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.model.errors import RecipeError, Refused
from dagster_project.corpus.model.manifests import File
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.snapshots.parents import REASONS
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from dagster_project.corpus.takedowns.texts import of_text
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

MIXED = Partition("mixed", "all@1")
NOTES = 24
LICENSES = ("MIT", "CC-BY-SA-4.0", None, "MIT OR GPL-3.0-only")  # of the notes, in turn
WORDINGS = 3  # of each note
MANNERS = ("", "plainly", "bluntly", "kindly")
RECIPES = {
    "sources/notes.yaml": "name: notes\nformat: jsonl\nlocation: PLACE/notes\n"
    "columns: {key: id, url: url, license: license}\n",
    "sources/wordings.yaml": """
name: wordings
format: jsonl
location: PLACE/wordings
derived_from: [notes]
max_bad_records: 0.2
access: synthetic
columns: {key: id, parents: parents, generator: model, license: license}
""",
    "sources/answers.yaml": """
name: answers
format: jsonl
location: PLACE/answers
derived_from: [wordings, notes]
columns: {key: id, parents: parents}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {rule: words, min: 1}\n",
    "corpora/notes.yaml": "name: notes\nmembers: [{source: notes, policy: plain}]\n",
    "corpora/made.yaml": """
name: made
members: [{source: wordings, policy: plain}, {source: answers, policy: plain}]
""",
    "mixes/all.yaml": """
name: all
version: "1"
seed: 5
budget: {documents: 60}
components:
  - {name: natural, corpus: notes, budget: {documents: 12}}
  - {name: wordings, corpus: made, sources: [wordings], variants: true, budget: {documents: 36}}
  - {name: answers, corpus: made, sources: [answers]}
licenses: {allow: [permissive, share-alike, unknown]}
""",
}


def text_of(number: int, wording: int = 0) -> str:
    """Wordings of one note are near copies of it and of each other."""
    return prose(number, 240) + (f"\nto put it {MANNERS[wording]}" if wording else "")


def ids_of(found: Library, source: str) -> dict[str, str]:
    """The doc_id of every key of a source."""
    manifest = found.build(Partition("snapshots", f"{source}@dev")).manifest
    rows = [row for file in manifest.files for row in read_shard(found.store, file, ["doc_id", "locator"]).to_pylist()]
    return {row["locator"]: row["doc_id"].hex() for row in rows}


def wordings(ids: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in range(NOTES):
        for wording in range(1, WORDINGS + 1):
            parent: Any = ids[f"n{number}"]
            parent = {1: parent, 2: [parent], 3: [{"doc_id": parent, "start": 0, "end": 20}]}[wording]
            text = text_of(number, wording)
            rows.append({"id": f"w{number}.{wording}", "text": text, "parents": parent, "model": f"m{wording}"})
    rows[0]["license"] = "CC0-1.0"
    first = ids["n0"]
    rows += [
        {"id": "orphan", "text": "nobody made this"},
        {"id": "stray", "text": "made of nothing here", "parents": "00" * 16},
        {"id": "beyond", "text": "made of more than there is", "parents": {"doc_id": first, "start": 3, "end": 10**6}},
        {"id": "bad", "text": "made of words", "parents": "n0"},
    ]
    return rows


def answers(notes: dict[str, str], made: dict[str, str]) -> list[dict[str, Any]]:
    """Of two parents each: a wording of one note, and the note after it."""
    return [
        {
            "id": f"a{number}",
            "text": f"Who wrote {number}? {prose(500 + number)}",
            "parents": [made[f"w{number}.2"], {"doc_id": notes[f"n{(number + 1) % NOTES}"], "start": 5}],
        }
        for number in range(NOTES)
    ]


def built(store: Store, folder: Path, files: int = 1, workers: int = 1, **changes: str) -> Library:
    for name, text in RECIPES.items():
        write(folder / "recipes" / name, changes.get(name, text).replace("PLACE", str(folder / "raw")))
    found = library(store, folder / "recipes", workers=workers, auditor=GreatExpectationsAuditor())
    notes = [
        {"id": f"n{n}", "url": f"http://notes.example/{n}", "text": text_of(n), "license": LICENSES[n % 4]}
        for n in range(NOTES)
    ]

    def spread(source: str, rows: list[dict[str, Any]]) -> None:
        for number in range(files):
            write_jsonl(folder / "raw" / source / f"{number}.jsonl", rows[number::files])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        spread("notes", notes)
        spread("wordings", wordings(ids_of(found, "notes")))
        spread("answers", answers(ids_of(found, "notes"), ids_of(found, "wordings")))
        found.build(Partition("published", "all@1"))
    found.engine.close()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(MemoryStore(), tmp_path_factory.mktemp("derived"))


def members(found: Library) -> list[dict[str, Any]]:
    mixed = found.build(MIXED).manifest
    return [row for file in mixed.files for row in read_shard(found.store, file).to_pylist()]


def side_table(found: Library, stage: str, source: str) -> dict[str, dict[str, Any]]:
    """Rows by key of the source."""
    keys = {doc_id: key for key, doc_id in ids_of(found, source).items()}
    manifest = found.build(Partition(stage, f"{source}@dev")).manifest
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    return {keys[row["doc_id"].hex()]: row for row in rows}


@pytest.mark.embedded
def test_any_files_shards_and_workers_give_the_same_version(tmp_path: Path, s3_store: S3Store, made: Library) -> None:
    other = built(s3_store, tmp_path, files=3, workers=2)
    for partition in (MIXED, Partition("licensed", "answers@dev"), Partition("snapshots", "wordings@dev")):
        assert other.build(partition).manifest.id == made.build(partition).manifest.id


def test_records_without_their_parents_are_dead_letters(made: Library) -> None:
    snapshot = made.build(Partition("snapshots", "wordings@dev")).manifest
    assert snapshot.profile["records"] == NOTES * WORDINGS + 4
    assert snapshot.rows == NOTES * WORDINGS
    assert snapshot.profile["dead_letters"] == {
        "bad parent": 1,
        "no parent": 1,
        "span outside parent": 1,
        "unknown parent": 1,
    }
    letters = [
        row for item in snapshot.facts["dead_letters"] for row in read_shard(made.store, File(**item)).to_pylist()
    ]
    details = {row["reason"]: json.loads(row["detail"])["parents"] for row in letters if row["reason"] in REASONS}
    assert details["unknown parent"] == "00" * 16
    assert details["span outside parent"].endswith("[3:1000000]")
    assert [item.partition for item in snapshot.inputs] == ["snapshots/notes@dev"]


def test_too_many_of_them_are_refused(tmp_path: Path) -> None:
    recipe = RECIPES["sources/wordings.yaml"].replace("max_bad_records: 0.2\n", "max_bad_records: 0.01\n")
    with pytest.raises(Refused, match=r"4 of 76 records cannot be read .*1 unknown parent"):
        built(MemoryStore(), tmp_path, **{"sources/wordings.yaml": recipe})


def test_licenses_are_inherited_through_generations(made: Library) -> None:
    wording, answer = side_table(made, "licensed", "wordings"), side_table(made, "licensed", "answers")
    assert [wording[f"w{n}.2"]["license"] for n in range(4)] == [
        "MIT", "CC-BY-SA-4.0", "NOASSERTION", "GPL-3.0-only OR MIT",
    ]  # fmt: skip
    assert wording["w0.1"]["license"] == "CC0-1.0 AND MIT"
    assert wording["w0.1"]["license_findings"] == ["laxer than a parent: CC0-1.0, and it has MIT"]
    assert {row["license_kind"] for key, row in wording.items() if int(key[1:].split(".")[0]) % 4 != 2} == {
        "parent.record"
    }
    assert [answer[f"a{n}"]["license"] for n in range(4)] == [
        "CC-BY-SA-4.0 AND MIT", "NOASSERTION", "NOASSERTION", "MIT",
    ]  # fmt: skip
    assert answer["a1"]["license_findings"] == ["unknown: 1 of 2 parents"]
    assert answer["a0"]["license_kind"] == "parent.record"
    assert {row["license_rule"] for row in (*wording.values(), *answer.values())} == {"derived:all-of-parents"}


def test_a_corrected_registry_entry_of_the_parents_reaches_the_grandchildren(tmp_path: Path) -> None:
    found = built(MemoryStore(), tmp_path)
    source = tmp_path / "recipes" / "sources" / "notes.yaml"
    source.write_text(source.read_text() + "license: CC-BY-4.0\nlicense_evidence: they wrote back\n")
    again = library(found.store, tmp_path / "recipes")
    assert side_table(again, "licensed", "wordings")["w2.1"]["license"] == "CC-BY-4.0"
    answer = side_table(again, "licensed", "answers")
    assert answer["a1"]["license"] == "CC-BY-4.0 AND CC-BY-SA-4.0"
    assert answer["a1"]["license_kind"] == "parent.registry"


def test_access_is_at_least_that_of_the_parents(made: Library) -> None:
    stages = {
        source: made.build(Partition("snapshots", f"{source}@dev")).manifest for source in ("wordings", "answers")
    }
    assert {name: item.facts["access"] for name, item in stages.items()} == {
        "wordings": "synthetic",
        "answers": "synthetic",
    }
    assert made.build(MIXED).manifest.facts["access"] == "synthetic"


def test_wordings_take_turns_and_near_copies_of_one_parent_survive(made: Library) -> None:
    survived = made.build(Partition("deduplicated", "made@dev")).manifest
    assert survived.profile["status"] == {"survivor": NOTES * (WORDINGS + 1)}
    assert survived.profile["variants"] > NOTES  # so many were suppressed otherwise
    turns: dict[str, list[str]] = defaultdict(list)
    keys = {doc_id: key for key, doc_id in ids_of(made, "wordings").items()}
    for row in members(made):
        if row["component"] == "wordings":
            assert row["copy"] == 0
            turns[keys[row["doc_id"].hex()].split(".")[0]].append(keys[row["doc_id"].hex()])
    assert sum(map(len, turns.values())) == 36
    assert Counter(len(taken) for taken in turns.values()) == {2: 12, 1: 12}  # a pass and a half
    assert all(len(set(taken)) == len(taken) for taken in turns.values())


def test_variants_may_be_suppressed_as_other_copies_are(tmp_path: Path) -> None:
    recipe = RECIPES["corpora/made.yaml"] + "variants: suppress\nmax_removed: 1\n"
    mix = RECIPES["mixes/all.yaml"].replace(", budget: {documents: 36}}", ", budget: {documents: 24}}")
    found = built(MemoryStore(), tmp_path, **{"corpora/made.yaml": recipe, "mixes/all.yaml": mix})
    status = found.build(Partition("deduplicated", "made@dev")).manifest.profile["status"]
    assert status == {"survivor": 2 * NOTES, "suppressed": NOTES * (WORDINGS - 1)}


def test_repeats_are_told_apart_by_kind(made: Library) -> None:
    found = made.build(MIXED).manifest.facts["repetition"]
    rows = members(made)
    parents = {doc_id: key.split(".")[0].replace("w", "n") for key, doc_id in ids_of(made, "wordings").items()}
    parents |= {doc_id: key for source in ("notes", "answers") for key, doc_id in ids_of(made, source).items()}
    families = Counter(parents[row["doc_id"].hex()] for row in rows)
    assert (found["exact"], found["near"]) == (0, 0)
    assert found["variant"] == len(rows) - len(families) >= 12
    assert sum(item["variant"] for item in found["by_source"].values()) == found["variant"]
    assert found["by_source"]["answers@dev"]["variant"] == 0


def test_a_document_is_traced_to_its_parents_and_theirs(made: Library) -> None:
    notes, worded, answered = (ids_of(made, source) for source in ("notes", "wordings", "answers"))
    found = trace(made.store, MIXED, bytes.fromhex(answered["a0"]))
    one, other = found["parents"]
    assert (one["doc_id"], one["source"], one["locator"]) == (worded["w0.2"], "wordings", "w0.2")
    assert (one["license"]["expression"], one["generator"]) == ("MIT", "m2")
    assert [item["doc_id"] for item in one["parents"]] == [notes["n0"]]
    assert one["parents"][0]["license"] == {"expression": "MIT", "class": "permissive", "kind": "record.license"}
    assert (other["doc_id"], other["start"], other["end"]) == (notes["n1"], 5, None)
    assert other["url"] == "http://notes.example/1"
    natural = trace(made.store, MIXED, bytes.fromhex(notes["n0"]))
    assert natural["parents"] == []


@pytest.mark.parametrize("limit", [0, 64])
def test_impact_finds_what_was_derived(made: Library, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By indexes and by sorting: the same."""
    monkeypatch.setattr("dagster_project.corpus.lineage.derived.LOOKED_UP_SINGLY", limit)
    rows = members(made)
    held = Counter(row["doc_id"].hex() for row in rows)
    worded, answered = ids_of(made, "wordings"), ids_of(made, "answers")
    notes = ids_of(made, "notes")
    children = {worded[f"w3.{wording}"] for wording in range(1, 4)} | {answered["a3"], answered["a2"]}
    for question in (
        Question(doc_id=bytes.fromhex(notes["n3"])),
        Question(url="http://notes.example/3"),
        Question(text=text_of(3)),
    ):
        (answer,) = impact(made.store, question)
        assert answer["documents"] == (notes["n3"] in held)
        assert answer["derived"] == len(children & held.keys())
        assert answer["derived_members"] == sum(held[child] for child in children)
    (whole,) = impact(made.store, Question(source="notes"))
    assert whole["derived"] == len((set(worded.values()) | set(answered.values())) & held.keys())
    assert whole["members"] == 12
    (by_host,) = impact(made.store, Question(host="notes.example"))
    assert by_host["derived"] == whole["derived"]
    assert impact(made.store, Question(source="answers"))[0]["derived"] == 0


def test_parents_that_only_lie_below_are_found_too(tmp_path: Path) -> None:
    mix = RECIPES["mixes/all.yaml"].replace("  - {name: natural, corpus: notes, budget: {documents: 12}}\n", "")
    found = built(MemoryStore(), tmp_path, **{"mixes/all.yaml": mix})
    notes = ids_of(found, "notes")
    for question in (Question(doc_id=bytes.fromhex(notes["n3"])), Question(text=text_of(3)), Question(source="notes")):
        (answer,) = impact(found.store, question)
        assert answer["members"] == 0
        assert answer["derived"] > 0
        assert answer["shards"]


def test_a_source_is_not_derived_from_itself(tmp_path: Path) -> None:
    recipe = RECIPES["sources/notes.yaml"].replace("license}", "license, parents: parents}")
    with pytest.raises(RecipeError, match=r"is derived from .*, and so from itself"):
        built(MemoryStore(), tmp_path, **{"sources/notes.yaml": recipe + "derived_from: [wordings]\n"})


@pytest.mark.parametrize("by_text", [False, True])
def test_what_is_taken_down_takes_along_what_was_made_of_it(tmp_path: Path, by_text: bool) -> None:
    found = built(MemoryStore(), tmp_path)
    note = ids_of(found, "notes")["n0"]
    entries = [Entry(*said) for said in of_text(text_of(0))] if by_text else [Entry("document", note)]
    add(found.store, entries)
    found.build(MIXED)
    keys = {doc_id: key for source in ("notes", "wordings", "answers") for key, doc_id in ids_of(found, source).items()}
    tables = [found.planner.newest(Partition("deduplicated", f"{name}@dev")) for name in ("notes", "made")]
    rows = [row for table in tables for file in table.files for row in read_shard(found.store, file).to_pylist()]
    gone = {keys[row["doc_id"].hex()] for row in rows if row["status"] == "withdrawn"}
    assert gone == {"n0", "w0.1", "w0.2", "w0.3", "a0", f"a{NOTES - 1}"}
    assert not gone & {keys[row["doc_id"].hex()] for row in members(found)}
