"""Audits of mixes on a real store: what they count is what an obvious loop over the same texts counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dagster_project.corpus.audits.age_report import age_report
from dagster_project.corpus.audits.ages import ALL, ages_of, date_of, median_of, periods
from dagster_project.corpus.audits.agreement import reference_in, together_report
from dagster_project.corpus.audits.phrases import PhraseList
from dagster_project.corpus.audits.split_pools import others_of_snapshot
from dagster_project.corpus.audits.splits import SplitRequest, lines_of, split_of, split_report
from dagster_project.corpus.audits.support import stages_of, support_of
from dagster_project.corpus.audits.together import cells, together_of
from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.mixing import mix
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.refs import load_manifest, resolve
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.entries import Entry, checked
from dagster_project.corpus.takedowns.register import add, decide
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

MIXED = Partition("mixed", "aged@1")
LICENSES = ("MIT", "CC-BY-4.0", "LicenseRef-Nobody-Knows")
RECIPES = {
    "sources/notes.yaml": """
name: notes
format: jsonl
location: PLACE
columns: {key: id, url: url, license: license, published_at: published}
""",
    "policies/mailed.yaml": """
name: mailed
rules:
  - {rule: content_words, min: 50}
  - {edit: redact, settings: {kinds: [email]}}
""",
    "corpora/notes.yaml": "name: notes\nmembers: [{source: notes, policy: mailed}]\n",
    "mixes/aged.yaml": """
name: aged
version: "1"
seed: 7
budget: {documents: 60}
components:
  - {name: long, corpus: notes, where: "words >= 90", weight: 1}
  - {name: any, corpus: notes, weight: 1, max_epochs: 2}
licenses: {allow: [permissive]}
""",
}


def rows() -> list[dict[str, str]]:
    found = []
    for number in range(80):
        year = 2015 + number % 10
        text = prose(number, 24 if number % 9 == 0 else 48 if number % 2 else 96)
        text += f"\nAda Lovelace was in Paris, in {year + 5}. Write to ada{number}@lovelace.org about 東京都."
        found.append(
            {
                "id": f"d{number}",
                "url": f"https://example.org/{number}",
                "text": text,
                "license": LICENSES[number % 3],
                "published": f"{year}-0{1 + number % 9}-15" if number % 5 else "",
            }
        )
    found += [{**row, "id": row["id"] + "x", "url": row["url"] + "x"} for row in found[:6]]
    found[3]["text"] += " The only Zanzibar."
    return found


def built(store: Store, folder: Path, files: int = 1, workers: int = 1) -> Library:
    for number in range(files):
        write_jsonl(folder / "raw" / f"{number}.jsonl", rows()[number::files])
    for name, text in RECIPES.items():
        write(folder / "recipes" / name, text.replace("PLACE", str(folder / "raw")))
    found = library(store, folder / "recipes", workers=workers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze, "GROUP_BYTES", 1)
        patch.setattr(mix, "MEMBERS_PER_SHARD", 16)
        found.build(MIXED)
    found.engine.close()
    return found


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return built(MemoryStore(), tmp_path_factory.mktemp("aged"), files=3)


@pytest.fixture(scope="module")
def mixed(aged: Library) -> Manifest:
    return aged.build(MIXED).manifest


@pytest.fixture(scope="module")
def published(aged: Library) -> list[dict[str, object]]:
    """What is exported."""
    manifest = aged.build(Partition("published", "aged@1")).manifest
    return [row for file in manifest.files for row in read_shard(aged.store, file).to_pylist()]


PHRASES = PhraseList(
    ("Ada Lovelace", "Paris", "lovelace", "Zanzibar", "東京", "garden", "nobody"),
    (
        ("Ada Lovelace",),
        ("Paris", "in paris"),
        ("lovelace",),
        ("Zanzibar",),
        ("東京",),
        ("garden", "the garden"),
        ("nobody",),
    ),
)


def unwatched(done: int, total: int) -> None:
    """Progress that nobody watches."""


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(int))


def slow(text: str, spellings: tuple[str, ...]) -> int:
    """Occurrences, the longest spelling first; none of these begins or ends in a mark."""
    longest = sorted(spellings, key=len, reverse=True)
    said = "|".join(text if text == "東京" else rf"(?<!\w){re.escape(text.lower())}(?!\w)" for text in longest)
    return len(re.findall(said, " ".join(text.lower().split())))


def test_support_is_what_a_loop_counts_and_every_document_is_accounted_for(aged, mixed, published) -> None:
    found = support_of(aged.store, LocalEngine(1), mixed, PHRASES, unwatched)
    texts = [row["text"] for row in published]
    for number, spellings in enumerate(PHRASES.spellings):
        counts = [slow(text, spellings) for text in texts]
        ids = {row["doc_id"] for row, count in zip(published, counts, strict=True) if count}
        raw = [slow(row["text"], spellings) for row in rows()]
        assert found.members[number] == sum(map(bool, counts)), spellings
        assert found.occurrences[number] == sum(counts)
        assert found.documents[number] == len(ids)
        assert found.snapshots[number].tolist() == [sum(map(bool, raw)), sum(raw)]
    removed = sum(counts[:, 0] for _, counts in found.removed)
    edits = found.lost_by_edits - found.gained_by_edits
    assert (found.snapshots[:, 0] == removed + edits + found.documents).all()
    stages = stages_of(found)
    assert [int(counts[0]) for counts in stages.values()] == sorted((int(c[0]) for c in stages.values()), reverse=True)
    said = {reason.said: int(counts[0, 0]) for reason, counts in found.removed}
    assert said["rejected by rule content_words"] == 10
    assert said["its license was refused: class"] > 0
    assert Counter(reason.step for reason, _ in found.removed).keys() >= {1, 2, 4}


@pytest.mark.embedded
def test_any_files_and_workers_give_the_same_counts(aged, mixed, tmp_path: Path, s3_store: S3Store) -> None:
    other = built(s3_store, tmp_path, files=1, workers=2)
    again = load_manifest(s3_store, other.build(MIXED).manifest.id)
    engine = LocalEngine(2)
    found = support_of(s3_store, engine, again, PHRASES, unwatched)
    engine.close()
    first = support_of(aged.store, LocalEngine(1), mixed, PHRASES, unwatched)
    assert found.documents.tolist() == first.documents.tolist()
    assert {reason: counts.tolist() for reason, counts in found.removed} == {
        reason: counts.tolist() for reason, counts in first.removed
    }


def dates(published: list[dict[str, object]]) -> list[str]:
    """When each member was published; "" where nobody knows."""
    by_url = {row["url"]: row["published"] for row in rows()}
    return [by_url[row["url"]] for row in published]


def test_ages_are_those_of_a_loop(aged, mixed, published) -> None:
    ages = ages_of(aged.store, LocalEngine(1), mixed, years=True, progress=unwatched)
    said, words = dates(published), [row["words"] for row in published]
    told = {row["period"]: row for row in periods(ages.days, ALL, "published")}
    years = Counter(date[:4] or "unknown" for date in said)
    assert {name: row["members"] for name, row in told.items()} == years
    ids = {(row["doc_id"], date) for row, date in zip(published, said, strict=True)}
    assert {name: row["documents"] for name, row in told.items()} == Counter(date[:4] or "unknown" for _, date in ids)
    assert sum(row["words"] for row in told.values()) == sum(words) == mixed.profile["words"]
    assert list(told)[-1] == "unknown"
    assert told["unknown"]["by_confidence"].keys() == {"unknown"}
    known = sorted(date for date in said if date)
    median = median_of(ages.days, ALL, "published", "members")
    assert date_of(median.day) == known[(len(known) - 1) // 2]
    assert median.unknown == pytest.approx(said.count("") / len(said), abs=1e-6)
    assert ages.anachronisms["notes@dev"]["names later years"] == sum(date != "" for _, date in ids)
    report = age_report(ages, target=day("2026-01-01"), gap_days=100, quarters=True)
    assert report["sources"][0]["published"]["gap_days"] > 100
    assert report["warnings"][0]["said"].endswith("days before the target")
    assert report["anachronisms"][-1]["documents"] == sum(date != "" for _, date in ids)
    assert {row["period"][4:6] for row in report["sources"][0]["published"]["periods"]} >= {"-Q", "ow"}
    assert (
        ages_of(aged.store, LocalEngine(1), mixed, progress=unwatched).anachronisms["notes@dev"]["names later years"]
        is None
    )


@pytest.mark.parametrize("window", [None, 0, 3, 40])
def test_pairs_are_those_of_a_loop(aged, mixed, published, window: int | None) -> None:
    one = PhraseList(("Lovelace", "garden", "nobody"), (("Ada Lovelace",), ("garden", "gardens"), ("nobody",)))
    other = PhraseList(("Paris", "2021", "river"), (("Paris",), ("2021",), ("river",)))
    found = together_of(aged.store, LocalEngine(1), mixed, (one, other), window, unwatched)
    assert found.total.tolist() == [len({row["doc_id"] for row in published}), len(published)]
    for cell in cells(found):
        spellings = [
            listed.spellings[listed.names.index(name)] for listed, name in ((one, cell["term"]), (other, cell["with"]))
        ]
        met = [near(row["text"], *spellings, window) for row in published]
        assert cell["members"] == sum(met), cell
        assert cell["documents"] == len({row["doc_id"] for row, is_met in zip(published, met, strict=True) if is_met})
        assert (cell["pmi"] is None) == (cell["documents"] == 0)
    if window is None:
        pair = next(cell for cell in cells(found) if (cell["term"], cell["with"]) == ("Lovelace", "Paris"))
        assert (pair["pmi"], pair["documents"]) == (0.0, found.total[0])
        table = reference_in(b"term,with,value\ngarden,Paris,3\ngarden,2021,1\ngarden,river,2\n", "x.csv")
        report = together_report(found, table)["agreement"]
        assert (report["terms"][0]["term"], report["terms"][0]["compared"]) == ("garden", 3)


def near(text: str, one: tuple[str, ...], other: tuple[str, ...], window: int | None) -> bool:
    """Whether two mentions have so few words between them, each word a run of letters."""
    words = re.findall(r"[\w]+", re.sub("([東京都])", r" \1 ", text.lower()))
    words = [word for word in words if word not in "東京都"]

    def spans(spellings: tuple[str, ...]) -> list[tuple[int, int]]:
        said = [spelling.lower().split() for spelling in spellings]
        return [(at, at + len(s)) for at in range(len(words)) for s in said if words[at : at + len(s)] == s]

    return any(window is None or max(b - c, a - d) <= window for (b, d) in spans(one) for (a, c) in spans(other))


SPLIT = SplitRequest(day("2020-01-01"), day("2021-01-01"), (16, 64), 5, seed=3)


def test_a_split_holds_members_before_and_strangers_after(aged, mixed, published) -> None:
    found = split_of(aged.store, LocalEngine(1), MIXED, mixed, SPLIT)
    texts, copies = {row["doc_id"].hex(): row for row in published}, Counter(row["doc_id"].hex() for row in published)
    said = {row["url"]: row for row in rows()}
    by_text = {row["text"]: row for row in rows()}
    for size in SPLIT.sizes:
        lines = lines_of(found, size)
        assert {row["label"] for row in lines} == {0, 1}
        assert max(Counter(row["label"] for row in lines).values()) <= 5
        assert [row["doc_id"] for row in lines] == sorted(row["doc_id"] for row in lines)
        for row in lines:
            assert row["license"] == "MIT" or row["license"] == "CC-BY-4.0"
            assert row["copies"] == copies[row["doc_id"]]
            if row["label"]:
                member = texts[row["doc_id"]]
                assert member["text"].startswith(row["input"])
                assert row["date"] < "2020-01-01"
                assert (said[member["url"]]["published"], member["license"]) == (row["date"], row["license"])
            else:
                assert row["date"] >= "2021-01-01"
                assert row["doc_id"] not in texts
                whole = [text for text in by_text if text.startswith(row["input"])]
                assert whole
                assert not any(member["text"].startswith(row["input"]) for member in published)
    again = split_of(aged.store, LocalEngine(1), MIXED, mixed, SPLIT)
    assert again.probes == found.probes
    report = split_report(found, SPLIT, mixed)
    assert report["not_drawn"]["non_members"]["license: class"] > 0
    assert report["license_policy"]["allow"] == ["permissive"]


def test_copies_of_members_and_what_is_taken_down_are_not_drawn(aged, mixed) -> None:
    wide = SplitRequest(day("2020-01-01"), day("2020-01-01"), (16,), 500)
    found = split_of(aged.store, LocalEngine(1), MIXED, mixed, wide)
    assert found.reasons["non_members"]["in a version of the mix"] > 0
    first = next(probe.said["doc_id"] for probe in found.probes if not probe.label)
    register = add(aged.store, [checked(Entry(kind="document", value=first, received="2026-11-22"))])
    left = split_of(aged.store, LocalEngine(1), MIXED, mixed, wide)
    decide(aged.store, register.entries[-1].id, "refuse", "test", "test")
    ids = [{probe.said["doc_id"] for probe in split.probes} for split in (found, left)]
    assert ids[0] - ids[1] == {first}
    assert left.reasons["non_members"]["taken down"] == 1


def test_of_a_snapshot_copies_of_members_are_not_drawn(aged, mixed) -> None:
    snapshot, licensed = (
        load_manifest(aged.store, resolve(aged.store, Partition(stage, "notes@dev")))
        for stage in ("snapshots", "licensed")
    )
    others = others_of_snapshot(aged.store, "notes@dev", snapshot, licensed)
    wide = SplitRequest(day("2020-01-01"), day("2020-01-01"), (16,), 500)
    found = split_of(aged.store, LocalEngine(1), MIXED, mixed, wide, others)
    reasons = found.reasons["non_members"]
    assert reasons["a copy of a member"] + reasons["in a version of the mix"] > 0
    strangers = [probe.said for probe in found.probes if not probe.label]
    assert strangers
    assert {row["source"] for row in strangers} == {"notes@dev"}
    assert len({row["input"] for row in strangers}) == len(strangers)


def test_sides_that_overlap_or_are_empty_are_refused(aged, mixed) -> None:
    for before, after, said in (
        ("2021-01-01", "2020-01-01", "begin before members end"),
        ("1999-01-01", "2020-01-01", "no member to draw"),
    ):
        with pytest.raises(Refused, match=said):
            split_of(aged.store, LocalEngine(1), MIXED, mixed, SplitRequest(day(before), day(after)))
