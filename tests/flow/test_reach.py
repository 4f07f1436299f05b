"""How far takedowns reach: exact twins, one near step, families, children, across layers and corpora."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.building.takedowns import affected
from dagster_project.corpus.building.taking_down import take_down
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.reaching import near
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.corpus.takedowns.entries import Entry
from dagster_project.corpus.takedowns.register import add
from tests.corpora import WORDS, library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

Texts = Mapping[str, Any]  # by name: a text, or a whole row
X = prose(1, 240)
NEAR = X + "\nAnd one more sentence to be found."  # of X
NEAR_TWIN = NEAR.upper()  # the same words
STEPS = [X.split(" ")[:n] for n in (240, 208, 180)]  # each near the one before it alone


def opened(folder: Path, sources: Mapping[str, Texts], corpora: Mapping[str, str], mix: str = "") -> Library:
    """A library of these sources, whose names with a + say what they are derived from, and corpora of policies `plain`
    and `long`."""
    for named, texts in sources.items():
        name, _, parents = named.partition("+")
        rows = [{"id": key, **(said if isinstance(said, dict) else {"text": said})} for key, said in texts.items()]
        location = str(write_jsonl(folder / f"{name}.jsonl", rows))
        derived = f"derived_from: [{parents}]\n" if parents else ""
        more = ", parents: parents" if parents else ", url: url"
        write(
            folder / f"r/sources/{name}.yaml",
            f"name: {name}\nformat: jsonl\nlocation: {location!r}\nlicense: MIT\n"
            f"license_evidence: signed off by the tests\n{derived}columns: {{key: id{more}}}\n",
        )
    for name, words in (("plain", 1), ("long", 300)):
        write(folder / f"r/policies/{name}.yaml", f"name: {name}\nrules: [{{rule: words, min: {words}}}]\n")
    for name, said in corpora.items():
        write(folder / f"r/corpora/{name}.yaml", f"name: {name}\nmax_removed: 1.0\n{said}\n")
    if mix:
        write(folder / "r/mixes/all.yaml", mix)
    return library(MemoryStore(), folder / "r")


def ids_of(found: Library, source: str) -> dict[str, str]:
    manifest = found.build(Partition("snapshots", f"{source}@dev")).manifest
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    return {row["locator"]: row["doc_id"].hex() for row in rows}


def withdrawn(found: Library, corpus: str, *sources: str) -> dict[str, str]:
    """Why documents of a corpus are withdrawn, by their names."""
    manifest = found.build(Partition("deduplicated", f"{corpus}@dev")).manifest
    names = {doc_id: name for source in sources for name, doc_id in ids_of(found, source).items()}
    rows = [row for file in manifest.files for row in read_shard(found.store, file).to_pylist()]
    return {names[row["doc_id"].hex()]: row["kind"] for row in rows if row["status"] == "withdrawn"}


def plain(*sources: str) -> str:
    return f"members: [{', '.join(f'{{source: {name}, policy: plain}}' for name in sources)}]"


@pytest.mark.parametrize("asked", ["x", "x-twin"])
def test_whoever_of_exact_twins_is_meant_all_near_copies_go_and_no_copies_of_these(tmp_path: Path, asked: str) -> None:
    texts = {"x": STEPS[0], "x-twin": STEPS[0], "z": STEPS[1], "z-twin": STEPS[1], "far": STEPS[2], "other": None}
    rows = {name: " ".join(words) if words else prose(9) for name, words in texts.items()} | {
        "z-loud": " ".join(STEPS[1]).upper()
    }
    found = opened(tmp_path, {"web": rows}, {"all": plain("web")})
    assert withdrawn(found, "all", "web") == {}
    add(found.store, [Entry("document", ids_of(found, "web")[asked], "near")])
    kinds = withdrawn(found, "all", "web")
    assert kinds == {asked: "document", **dict.fromkeys({"x", "x-twin", "z", "z-twin", "z-loud"} - {asked}, "near")}


def test_families_go_further_than_near_copies(tmp_path: Path) -> None:
    rows = {f"s{number}": " ".join(words) for number, words in enumerate(STEPS)}
    found = opened(
        tmp_path, {"web": rows, "blogs": {"copy": " ".join(STEPS[2])}}, {"all": plain("web"), "b": plain("blogs")}
    )
    found.build(Partition("families", "all@dev"))
    add(found.store, [Entry("document", ids_of(found, "web")["s0"], "family")])
    assert withdrawn(found, "all", "web") == {"s0": "document", "s1": "near", "s2": "family"}
    assert withdrawn(found, "b", "blogs") == {"copy": "family"}  # the words of a member that goes


@pytest.mark.parametrize("scope", ["near", "family"])
def test_an_erasure_changes_no_reason_and_so_no_version(tmp_path: Path, scope: Any) -> None:
    found = opened(tmp_path, {"web": {"x": X, "near": NEAR, "other": prose(9)}}, {"all": plain("web")})
    assert withdrawn(found, "all", "web") == {}
    add(found.store, [Entry("document", ids_of(found, "web")["x"], scope)])
    expected = {"x": "document", "near": "near"}
    assert withdrawn(found, "all", "web") == expected
    version = found.planner.newest(Partition("deduplicated", "all@dev")).id
    take_down(found, erase=True)
    found.__post_init__()
    assert withdrawn(found, "all", "web") == expected
    assert found.planner.newest(Partition("deduplicated", "all@dev")).id == version


@pytest.mark.parametrize("asked", ["old", "new"])
def test_near_copies_go_in_earlier_and_in_later_layers(tmp_path: Path, asked: str) -> None:
    sources = {"old": {"old": X, "a": prose(5)}, "new": {"new": NEAR, "twin": NEAR_TWIN, "b": prose(6)}}
    found = opened(tmp_path, sources, {"base": plain("old"), "top": f"base: base\n{plain('new')}"})
    found.build(Partition("deduplicated", "top@dev"))
    add(found.store, [Entry("document", ids_of(found, asked)[asked], "near")])
    assert withdrawn(found, "base", "old").keys() == {"old"}
    assert withdrawn(found, "top", "new").keys() == {"new", "twin"}


def test_a_document_that_had_no_copies_goes_with_the_family_that_it_leads_later(tmp_path: Path) -> None:
    url = "https://example.org/page"
    sources = {"old": {"lone": {"text": prose(1), "url": url}}, "new": {"other": {"text": prose(2), "url": url}}}
    said = "same_url: true\n"
    found = opened(tmp_path, sources, {"base": said + plain("old"), "top": f"{said}base: base\n{plain('new')}"})
    found.build(Partition("deduplicated", "top@dev"))
    add(found.store, [Entry("document", ids_of(found, "new")["other"], "family")])
    assert withdrawn(found, "base", "old") == {"lone": "family"}
    add(found.store, [Entry("document", ids_of(found, "new")["other"], "near")])
    assert withdrawn(found, "top", "new") == {"other": "document"}


def test_copies_of_what_a_policy_rejects_go_too(tmp_path: Path) -> None:
    """Families of kept documents alone know nothing of it."""
    sources = {"web": {"x": X}, "blogs": {"copy": X, "near": NEAR, "other": prose(7, 240)}}
    members = "members: [{source: web, policy: long}, {source: blogs, policy: plain}]"
    found = opened(tmp_path, sources, {"all": f"over: kept\n{members}"})
    found.build(Partition("deduplicated", "all@dev"))
    add(found.store, [Entry("document", ids_of(found, "web")["x"], "near")])
    assert withdrawn(found, "all", "web", "blogs") == {"copy": "near", "near": "near"}  # x is rejected


@pytest.mark.parametrize("has_corpus", [False, True])
def test_copies_in_other_corpora_go_too(tmp_path: Path, has_corpus: bool) -> None:
    """Whether or not what is meant stands in a corpus of its own, and whatever fingerprints that one asks for."""
    sources = {"web": {"x": X}, "blogs": {"copy": X, "near": NEAR, "twin": NEAR_TWIN, "other": prose(7, 240)}}
    corpora = {"a": f"fingerprints: {{bands: 9}}\n{plain('web')}", "b": plain("blogs")}
    mix = 'name: all\nversion: "1"\nbudget: {documents: 2}\ncomponents: [{name: b, corpus: b}]\n'
    found = opened(tmp_path, sources, corpora, mix)
    meant = ids_of(found, "web")["x"]
    if has_corpus:
        found.build(Partition("deduplicated", "a@dev"))
    found.build(Partition("mixed", "all@1"))
    add(found.store, [Entry("document", meant, "near")])
    changed = {str(item.partition): item.documents for item in affected(found.planner)}
    assert changed == {"deduplicated/b@dev": 3, "mixed/all@1": 1} | ({"deduplicated/a@dev": 1} if has_corpus else {})
    assert withdrawn(found, "b", "blogs").keys() == {"copy", "near", "twin"}
    assert found.build(Partition("mixed", "all@1")).manifest.rows == 1
    assert not found.build(Partition("mixed", "all@1")).fresh


def test_what_another_source_brings_later_makes_another_version(tmp_path: Path) -> None:
    """A version says which documents went, for others in the store decide it."""
    sources = {"web": {"z": NEAR, "copy": X + "\nand so on", "other": prose(8)}, "later": {"x": X}}
    found = opened(tmp_path, sources, {"all": plain("web")})
    found.build(Partition("deduplicated", "all@dev"))
    add(found.store, [Entry("url", "https://example.org/x", "near"), Entry("document", ids_of(found, "web")["other"])])
    assert withdrawn(found, "all", "web") == {"other": "document"}
    write_jsonl(tmp_path / "later.jsonl", [{"id": "x", "text": X, "url": "https://example.org/x"}])
    ids_of(found, "later")
    assert withdrawn(found, "all", "web") == {"other": "document", "z": "near", "copy": "near"}


@pytest.mark.parametrize(
    ("scope", "children"), [("near", {"of-x", "of-z", "grand", "of-twin"}), ("document", {"of-x"})]
)
def test_children_of_all_that_goes_go_too(tmp_path: Path, scope: Any, children: set[str]) -> None:
    web = {"x": X, "z": NEAR, "far": prose(3, 240)}
    sources = {"web": web, "answers+web": {}, "more+answers": {}, "blogs": {"twin": NEAR_TWIN}, "of+blogs": {}}
    found = opened(tmp_path, sources, {"all": plain("web"), "made": plain("answers", "more", "of")})
    parents = ids_of(found, "web")
    answers = {f"of-{name}": {"text": prose(20 + n), "parents": parents[name]} for n, name in enumerate(web)}
    write_jsonl(tmp_path / "answers.jsonl", [{"id": key, **row} for key, row in answers.items()])
    grand = {"id": "grand", "text": prose(40), "parents": ids_of(found, "answers")["of-z"]}
    write_jsonl(tmp_path / "more.jsonl", [grand])
    child = {"id": "of-twin", "text": prose(41), "parents": ids_of(found, "blogs")["twin"]}
    write_jsonl(tmp_path / "of.jsonl", [child])
    found.build(Partition("deduplicated", "all@dev"))
    found.build(Partition("deduplicated", "made@dev"))
    add(found.store, [Entry("document", parents["x"], scope)])
    assert withdrawn(found, "made", "answers", "more", "of").keys() == children


@pytest.mark.parametrize("seed", range(3))
def test_as_found_by_comparing_all_with_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Two corpora of texts that are twins, near or apart, and all that were made from any, on whatever entries, however
    many texts are looked for at once."""
    if seed:
        monkeypatch.setattr(near, "AT_ONCE", seed)
        monkeypatch.setattr(near, "COMPARED", 3)
    chosen = random.Random(seed)
    stems = [[chosen.choice(WORDS) + str(chosen.randrange(50)) for _ in range(120)] for _ in range(6)]
    texts = {
        f"{stem}.{cut}.{copy}": " ".join(words[: len(words) - 10 * cut])
        for stem, words in enumerate(stems)
        for cut in range(4)
        for copy in range(2)
        if chosen.random() < 0.6
    }
    sides = {name: chosen.choice(["web", "blogs"]) for name in texts}
    sources = {side: {name: texts[name] for name in texts if sides[name] == side} for side in ("web", "blogs")}
    sure = "fingerprints: {bands: 40, rows: 4}\n"  # whatever is near shares a band
    over = "over: kept\n" if seed == 2 else ""
    corpora = {"web": sure + plain("web"), "blogs": over + sure + plain("blogs"), "m": plain("made")}
    found = opened(tmp_path, {**sources, "made+web,blogs": {}}, corpora)
    ids = ids_of(found, "web") | ids_of(found, "blogs")
    parents = {f"child-{name}": name for name in texts if chosen.random() < 0.4}
    rows = [{"id": key, "text": prose(100 + n), "parents": ids[of]} for n, (key, of) in enumerate(parents.items())]
    write_jsonl(tmp_path / "made.jsonl", rows)
    for corpus in ("web", "blogs", "m"):
        found.build(Partition("deduplicated", f"{corpus}@dev"))
    meant = chosen.sample(sorted(texts), 2)
    add(found.store, [Entry("document", ids[name], "near") for name in meant])
    expected = reached({**texts, **{row["id"]: row["text"] for row in rows}}, parents, set(meant))
    gone = {
        name
        for corpus, of in (("web", "web"), ("blogs", "blogs"), ("m", "made"))
        for name in withdrawn(found, corpus, of)
    }
    assert gone == expected


def reached(texts: Mapping[str, str], parents: Mapping[str, str], meant: set[str]) -> set[str]:
    """All within one near step of what is meant; twins and children of all."""

    def shingles(text: str) -> set[tuple[str, ...]]:
        words = text.split()
        return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}

    def closed(names: set[str]) -> set[str]:
        said = {texts[name] for name in names}
        more = {name for name in texts if texts[name] in said or parents.get(name) in names}
        return names if more <= names else closed(names | more)

    first = closed(meant)
    alike = {
        name for name in texts for other in first if jaccard(shingles(texts[name]), shingles(texts[other])) >= 0.75
    }
    return closed(first | alike)


def jaccard(one: set[Any], other: set[Any]) -> float:
    return float(np.divide(len(one & other), max(1, len(one | other))))
