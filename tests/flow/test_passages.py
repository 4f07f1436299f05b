"""Passages that survivors share: counted, cut where the recipe says so, and the same whatever the layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.kernels.editing import edited
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.reports import REPORTS, render
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library, prose, write_jsonl, write_recipes
from tests.corpus.deduplication.test_layers import LAYERED, OLD, recipes, rows_of

NOTICE = (
    "This notice stands below every page of the site, and it says at length that nobody answers for the weather. " * 3
)
SHARED = (
    "the same sentence about a quiet letter between old paper trees stands in three of these notes and in no other "
)
LINE = "Subscribe to the letter of this house and have it every morning at your door."
PASSAGES, MIX = Partition("passages", "notes@dev"), Partition("published", "notes@dev")


def rows() -> list[dict[str, Any]]:
    """Ten notes: all end in one line, the first three share a long sentence, one is nothing but what others say."""
    texts = [f"{prose(number)}\n\n{LINE}\n" for number in range(10)]
    for number in range(3):
        texts[number] += f"{number} said {SHARED * 3} at {number}\n"
    texts.append(f"{texts[0]}{texts[1]}")
    licenses = ["MIT", "GPL-3.0-only"]
    return [{"id": f"d{n}", "text": text, "license": licenses[n == 0]} for n, text in enumerate(texts)]


def corpus(folder: Path, said: str, *, files: int = 1, workers: int = 1, documents: Any = None) -> Library:
    documents = documents or rows()
    for number in range(files):
        write_jsonl(folder / f"in/{number}.jsonl", documents[number::files])
    place = write_recipes(folder / "recipes", str(folder / "in/*.jsonl"), words=500)
    recipe = place / "corpora/notes.yaml"
    recipe.write_text(recipe.read_text() + "near: {similarity: 0.9}\n" + said)
    found = library(MemoryStore(), place)
    found.engine = LocalEngine(workers)
    return found


def told(found: Library, partition: Partition = PASSAGES) -> dict[str, dict[str, Any]]:
    """The rows by the name of the document, each with its text as the edits leave it."""
    manifest = found.build_all(found.needed(partition))[-1].manifest
    snapshot = found.build(Partition("snapshots", partition.key)).manifest
    by_digest = {file.sha256: file for file in snapshot.files}
    rows = {}
    for file in manifest.files:
        table = read_shard(found.store, file)
        documents = read_shard(found.store, by_digest[file.documents], ["doc_id", "text", "locator"])
        assert documents.column("doc_id").equals(table.column("doc_id"))
        left = edited(documents.append_column("edits", table.column("edits")))
        for row, locator, text in zip(table.to_pylist(), left.column("locator"), left.column("text"), strict=True):
            rows[locator.as_py()] = {**row, "text": text.as_py()}
    return rows


def test_nothing_is_cut_unless_it_is_asked_for(tmp_path: Path) -> None:
    found = corpus(tmp_path, "")
    rows_ = told(found)
    assert all(row["cut_bytes"] == 0 and not row["edits"] for row in rows_.values())
    shared = [name for name, row in rows_.items() if row["repeated_bytes"] > 0]
    assert sorted(shared) == ["d0", "d1", "d10", "d2"]
    assert all(row["repeated_lines"] >= 1 for row in rows_.values())
    manifest = found.build(PASSAGES).manifest
    (most, following, *_) = manifest.facts["most_repeated"]["line"]
    assert (most["copies"], most["bytes"]) == (11, len(LINE) + 1)
    assert following["copies"] < 11  # the document that has it first may have it twice
    assert manifest.profile["status"] == {"survivor": 11}


def test_the_strictest_license_gives_way(tmp_path: Path) -> None:
    found = corpus(tmp_path, "passages: {cut: true, shortest_line: 10}\n")
    rows_ = told(found)
    originals = {row["id"]: row["text"] for row in rows()}
    assert rows_["d10"]["status"] in ("survivor", "emptied")
    assert SHARED in rows_["d1"]["text"] or SHARED in rows_["d2"]["text"] or SHARED in rows_["d10"]["text"]
    assert SHARED not in rows_["d0"]["text"]  # under the GPL, the others under MIT
    holders = [name for name, row in rows_.items() if SHARED * 2 in row["text"]]
    assert len(holders) == 1
    for name, row in rows_.items():
        assert row["cut_bytes"] == len(originals[name]) - len(row["text"])


@pytest.mark.parametrize("said", ["passages: {cut_lines: 5}\n", "passages: {cut_paragraphs: 5, keep: none}\n"])
def test_lines_and_paragraphs_that_stand_often(tmp_path: Path, said: str) -> None:
    rows_ = told(corpus(tmp_path, said))
    holders = [name for name, row in rows_.items() if LINE in row["text"]]
    if "none" in said:
        assert sorted(holders) == ["d0", "d1", "d10", "d2"]  # their last paragraph is another
    else:
        (holder,) = holders
        assert all(item["copies"] == 11 for item in rows_[holder]["passages"] if item["kind"] == "line")


def test_mixes_take_the_words_and_the_text_that_are_left(tmp_path: Path) -> None:
    found = corpus(tmp_path, "passages: {cut: true, cut_lines: 5, max_cut: 0.9}\n")
    rows_ = told(found)
    mixed = found.build_all(found.needed(MIX))[-1].manifest
    texts = [row for file in mixed.files for row in read_shard(found.store, file).to_pylist()]
    by_id = {row["doc_id"]: row for row in rows_.values()}
    assert {row["text"] for row in texts} <= {row["text"] for row in rows_.values()}
    for row in texts:
        assert (row["text"], row["words"]) == (by_id[row["doc_id"]]["text"], by_id[row["doc_id"]]["words"])
    facts = json.loads(render(found.store, MIX, "json"))
    assert facts["funnel"]["unaccounted"] == 0
    assert all(render(found.store, MIX, name) for name in REPORTS)
    (passages,) = trace(found.store, Partition("mixed", "notes@dev"), texts[0]["doc_id"])["passages"]
    assert passages["words"] == texts[0]["words"]


def test_a_document_of_which_nothing_is_left_is_in_no_mix(tmp_path: Path) -> None:
    documents = [*rows(), {"id": "copied", "text": f"{SHARED * 3}", "license": "GPL-3.0-only"}]
    found = corpus(tmp_path, "passages: {cut: true, max_cut: 0.9}\n", documents=documents)
    rows_ = told(found)
    assert (rows_["copied"]["status"], rows_["copied"]["words"]) == ("emptied", 0)
    mixed = found.build_all(found.needed(MIX))[-1].manifest
    assert rows_["copied"]["doc_id"] not in [
        row["doc_id"] for file in mixed.files for row in read_shard(found.store, file).to_pylist()
    ]
    facts = json.loads(render(found.store, MIX, "json"))
    assert facts["funnel"]["unaccounted"] == 0
    emptied = sum(row["status"] == "emptied" for row in rows_.values())
    assert [member["emptied"]["documents"] for member in facts["funnel"]["members"]] == [emptied]


def test_ids_tell_nothing_of_files_and_workers(tmp_path: Path) -> None:
    said = "passages: {cut: true, cut_lines: 5}\n"
    ids = [
        found.build_all(found.needed(MIX))[-1].manifest.id
        for found in (
            corpus(tmp_path / "one", said),
            corpus(tmp_path / "four", said, files=4, workers=2),
            corpus(tmp_path / "turned", said, files=2, documents=rows()[::-1]),
        )
    ]
    assert len(set(ids)) == 1


def layered(folder: Path, cut: str = "passages: {cut: true, length: 40, max_cut: 1}") -> Library:
    """A base, and a layer on it with one note that borrows from the base and one that says nothing of its own."""
    place = recipes(folder, both=LAYERED)
    texts = {"borrows": f"{prose(70)}\n{OLD['a0'][:300]}", "copies": OLD["a3"][:200], "own": prose(71)}
    write_jsonl(folder / "new.jsonl", [{"id": key, "text": text, "license": "MIT"} for key, text in texts.items()])
    for name in ("old", "both"):
        recipe = place / f"corpora/{name}.yaml"
        recipe.write_text(recipe.read_text() + f"{cut}\n")
    return library(MemoryStore(), place)


def test_a_later_layer_gives_up_what_an_earlier_one_has(tmp_path: Path) -> None:
    found = layered(tmp_path)
    later = found.build_all(found.needed(Partition("passages", "both@dev")))[-1].manifest
    rows_ = rows_of(found, "passages", "both", "new")
    base, survivors = rows_of(found, "passages", "old", "old"), rows_of(found, "deduplicated", "both", "new")
    assert [row["status"] for row in survivors.values()] == ["survivor"] * 3
    assert [row["status"] for row in rows_.values()] == ["survivor", "emptied", "survivor"]
    assert rows_["borrows"]["cut_bytes"] == 300
    assert {item["first"] for item in rows_["borrows"]["passages"]} == {base["a0"]["doc_id"]}
    assert rows_["own"]["cut_bytes"] == base["a0"]["cut_bytes"] == base["a3"]["cut_bytes"] == 0
    again = layered(tmp_path / "again")
    assert again.build_all(again.needed(Partition("passages", "both@dev")))[-1].manifest.id == later.id


def test_passages_of_other_survivors_are_refused(tmp_path: Path) -> None:
    found = layered(tmp_path)
    found.build_all(found.needed(Partition("passages", "both@dev")))
    recipe = tmp_path / "r/corpora/old.yaml"
    recipe.write_text(recipe.read_text() + "prefer: [longest]\n")
    other = library(found.store, tmp_path / "r")
    for partition in (Partition("deduplicated", "old@dev"), Partition("deduplicated", "both@dev")):
        other.build(partition, upstream=False)
    with pytest.raises(Refused, match="rebuild passages/old"):
        other.build(Partition("passages", "both@dev"), upstream=False)
    assert other.build(Partition("passages", "both@dev")).fresh


def beside(folder: Path, said: str) -> Library:
    """The notes, and a second corpus of them in the same mix, of which `said` is said."""
    found = corpus(folder, said)
    place = folder / "recipes"
    (place / "corpora/whole.yaml").write_text(
        "name: whole\nmembers: [{source: notes, policy: plain}]\nnear: {similarity: 0.9}\n"
    )
    mix = place / "mixes/notes.yaml"
    mix.write_text(mix.read_text().replace("components:", "components:\n  - {name: whole, corpus: whole}"))
    return library(found.store, place)


def test_of_two_corpora_with_the_same_survivors_one_is_cut(tmp_path: Path) -> None:
    found = beside(tmp_path, "passages: {cut: true, cut_lines: 5, max_cut: 0.9}\n")
    mixed = found.build_all(found.needed(MIX))[-1].manifest
    texts = [row for file in mixed.files for row in read_shard(found.store, file).to_pylist()]
    assert any(LINE in row["text"] for row in texts if row["component"] == "whole")
    facts = json.loads(render(found.store, MIX, "json"))
    assert facts["funnel"]["unaccounted"] == 0
    emptied = {member["corpus"]: member["emptied"]["documents"] for member in facts["funnel"]["members"]}
    assert emptied["whole@dev"] == 0
    words = {member["corpus"]: member["survivors"]["words"] for member in facts["funnel"]["members"]}
    assert words["whole@dev"] > words["notes@dev"]


def test_what_is_said_most_often_does_not_depend_on_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "\n".join(f"the line with the number {number:03} stands in every one of them" for number in range(150))
    documents = [{"id": f"d{n}", "text": f"{prose(n)}\n{lines}\n", "license": "MIT"} for n in range(3)]
    told_ = []
    for number, bases in enumerate(((3, 5), (7, 11))):
        monkeypatch.setattr("dagster_project.corpus.kernels.segments.BASES", bases)
        found = corpus(tmp_path / str(number), "scope: source\n", documents=documents)
        told_.append(found.build_all(found.needed(PASSAGES))[-1].manifest.facts["most_repeated"])
    assert told_[0] == told_[1]
    assert len(told_[0]["line"]) == 100
