"""A mix that replays an earlier version of a mix: candidates, identity, and what is said of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.licenses.table import class_of
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.mixing.turnover import turnover
from dagster_project.corpus.model.errors import PartitionError, RecipeError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.attribution import attribution
from dagster_project.corpus.publishing.facts import facts_of
from dagster_project.corpus.publishing.reports import REPORTS, render
from dagster_project.corpus.publishing.subject import find_subject
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import documents, library, write_jsonl
from tests.corpus.deduplication.test_layers import write

BASE, GROWN = Partition("mixed", "base@1"), Partition("mixed", "grown@1")
LICENSES = ("MIT", "CC-BY-4.0", "GPL-3.0-only")
SOURCE = "name: NAME\nformat: jsonl\nlocation: PLACE/NAME\ncolumns: {key: id, url: url, license: license}\n"
BASE_MIX = """
name: base
version: "1"
seed: 3
budget: {documents: 90}
components: [{name: old, corpus: old, sample: "case when words > 60 then 2 else 1 end"}]
"""
RECIPES = {
    "sources/old.yaml": SOURCE.replace("NAME", "old"),
    "sources/new.yaml": SOURCE.replace("NAME", "new"),
    "policies/plain.yaml": "name: plain\nrules:\n  - {edit: redact}\n  - {rule: words, min: 1}\n",
    "corpora/old.yaml": "name: old\nmembers: [{source: old, policy: plain}]\n",
    "corpora/new.yaml": "name: new\nmembers: [{source: new, policy: plain}]\n",
    "mixes/base.yaml": BASE_MIX,
    "mixes/grown.yaml": """
name: grown
version: "1"
seed: 4
budget: {words: 8000}
components:
  - {name: fresh, corpus: new, share: 0.75}
  - {name: replay, replay: base@1, share: 0.25}
""",
}


def rows(name: str, count: int, start: int) -> list[dict[str, Any]]:
    found = documents(count, start)
    for number, row in enumerate(found):
        row |= {"id": f"{name}{number}", "license": LICENSES[number % 3], "url": f"https://{name}.test/{number}"}
        row["text"] = " ".join([*row["text"].split()[: 30 + number], f"write to {name}{number}.someone@gmail.com"])
    return found


def prepared(store: Store, folder: Path, workers: int = 1, files: int = 1, **changes: str) -> Library:
    for name, count, start in (("old", 60, 0), ("new", 100, 1000)):
        for number in range(files):
            write_jsonl(folder / name / f"{number}.jsonl", rows(name, count, start)[number::files])
    for name, text in {**RECIPES, **changes}.items():
        write(folder / "recipes" / name, text.replace("PLACE", str(folder)))
    return library(store, folder / "recipes", workers=workers, auditor=GreatExpectationsAuditor())


def mix_of(components: str, budget: str, more: str = "") -> dict[str, str]:
    return {"mixes/grown.yaml": f'name: grown\nversion: "1"\n{budget}\ncomponents: {components}\n{more}'}


def members(found: Library, manifest: Manifest) -> list[dict[str, Any]]:
    return [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Library:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        found = prepared(MemoryStore(), tmp_path_factory.mktemp("grown"), files=3)
        found.build(Partition("published", "grown@1"))
    return found


@pytest.fixture(scope="module")
def mixed(grown: Library) -> Manifest:
    return grown.build(GROWN).manifest


def test_a_run_through_an_earlier_mix_gives_its_members(tmp_path: Path) -> None:
    changes = mix_of("[{name: again, replay: base@1, share: 1.0, max_epochs: 1}]", "budget: {documents: 90}")
    found = prepared(MemoryStore(), tmp_path, **changes)
    again, base = found.build(GROWN).manifest, found.build(BASE).manifest
    kept = ("doc_id", "source", "license", "license_class", "license_kind", "language", "words", "family")
    kept = (*kept, "documents", "row", "edits")
    counted = [Counter(tuple(row[name] for name in kept) for row in members(found, item)) for item in (base, again)]
    assert counted[0] == counted[1]
    assert set(counted[0].values()) == {1, 2}
    copies = Counter((row["doc_id"], row["copy"]) for row in members(found, again))
    assert set(copies.values()) == {1}
    asked = again.profile["asked"]["again"]
    assert (asked["available"]["documents"], asked["most"]) == (len(counted[0]), 90)


def test_conditions_read_what_the_members_tell(tmp_path: Path) -> None:
    said = (
        "{name: again, replay: base@1, where: \"copies > 1 and component = 'old'\", sample: 1 / copies, max_epochs: 1}"
    )
    found = prepared(MemoryStore(), tmp_path, **mix_of(f"[{said}]", "budget: {documents: 5}"))
    again, base = found.build(GROWN).manifest, found.build(BASE).manifest
    twice = {doc for doc, n in Counter(row["doc_id"] for row in members(found, base)).items() if n > 1}
    assert len(members(found, again)) == 5 == len({row["doc_id"] for row in members(found, again)} & twice)
    assert again.profile["asked"]["again"]["most"] == len(twice)


# ---- identity -------------------------------------------------------------------------------------------------


@pytest.mark.embedded
def test_any_shards_workers_and_store_give_the_same_version(
    tmp_path: Path, s3_store: S3Store, grown: Library, mixed: Manifest
) -> None:
    other = prepared(s3_store, tmp_path, workers=2)
    again = other.build(GROWN).manifest
    other.engine.close()
    assert again.id == mixed.id
    places = [{row["documents"] for row in members(found, item)} for found, item in ((other, again), (grown, mixed))]
    assert len(places[0]) < len(places[1])


def test_a_pinned_version_stays_when_a_newer_one_stands(tmp_path: Path) -> None:
    rolling, moving = Partition("mixed", "rolling@dev"), BASE_MIX.replace("base", "rolling").replace('"1"', "dev")
    found = prepared(MemoryStore(), tmp_path, **{"mixes/rolling.yaml": moving})
    first = found.build(rolling).manifest.id
    pinned = f"[{{name: fresh, corpus: new}}, {{name: again, replay: rolling@dev#{first[:8]}}}]"
    newest = pinned.replace(f"#{first[:8]}", "")

    def built(components: str, partition: Partition = GROWN, **more: str) -> Library:
        name = {"mixes/grown.yaml": mix_of(components, "budget: {documents: 40}")["mixes/grown.yaml"]}
        return prepared(found.store, tmp_path, **{"mixes/rolling.yaml": moving, **name, **more})

    before = built(pinned).build(GROWN).manifest
    assert [(item.partition, item.id) for item in before.inputs if item.stage == "mixed"] == [
        (f"mixed/rolling@dev#{first[:12]}", first)
    ]
    assert built(pinned.replace(first[:8], first[:20])).build(GROWN).manifest.id == before.id
    smaller = {"mixes/rolling.yaml": moving.replace("90", "30")}
    assert built(pinned, **smaller).build(rolling).manifest.id != first
    again = built(pinned, **smaller).build(GROWN)
    assert (again.manifest.id, again.fresh) == (before.id, False)
    moved = built(newest, **smaller).build(GROWN, reason="replays the newest").manifest
    assert moved.id != before.id
    itself = f"budget: {{documents: 50}}\ncomponents: [{{name: again, replay: rolling@dev#{first[:12]}}}]\n"
    own = built(pinned, **{"mixes/rolling.yaml": f"name: rolling\n{itself}"}).build(rolling).manifest
    assert own.rows == 50
    assert [item.id for item in own.inputs] == [first]


def test_a_replayed_snapshot_may_be_older(tmp_path: Path) -> None:
    """The source moves on under the same name: the mix holds documents of both versions, and publishes them."""
    both = mix_of("[{name: fresh, corpus: old}, {name: again, replay: base@dev#PIN}]", "budget: {documents: 120}")
    base = {"mixes/base.yaml": BASE_MIX.replace('"1"', "dev")}
    first = prepared(MemoryStore(), tmp_path, **base, **mix_of("[{name: a, corpus: new}]", "budget: {documents: 9}"))
    pin = first.build(Partition("mixed", "base@dev")).manifest.id
    found = prepared(first.store, tmp_path, **base, **{name: text.replace("PIN", pin) for name, text in both.items()})
    changed = [{**row, "text": f"{row['text']} And more."} for row in rows("old", 60, 0)]
    write_jsonl(tmp_path / "old/0.jsonl", changed)
    built = found.build(Partition("published", "grown@1")).manifest
    texts = [row["text"] for file in built.files for row in read_shard(found.store, file).to_pylist()]
    assert 30 < sum(text.endswith("And more.") for text in texts) < 90
    grown = members(found, found.build(GROWN).manifest)
    told = {row["component"]: row["doc_id"] for row in grown}
    places = {name: trace(found.store, GROWN, doc)["snapshot"]["id"] for name, doc in told.items()}
    assert places["fresh"] != places["again"]
    url = "https://old.test/7"
    (answer,) = [item for item in impact(found.store, Question(url=url)) if item["mix"] == "grown@1"]
    wanted = {trace(found.store, GROWN, row["doc_id"])["document"]["doc_id"] for row in grown if row["row"] == 7}
    assert answer["documents"] == len(wanted)
    facts = facts_of(find_subject(found.store, GROWN))
    assert facts["funnel"]["unaccounted"] == 0


# ---- refusals -------------------------------------------------------------------------------------------------


def test_what_cannot_be_replayed_is_refused(tmp_path: Path) -> None:
    refused = {
        "{name: a, replay: grown@1}": (RecipeError, "is replayed by what it replays: name one version"),
        "{name: a, replay: base@1#abcdef123}": (PartitionError, "mixed/base@1 has no version abcdef123"),
        "{name: a, replay: base@1, sample: copies * 100}": (Refused, "would take a document 400 times in each pass"),
    }
    for said, (error, message) in refused.items():
        with pytest.raises(error, match=message):
            prepared(MemoryStore(), tmp_path, **mix_of(f"[{said}]", "budget: {documents: 5}")).build(GROWN)


# ---- what is said of the documents anew -----------------------------------------------------------------------


def test_the_license_policy_is_applied_anew(tmp_path: Path) -> None:
    said = mix_of("[{name: a, replay: base@1}]", "budget: {documents: 20}", "licenses: {deny: [MIT], evidence: record}")
    found = prepared(MemoryStore(), tmp_path, **said)
    manifest = found.build(GROWN).manifest
    base = {row["doc_id"]: row["license"] for row in members(found, found.build(BASE).manifest)}
    assert manifest.profile["license_reasons"] == {"a": {"denied": sum(name == "MIT" for name in base.values())}}
    assert {row["license"] for row in members(found, manifest)} == {"CC-BY-4.0", "GPL-3.0-only"}
    assert {row["license_kind"] for row in members(found, manifest)} == {"record.license"}
    strict = prepared(found.store, tmp_path, **{name: text.replace("record", "file") for name, text in said.items()})
    with pytest.raises(Refused, match="nothing can be had"):
        strict.build(GROWN)


@pytest.mark.parametrize(("said", "license"), [("deny: [MIT]", "GPL-3.0-only"), ("deny: [GPL-3.0-only]", "MIT")])
def test_a_license_is_chosen_anew_of_those_that_were_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, license: str
) -> None:
    monkeypatch.setitem(globals(), "LICENSES", ("MIT OR GPL-3.0-only",) * 3)
    changes = mix_of("[{name: a, replay: base@1}]", "budget: {documents: 20}", f"licenses: {{{said}}}")
    found = prepared(MemoryStore(), tmp_path, **changes)
    again, base = found.build(GROWN).manifest, found.build(BASE).manifest
    assert {row["license"] for row in members(found, base)} == {"MIT"}
    told = {(row["license"], row["license_class"], row["license_offered"]) for row in members(found, again)}
    assert told == {(license, class_of(license), "GPL-3.0-only OR MIT")}
    chosen = len({row["doc_id"] for row in members(found, base)})
    assert again.profile["license_choices"] == {"a": {f"{license} of GPL-3.0-only OR MIT": chosen}}


BPE = """
name: bpe
version: "VERSION"
kind: tokenizer
positives: [{partition: snapshots/old@dev}]
tokenizer: {vocabulary: SIZE}
"""


@pytest.mark.parametrize("version", ["1", "2"])
def test_tokens_are_those_of_the_tokenizer_of_the_mix(tmp_path: Path, version: str) -> None:
    """Counted anew of the text that edits leave, where the earlier mix has another tokenizer."""
    made = {f"artifacts/bpe{n}.yaml": BPE.replace("VERSION", n).replace("SIZE", str(260 + 140 * int(n))) for n in "12"}
    base = {"mixes/base.yaml": BASE_MIX + "tokenizer: bpe@1\n"}
    said = mix_of(
        "[{name: a, replay: base@1}, {name: b, corpus: old}]", "budget: {tokens: 6000}", f"tokenizer: bpe@{version}"
    )
    found = prepared(MemoryStore(), tmp_path, **made, **base, **said)
    manifest = found.build(GROWN).manifest
    by_component = {
        name: {row["doc_id"]: row["tokens"] for row in members(found, manifest) if row["component"] == name}
        for name in "ab"
    }
    both = by_component["a"].keys() & by_component["b"].keys()
    assert len(both) > 10
    assert all(by_component["a"][doc] == by_component["b"][doc] for doc in both)
    earlier = {row["doc_id"]: row["tokens"] for row in members(found, found.build(BASE).manifest)}
    same = [tokens == earlier[doc] for doc, tokens in by_component["a"].items()]
    assert all(same) if version == "1" else not any(same)
    published = found.build(Partition("published", "grown@1")).manifest
    assert published.profile["tokens"] == manifest.profile["tokens"]


@pytest.mark.parametrize("promised", ["", "clean_of: [evals]\n"])
def test_benchmarks_are_looked_for_in_what_is_replayed(tmp_path: Path, promised: str) -> None:
    planted = rows("old", 60, 0)[50]["text"].rpartition(" write")[0]
    write_jsonl(tmp_path / "recipes/quiz.jsonl", [{"q": planted}])
    evals = "name: evals\nkind: benchmark\nbenchmarks: [{name: quiz, file: quiz.jsonl, layout: {question: [q]}}]\n"
    base = BASE_MIX + promised + ("contaminated: exclude\n" if promised else "")
    more = "clean_of: [evals]\ncontaminated: exclude\n"
    said = mix_of("[{name: a, replay: base@1}]", "budget: {documents: 40}", more)
    found = prepared(
        MemoryStore(), tmp_path, **{"artifacts/evals.yaml": evals, "mixes/base.yaml": base.replace("90", "80"), **said}
    )
    manifest = found.build(GROWN).manifest
    assert manifest.profile["turned_away_contaminated"] == {"a": 0 if promised else 1}
    assert found.build(Partition("published", "grown@1")).manifest.facts["clean_of"][0]["documents"] == 0


# ---- downstream -----------------------------------------------------------------------------------------------


def test_a_quarter_is_replayed_and_published(grown: Library, mixed: Manifest) -> None:
    words = {name: counts["words"] for name, counts in mixed.profile["by_component"].items()}
    assert abs(words["fresh"] - 6000) < 70
    assert abs(words["replay"] - 2000) < 50
    assert {row["source"] for row in members(grown, mixed) if row["component"] == "replay"} == {"old@dev"}
    planned = grown.plan_mix(GROWN)
    for name in ("rows", "words", "distinct", "asked", "by_source", "turned_away"):
        assert planned[name] == mixed.profile[name], name
    published = grown.build(Partition("published", "grown@1")).manifest
    texts = [row["text"] for file in published.files for row in read_shard(grown.store, file).to_pylist()]
    assert len(texts) == mixed.rows
    assert not any("@gmail.com" in text for text in texts)


def test_reports_count_each_document_once(grown: Library, mixed: Manifest) -> None:
    facts = facts_of(find_subject(grown.store, GROWN))
    base = len({row["doc_id"] for row in members(grown, grown.build(BASE).manifest)})
    funnel = facts["funnel"]
    assert funnel["unaccounted"] == 0
    assert [item["source"] for item in funnel["members"]] == ["new@dev"]
    assert {item["component"]: item["corpus"] for item in funnel["components"]} == {
        "fresh": "new@dev",
        "replay": "mixed/base@1",
    }
    losses = {loss["reason"]: loss["documents"] for loss in funnel["steps"][3]["losses"]}
    assert losses == {"replayed from earlier mixes": -base}
    assert {item["source"]: item["in_mix"]["documents"] for item in facts["sources"]} == {
        name: counts["documents"] for name, counts in mixed.profile["by_source"].items()
    }
    assert sum(row["evidence"]["record.license"] for row in facts["licenses"]) == mixed.rows
    for name in REPORTS:
        assert b"old@dev" in render(grown.store, GROWN, name)
    told = attribution(find_subject(grown.store, GROWN)).decode()
    assert told.count("https://old.test/") == mixed.profile["distinct"]["replay"]


def test_a_replayed_document_is_traced_through_the_earlier_mix(grown: Library, mixed: Manifest) -> None:
    row = next(row for row in members(grown, mixed) if row["component"] == "replay")
    found = trace(grown.store, GROWN, row["doc_id"])
    base = grown.build(BASE).manifest
    earlier = [index for index, item in enumerate(members(grown, base)) if item["doc_id"] == row["doc_id"]]
    assert {(item["replays"]["partition"], item["replays"]["id"]) for item in found["members"]} == {
        ("mixed/base@1", base.id)
    }
    assert [(item["partition"], item["id"]) for item in found["replayed"]] == [("mixed/base@1", base.id)]
    assert [item["index"] for item in found["replayed"][0]["members"]] == earlier
    assert found["snapshot"]["partition"] == "snapshots/old@dev"
    held = {item["mix"]: item["documents"] for item in impact(grown.store, Question(doc_id=row["doc_id"]))}
    assert held == {"grown@1": 1, "base@1": 1}


def test_why_a_document_is_not_replayed(tmp_path: Path) -> None:
    """Two mixes that replay an earlier one: what left it, what was never in it, and what the budget has no room for."""
    base = {
        "mixes/base.yaml": BASE_MIX.replace("90", "20").replace("corpus: old,", "corpus: old, licenses: [permissive],")
    }
    everything = "[{name: all, corpus: old, max_epochs: 1}]"
    found = prepared(MemoryStore(), tmp_path, **base, **mix_of(everything, "budget: {documents: 60}"))
    before = found.build(GROWN).manifest
    said = mix_of("[{name: again, replay: base@1}]", "budget: {documents: 10}")
    later = prepared(found.store, tmp_path, **base, **said)
    after = later.build(GROWN, reason="another recipe").manifest
    kept = {row["doc_id"] for row in members(later, after)}
    held = {row["doc_id"]: row["license"] for row in members(later, later.build(BASE).manifest)}
    left = {reason.why: reason.documents for reason in turnover(later.store, before, after).left}
    assert left == {
        "beyond the budget of again": len(held.keys() - kept),
        "not in mixed/base@1, which is replayed: outside the selection of old: license_class": 20,
        "not in mixed/base@1, which is replayed: beyond the budget of old": 40 - len(held),
    }


def test_what_comes_by_two_ways_is_repeated(tmp_path: Path) -> None:
    both = "[{name: a, corpus: old, max_epochs: 1, budget: {documents: 60}}, {name: b, replay: base@1, max_epochs: 1}]"
    found = prepared(MemoryStore(), tmp_path, **mix_of(both, "budget: {documents: 150}"))
    manifest = found.build(GROWN).manifest
    base = Counter(row["doc_id"] for row in members(found, found.build(BASE).manifest))
    repetition = manifest.facts["repetition"]
    assert (repetition["documents"], repetition["exact"]) == (60, 90)
    assert repetition["most_copies"] == 1 + max(base.values())
    (repeated,) = repetition["by_source"].values()
    assert (repeated["documents"], repeated["members"], repeated["exact"]) == (60, 150, 90)
    assert facts_of(find_subject(found.store, GROWN))["funnel"]["unaccounted"] == 0
