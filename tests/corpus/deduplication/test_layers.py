"""A corpus on a base: earlier survivors stay, a fresh build replays the layers, however the work is cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.deduplication import search
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.storage.stores import Store
from tests.corpora import library, prose, write_jsonl

OLD = {
    **{f"a{n}": prose(n, 240) for n in range(6)},
    "twin": prose(1, 240),
    "close": prose(2, 240) + "\nAnd one more sentence to be found.",
    "short": "four words and nothing",
}
OTHERS = {f"p{n}": prose(100 + n) for n in range(3)}
NEW = {
    "b0": prose(0, 240),  # the text of an earlier document that had no copies
    "b1": prose(1, 240),  # of a family of two
    "b2": prose(2, 240) + "\nAnd two more sentences to be found.",
    "b9": prose(9, 240),
    "b9-too": prose(9, 240),
    "b10": prose(10, 240),
    "b-short": "four words and nothing",
}


def recipes(folder: Path, **corpora: str) -> Path:
    """Sources `old` and `new`, and corpora by what is said of each beyond its members."""
    texts_of = {"old": {**OLD, **OTHERS}, "new": NEW, "more": NEW}
    for name, texts in texts_of.items():
        license = "MIT" if name == "old" else "CC-BY-4.0"
        rows = [{"id": key, "text": text, "license": license} for key, text in texts.items()]
        location = str(write_jsonl(folder / f"{name}.jsonl", rows))
        write(
            folder / f"r/sources/{name}.yaml",
            f"name: {name}\ntitle: {name}\nformat: jsonl\nlocation: {location!r}\nlicense: MIT\n"
            "license_evidence: signed off by the tests\ncolumns: {text: text, key: id, license: license}\n",
        )
    for name, words in (("plain", 2), ("strict", 20)):
        rules = f"rules:\n  - {{rule: content_words, min: {words}}}"
        write(folder / f"r/policies/{name}.yaml", f"name: {name}\nmax_removed: 1.0\n{rules}\n")
    for name, said in {"old": "members: [{source: old, policy: plain}]", **corpora}.items():
        write(folder / f"r/corpora/{name}.yaml", f"name: {name}\nmax_removed: 1.0\n{said}\n")
    return folder / "r"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


LAYERED = "base: old\nmembers: [{source: new, policy: plain}]"


def rows_of(found: Library, stage: str, key: str, source: str) -> dict[str, dict[str, Any]]:
    """By the names of the documents."""
    snapshot = found.build(Partition("snapshots", f"{source}@dev")).manifest
    manifest = found.build(Partition(stage, f"{key}@dev")).manifest
    names = [name for file in snapshot.files for name in read_shard(found.store, file).column("locator").to_pylist()]
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    return dict(zip(names, rows, strict=True))


def built(folder: Path, store: Store | None = None, **corpora: str) -> Library:
    return library(store or MemoryStore(), recipes(folder, **corpora))


def test_new_documents_join_earlier_families_and_their_survivors_stay(tmp_path: Path) -> None:
    found = built(tmp_path, both=LAYERED)
    before, after = (rows_of(found, "deduplicated", *names) for names in (("old", "old"), ("both", "new")))
    families = rows_of(found, "families", "both", "new")
    earlier = rows_of(found, "families", "old", "old")
    (standing,) = (row for name, row in before.items() if name in ("a1", "twin") and row["status"] == "survivor")
    assert after["b1"]["survivor"] == standing["doc_id"]
    assert (after["b1"]["kind"], after["b1"]["survivor_source"], after["b1"]["survivor_license"]) == (
        "exact",
        "old@dev",
        "MIT",
    )
    assert families["b1"]["family"] == earlier["twin"]["family"]
    assert families["b1"]["family_size"] == 3
    assert after["b0"]["survivor"] == before["a0"]["doc_id"]
    assert families["b0"]["family"] == before["a0"]["doc_id"]
    assert families["b0"]["family_size"] == 2
    assert after["b2"]["status"] == "suppressed"
    assert after["b2"]["kind"] in ("near", "linked")
    assert families["b2"]["family"] == earlier["close"]["family"]
    assert after["b-short"]["survivor"] == before["short"]["doc_id"]
    assert {after[name]["status"] for name in ("b9", "b9-too")} == {"survivor", "suppressed"}
    assert after["b10"]["status"] == "survivor"
    assert len(after) == len(NEW)


def test_a_fresh_build_replays_the_layers_and_the_earlier_one_does_not_change(tmp_path: Path) -> None:
    one = built(tmp_path)
    before = one.build(Partition("deduplicated", "old@dev")).manifest.id
    later = library(one.store, recipes(tmp_path, both=LAYERED))
    fresh = built(tmp_path, both=LAYERED)
    partitions = [Partition(stage, f"{key}@dev") for stage in ("families", "deduplicated") for key in ("old", "both")]
    ids = [[each.build(partition).manifest.id for partition in partitions] for each in (later, fresh)]
    assert ids[0] == ids[1]
    assert ids[0][2] == before


def test_a_third_layer_knows_what_the_second_has_added(tmp_path: Path) -> None:
    third = "base: both\nmembers: [{source: more, policy: plain}]"
    found = built(tmp_path, both=LAYERED, third=third)
    families, after = (rows_of(found, stage, "third", "more") for stage in ("families", "deduplicated"))
    assert families["b1"]["family_size"] == 4
    assert families["b9"]["family_size"] == 4
    assert Counter(row["status"] for row in after.values()) == {"suppressed": len(NEW)}


def test_another_index_is_refused(tmp_path: Path) -> None:
    found = built(tmp_path, both=LAYERED + "\nfingerprints: {ngram: 4}")
    found.build(Partition("families", "old@dev"))
    with pytest.raises(Refused, match=r"both@dev stands on old, whose index has other parameters: say fingerprints:"):
        found.build(Partition("families", "both@dev"))


def test_a_snapshot_that_an_earlier_layer_has_is_refused(tmp_path: Path) -> None:
    found = built(tmp_path, both=LAYERED, third="base: both\nmembers: [{source: new, policy: plain}]")
    with pytest.raises(Refused, match=r"third@dev stands on both@dev, which has new@dev already: leave it out"):
        found.build(Partition("families", "third@dev"))


def test_a_corpus_cannot_stand_on_itself(tmp_path: Path) -> None:
    found = built(tmp_path, both="base: both\nmembers: [{source: new, policy: plain}]")
    with pytest.raises(Refused, match="corpus both@dev stands on itself"):
        found.build(Partition("families", "both@dev"))


def test_nothing_depends_on_batches_ranges_or_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flat = "members: [{source: old, policy: plain}, {source: new, policy: plain}]"
    whole = built(tmp_path, both=LAYERED, flat=flat)
    ids = {key: whole.build(Partition("families", f"{key}@dev")).manifest for key in ("both", "flat")}
    monkeypatch.setattr(search, "BATCH_ROWS", 1)
    monkeypatch.setattr(search, "RANGE_ROWS", 16)
    cut = built(tmp_path, both=LAYERED, flat=flat)
    for key, manifest in ids.items():
        again = cut.build(Partition("families", f"{key}@dev")).manifest
        assert again.id == manifest.id
        assert again.profile == manifest.profile
    assert not list(cut.store.list("scratch/"))


def test_copies_within_each_source_alone(tmp_path: Path) -> None:
    flat = "members: [{source: old, policy: plain}, {source: new, policy: plain}]"
    found = built(tmp_path, flat=flat, each=flat + "\nscope: source")
    flat_, each = (found.build(Partition("families", f"{key}@dev")).manifest.profile for key in ("flat", "each"))
    assert "new" in flat_["overlap"]["new"] or "old" in flat_["overlap"]["new"]
    assert each["overlap"].keys() == {"new", "old"}
    assert all(other == source for source, row in each["overlap"].items() for other in row)
    exact = sum(counts["exact"] for row in flat_["overlap"].values() for counts in row.values())
    assert exact == 5  # of four texts, one of which stands three times


def test_families_of_kept_documents_alone(tmp_path: Path) -> None:
    """The policy removes the short ones."""
    said = "members: [{source: old, policy: strict}, {source: new, policy: strict}]"
    found = built(tmp_path, all=said, kept=said + "\nover: kept")
    whole, kept = (found.build(Partition("families", f"{key}@dev")).manifest.profile for key in ("all", "kept"))
    assert whole["in_families"] - kept["in_families"] == 2


def test_a_document_that_stands_in_two_snapshots_survives_once(tmp_path: Path) -> None:
    """A refresh leaves most documents as they are, with their ids."""
    folder = recipes(tmp_path, later="base: old\nmembers: [{source: old@2, policy: plain}]")
    again = (folder / "sources/old.yaml").read_text(encoding="utf-8").replace("title: old", "title: old\nversion: '2'")
    write(folder / "sources/old2.yaml", again)
    found = library(MemoryStore(), folder)
    found.build(Partition("deduplicated", "later@dev"))
    rows = rows_of(found, "deduplicated", "old", "old").values()
    standing = {row["doc_id"]: row["survivor"] for row in rows}
    manifest = found.build(Partition("deduplicated", "later@dev")).manifest
    later = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    assert [row["status"] for row in later] == ["suppressed"] * len(standing)
    assert {row["doc_id"]: row["survivor"] for row in later} == standing
    profile = found.build(Partition("families", "later@dev")).manifest.profile
    assert (profile["families"], profile["in_families"]) == (0, len(standing))


WORDS = [f"w{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(600)]


def stretch(start: int) -> str:
    """200 words of one long text: those that begin 20 words apart have a Jaccard similarity of 0.81."""
    return " ".join(WORDS[start : start + 200])


def stack(folder: Path, layers: list[list[str]], near: str = "{}") -> list[dict[str, dict[str, Any]]]:
    """The survivors and suppressed of corpora each on the one before, by the texts they are made of."""
    for number, texts in enumerate(layers):
        rows = [{"id": f"{number}-{at}", "text": text, "license": "MIT"} for at, text in enumerate(texts)]
        location = str(write_jsonl(folder / f"s{number}.jsonl", rows))
        write(
            folder / f"r/sources/s{number}.yaml",
            f"name: s{number}\ntitle: s\nformat: jsonl\nlocation: {location!r}\nlicense: MIT\n"
            "license_evidence: signed off by the tests\ncolumns: {text: text, key: id, license: license}\n",
        )
        base = f"base: c{number - 1}\n" if number else ""
        said = f"members: [{{source: s{number}, policy: plain}}]\nmax_removed: 1.0\nnear: {near}\n"
        write(folder / f"r/corpora/c{number}.yaml", f"name: c{number}\n{base}{said}")
    write(folder / "r/policies/plain.yaml", "name: plain\nmax_removed: 1.0\nrules:\n  - {rule: words, min: 1}\n")
    found = library(MemoryStore(), folder / "r")
    return [rows_of(found, "deduplicated", f"c{number}", f"s{number}") for number in range(len(layers))]


def test_a_chain_does_not_grow_layer_by_layer(tmp_path: Path) -> None:
    """Whoever joins a family is like the one that leads it, however often it is built upon."""
    layers = stack(tmp_path, [[stretch(20 * number)] for number in range(9)])
    begun = {row["doc_id"]: number for number, layer in enumerate(layers) for row in layer.values()}
    away = [number - begun[row["survivor"]] for number, layer in enumerate(layers) for row in layer.values()]
    assert max(away) <= 3  # at 60 words the similarity is 0.53, at 80 it is 0.42
    assert any(away)


def test_the_twin_of_an_earlier_survivor_never_stands_beside_it(tmp_path: Path) -> None:
    base = [stretch(start) for start in (0, 20, 40, 55, 58, 60, 62, 65, 80, 100, 120)]
    layer = [stretch(120), *(stretch(start) for start in (*range(1, 8), 30, 50, 70, 90, 110))]
    below, above = stack(tmp_path, [base, layer])
    texts = [base[int(name.partition("-")[2])] for name, row in below.items() if row["status"] == "survivor"]
    texts += [layer[int(name.partition("-")[2])] for name, row in above.items() if row["status"] == "survivor"]
    assert len(texts) == len(set(texts))
    assert stretch(120) in base
    assert above["1-0"]["status"] == "suppressed"
    assert above["1-0"]["kind"] in ("exact", "linked")


def test_twins_stay_together_whatever_cohesion_is_asked(tmp_path: Path) -> None:
    texts = [
        stretch(0),
        stretch(20),
        *(stretch(start) for start in range(1, 6)),
        stretch(40),
        stretch(40),
        stretch(40).upper(),
    ]
    (rows,) = stack(tmp_path, [texts], near="{cohesion: 0.9}")
    assert sum(rows[f"0-{at}"]["status"] == "survivor" for at in (7, 8, 9)) <= 1


def test_copies_stay_exact_through_three_layers(tmp_path: Path) -> None:
    texts = [prose(n, 240) for n in range(8)]
    *_, last = stack(tmp_path, [texts, texts, texts])
    assert {(row["status"], row["kind"], row["similarity"]) for row in last.values()} == {("suppressed", "exact", 1.0)}


def test_families_and_survivors_stand_on_one_version(tmp_path: Path) -> None:
    found = built(tmp_path, both=LAYERED)
    found.build(Partition("deduplicated", "both@dev"))
    path = tmp_path / "old.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8") + '{"id": "late", "text": "five words and no more", "license": "MIT"}\n'
    )
    again = library(found.store, tmp_path / "r")
    again.build(Partition("deduplicated", "old@dev"))
    with pytest.raises(
        Refused, match="families/both@dev stand on another version of old than the newest: rebuild them"
    ):
        again.build(Partition("deduplicated", "both@dev"), upstream=False)
    again.build(Partition("deduplicated", "both@dev"))


@pytest.mark.parametrize("said", ["same_url: true", "over: kept"])
def test_what_a_base_cannot_tell_is_refused(tmp_path: Path, said: str) -> None:
    found = built(tmp_path, both=f"{LAYERED}\n{said}")
    with pytest.raises(Refused, match=r"both@dev stands on old, whose index has other parameters: say"):
        found.build(Partition("families", "both@dev"))


def test_another_license_of_an_earlier_text_is_a_finding(tmp_path: Path) -> None:
    """The license of what stands below stays as it was concluded."""
    found = built(tmp_path, both=LAYERED)
    row = rows_of(found, "deduplicated", "both", "new")["b0"]
    assert any(said.startswith("the copy of an earlier layer keeps its license: ") for said in row["license_findings"])
