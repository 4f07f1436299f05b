"""Takedowns: what is asked for goes out of corpora and mixes, everything else stays where it stood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.takedowns import affected
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.loading.loader import Begin, Loader
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import File, Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import TAKEDOWN, history, load_manifest
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add, decide, last_number
from dagster_project.corpus.takedowns.texts import of_text
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

CORPUS, MIX, PUBLISHED = (Partition(stage, "notes@1") for stage in ("deduplicated", "mixed", "published"))
OTHER = Partition("mixed", "other@1")
RECIPES = {
    "sources/{name}.yaml": """
name: {name}
version: "1"
format: jsonl
location: PLACE/{name}/*.jsonl
license: CC-BY-4.0
license_evidence: signed off by the tests
columns: {{text: text, url: url, license: license}}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {{rule: words, min: 1}}\n",
    "corpora/notes.yaml": """
name: notes
version: "1"
members: [{{source: web, policy: plain}}, {{source: blogs, policy: plain}}]
""",
    "corpora/apart.yaml": 'name: apart\nversion: "1"\nmembers: [{{source: blogs, policy: plain}}]\n',
    "mixes/notes.yaml": """
name: notes
version: "1"
seed: 5
budget: {{words: 6000}}
components: [{{name: all, corpus: notes, max_epochs: 3}}]
repetition: {{epochs: 0.99}}
exports: [parquet, jsonl, numpy, megatron, mds, webdataset, packed]
tokenizer: bpe@1
shard_words: 700
packing: {{length: 64}}
""",
    "mixes/other.yaml": """
name: other
version: "1"
budget: {{words: 900}}
components: [{{name: all, corpus: apart}}]
""",
    "artifacts/bpe.yaml": """
name: bpe
version: "1"
kind: tokenizer
positives: [{{partition: snapshots/web@1}}]
tokenizer: {{vocabulary: 320}}
""",
}
WEB, BLOGS = 30, 15
STAYS = ("index", "doc_id", "component", "phase", "copy", "words", "tokens")


def rows(name: str) -> list[dict[str, Any]]:
    """Of the blogs the first three are copies of the web's: one exact, one near."""
    count, first = (WEB, 0) if name == "web" else (BLOGS, 100)
    found = [
        {"url": f"https://{name}{number % 5}.example.org/{number}", "text": prose(first + number), "license": "MIT"}
        for number in range(count)
    ]
    if name == "blogs":
        found[0]["text"] = prose(3)
        found[1]["text"] = prose(4) + "\nand one more line"
    return found


def opened(folder: Path, store: Store | None = None, files: int = 1, **more: Any) -> Library:
    for name in ("web", "blogs"):
        for number in range(files):
            write_jsonl(folder / name / f"{number}.jsonl", rows(name)[number::files])
    for path, text in RECIPES.items():
        for name in ("web", "blogs"):
            said = text.format(name=name).replace("PLACE", str(folder))
            write(folder / path.format(name=name), said)
    return library(store or MemoryStore(), folder, **more)


@pytest.fixture
def built(tmp_path: Path) -> Library:
    found = opened(tmp_path, auditor=GreatExpectationsAuditor())
    found.build(PUBLISHED)
    found.build(OTHER)
    return found


def members(store: Store, manifest: Manifest, columns: Sequence[str] = STAYS) -> list[dict[str, Any]]:
    return [row for file in manifest.files for row in read_shard(store, file, list(columns)).to_pylist()]


def newest(found: Library, partition: Partition) -> Manifest:
    return found.planner.newest(partition)


def statuses(found: Library) -> dict[str, tuple[str, str | None]]:
    """By URL."""
    told = {}
    table = newest(found, CORPUS)
    for name in ("web", "blogs"):
        for file in newest(found, Partition("snapshots", f"{name}@1")).files:
            documents = read_shard(found.store, file, ["url"])
            (beside,) = [item for item in table.files if item.documents == file.sha256]
            for url, row in zip(
                documents.column("url").to_pylist(), read_shard(found.store, beside).to_pylist(), strict=True
            ):
                told[url] = (row["status"], row["kind"])
    return told


def test_a_mix_keeps_its_order_with_holes(built: Library) -> None:
    whole = newest(built, MIX)
    before = members(built.store, whole)
    gone = {row["doc_id"] for row in members(built.store, whole, ("doc_id", "source")) if row["source"] == "web@1"}
    gone = set(sorted(gone)[:3])
    others = {partition: newest(built, partition).id for partition in (OTHER, Partition("deduplicated", "apart@1"))}
    add(built.store, [Entry("document", item.hex()) for item in gone])
    assert {str(item.partition): item.documents for item in affected(built.planner)} == {
        "deduplicated/notes@1": 3,
        "mixed/notes@1": 3,
    }
    holed = built.build(MIX).manifest
    assert members(built.store, holed) == [row for row in before if row["doc_id"] not in gone]
    assert holed.profile["taken_down"]["documents"] == {"all": 3}
    assert holed.profile["words"] == sum(row["words"] for row in before if row["doc_id"] not in gone)
    assert holed.facts["repetition"]["members"] == holed.rows
    assert history(built.store, MIX)[-1].reason == TAKEDOWN
    assert {item: newest(built, item).id for item in others} == others
    assert [str(item.partition) for item in affected(built.planner)] == ["published/notes@1"]
    built.build(PUBLISHED)
    assert [*affected(built.planner)] == []
    assert not built.build(MIX).fresh


def test_a_mix_with_holes_is_warned_of_by_what_is_left_in_it(tmp_path: Path) -> None:
    found = opened(tmp_path)
    (whole,) = found.build(MIX).manifest.facts["warnings"]
    assert "web@1 1.00" in whole["said"]
    assert "blogs@1 1.00" in whole["said"]
    add(found.store, [Entry("source", "blogs")])
    manifest = found.build(MIX).manifest
    (holed,) = manifest.facts["warnings"]
    assert manifest.profile["taken_down"]["documents"]["all"] > 0
    assert "web@1 1.00" in holed["said"]
    assert "blogs" not in holed["said"]


def test_what_is_published_keeps_its_places_in_every_format(built: Library) -> None:
    old = newest(built, PUBLISHED)
    before = {sample.index: sample for sample in Loader(built.store, old, Begin("parquet"))}
    gone = {before[index].doc_id for index in (0, 1, 20)}
    add(built.store, [Entry("document", item.hex()) for item in gone])
    new = built.build(PUBLISHED).manifest
    assert new.facts["total"] == old.rows > new.rows
    assert new.facts["starts"] == old.facts["starts"]
    kept = [sample for sample in before.values() if sample.doc_id not in gone]
    for name in ("parquet", "jsonl", "numpy", "megatron", "mds", "webdataset"):
        samples = list(Loader(built.store, new, Begin(name)))
        assert [(item.index, item.doc_id) for item in samples] == [(item.index, item.doc_id) for item in kept]
        for one, other in zip(samples, kept, strict=True):
            assert one.text in (None, other.text)
            assert one.tokens is None or np.array_equal(one.tokens, other.tokens)
    same = {file["sha256"] for file in old.facts["order"]} & {file["sha256"] for file in new.facts["order"]}
    assert same  # shards without a hole are the very same objects


def test_a_run_goes_on_from_the_checkpoint_of_the_version_before(built: Library) -> None:
    old = newest(built, PUBLISHED)
    first = Loader(built.store, old, Begin("numpy"))
    taken = [sample.index for sample, _ in zip(first, range(10), strict=False)]
    last = max(old.rows - 3, 11)
    gone = next(sample.doc_id for sample in Loader(built.store, old, Begin("numpy", last)))
    add(built.store, [Entry("document", gone.hex())])
    new = built.build(PUBLISHED).manifest
    resumed = Loader.from_state(built.store, new, first.state(10))
    rest = [sample.index for sample in resumed]
    lost = [sample.index for sample in Loader(built.store, old, Begin("numpy")) if sample.doc_id == gone]
    assert sorted([*taken, *rest, *[index for index in lost if index >= 10]]) == list(range(old.rows))
    steps = [step for table in resumed.seen(0, resumed.steps) for step in table.column("step").to_pylist()]
    assert steps == [index - 10 for index in rest]


def test_refilled_it_is_made_anew(built: Library, tmp_path: Path) -> None:
    before = newest(built, MIX)
    add(built.store, [Entry("document", members(built.store, before)[0]["doc_id"].hex())])
    built.build(MIX)
    refilling = opened(tmp_path, built.store, auditor=GreatExpectationsAuditor())
    refilling.refill = True
    refilling.__post_init__()
    found = refilling.build(MIX).manifest
    assert [row["index"] for row in members(built.store, found)] == list(range(found.rows))
    assert found.profile["words"] >= before.profile["words"] - 200  # the budget again
    assert not built.build(MIX).fresh  # a mix that was refilled stays so


def test_the_next_of_a_family_stands_for_it(built: Library) -> None:
    before = statuses(built)
    twins = ("https://web3.example.org/3", "https://blogs0.example.org/0")
    survivor, copy = sorted(twins, key=lambda url: before[url][0] != "survivor")
    assert (before[survivor][0], before[copy][0]) == ("survivor", "suppressed")
    add(built.store, [Entry("url", survivor)])
    built.build(MIX)
    after = statuses(built)
    assert after[survivor] == ("withdrawn", "document")
    assert after[copy][0] == "survivor"
    assert {url: found for url, found in after.items() if url not in twins} == {
        url: found for url, found in before.items() if url not in twins
    }


@pytest.mark.parametrize("scope", ["near", "family"])
def test_copies_go_where_that_is_asked(built: Library, scope: Any) -> None:
    near = ("https://web4.example.org/4", "https://blogs1.example.org/1")
    add(built.store, [Entry("url", near[0], scope)])
    built.build(MIX)
    after = statuses(built)
    assert {url for url, (status, _) in after.items() if status == "withdrawn"} == {*near}
    assert [after[url][1] for url in near] == ["document", "near"]
    urls = {
        trace(built.store, MIX, row["doc_id"])["document"]["url"] for row in members(built.store, newest(built, MIX))
    }
    assert not urls & {*near}


@pytest.mark.parametrize(
    ("kind", "value", "count"),
    [
        ("host", "web2.example.org", WEB // 5),
        ("domain", "example.org", WEB + BLOGS),
        ("source", "blogs", BLOGS),
        ("source", "web@1", WEB),
        ("source", "web@2", 0),
        ("license", "MIT", WEB + BLOGS),
        ("text", of_text(prose(7) + "\n")[0][1], 1),
        ("normalized", of_text(prose(7).upper())[-1][1], 1),
        ("record", "0" * 32, 0),
    ],
)
def test_what_entries_mean(tmp_path: Path, kind: Any, value: str, count: int) -> None:
    found = opened(tmp_path)
    untouched = found.build(CORPUS).manifest
    add(found.store, [Entry(kind, value)])
    manifest = found.build(CORPUS).manifest
    assert sum(status == "withdrawn" for status, _ in statuses(found).values()) == count
    assert (manifest.id == untouched.id) == (count == 0)  # entries that hit nothing change nothing


def test_a_refused_request_changes_nothing_and_takes_back_what_it_changed(built: Library) -> None:
    before = {partition: newest(built, partition).id for partition in (CORPUS, MIX, PUBLISHED)}
    register = add(built.store, [Entry("host", "web1.example.org", decision="pending")])
    built.build(PUBLISHED)
    assert {partition: newest(built, partition).id for partition in before} == before
    decide(built.store, register.entries[0].id, "remove")
    built.build(PUBLISHED)
    assert all(newest(built, partition).id != version for partition, version in before.items())
    decide(built.store, register.entries[0].id, "refuse", "a judge")
    built.build(PUBLISHED)
    assert {partition: newest(built, partition).id for partition in before} == before


def test_a_request_during_a_build_is_not_overtaken(built: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    row = members(built.store, newest(built, MIX))[4]
    audit = built.audit

    def asked_for_meanwhile(manifest: Manifest, bounds: Any) -> Any:
        if last_number(built.store) == 1 and manifest.stage == "deduplicated":
            add(built.store, [Entry("document", row["doc_id"].hex())])
        return audit(manifest, bounds)

    add(built.store, [Entry("host", "web1.example.org")])
    monkeypatch.setattr(built, "audit", asked_for_meanwhile)
    found = built.build(MIX).manifest
    assert last_number(built.store) == 2
    assert row["doc_id"] not in {item["doc_id"] for item in members(built.store, found)}


def test_a_mix_built_alone_lets_nothing_in_and_a_stale_one_is_not_exported(built: Library) -> None:
    row = members(built.store, newest(built, MIX))[4]
    add(built.store, [Entry("document", row["doc_id"].hex())])
    with pytest.raises(Refused, match="holds what was taken down since"):
        built.build(PUBLISHED, upstream=False)
    found = built.build(MIX, upstream=False).manifest
    assert row["doc_id"] not in {item["doc_id"] for item in members(built.store, found)}
    assert "published/notes@1" in {str(item.partition) for item in affected(built.planner)}
    built.build(PUBLISHED)
    assert [*affected(built.planner)] == []
    built.refill = True
    built.__post_init__()
    refilled = built.build(MIX).manifest
    assert row["doc_id"] not in {item["doc_id"] for item in members(built.store, refilled)}


def test_a_shard_of_which_all_is_taken_down_is_empty(built: Library) -> None:
    old = newest(built, PUBLISHED)
    first, second = old.facts["starts"][:2]
    gone = {sample.doc_id for sample in Loader(built.store, old, Begin("numpy")) if first <= sample.index < second}
    add(built.store, [Entry("document", item.hex()) for item in gone])
    new = built.build(PUBLISHED).manifest
    assert File(**new.facts["order"][0]).rows == 0
    for name in ("parquet", "numpy", "mds", "webdataset"):
        kept = [sample for sample in Loader(built.store, old, Begin(name)) if sample.doc_id not in gone]
        assert [(item.index, item.doc_id) for item in Loader(built.store, new, Begin(name))] == [
            (item.index, item.doc_id) for item in kept
        ]


def test_a_checkpoint_of_another_export_is_refused(built: Library, tmp_path: Path) -> None:
    old = newest(built, PUBLISHED)
    state = Loader(built.store, old, Begin("numpy")).state(3)
    mix = RECIPES["mixes/notes.yaml"].format() + 'rendering: {templates: [{name: a, text: "from {source} {text}"}]}\n'
    write(tmp_path / "mixes/notes.yaml", mix)
    other = library(built.store, tmp_path).build(PUBLISHED, reason="rendered").manifest
    with pytest.raises(Refused, match="the state is of version"):
        Loader.from_state(built.store, other, state)


def test_the_same_on_any_shards(built: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [Entry("url", "https://web4.example.org/4", "near"), Entry("host", "blogs2.example.org")]
    add(built.store, entries)
    found = built.build(MIX).manifest
    monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
    other = opened(tmp_path / "other", MemoryStore(), files=3)
    other.build(MIX)
    add(other.store, entries)
    assert other.build(MIX).manifest.id == found.id
    assert len(load_manifest(other.store, other.planner.newest(Partition("snapshots", "web@1")).id).files) > 1
