"""Defects that other deduplicators have, which ours must not: each test names the tool and what goes wrong there.

Short duplicates that are never found (datatrove) are in test_families.py; files in any number and order in
tests/flow/test_identity.py, lost and altered objects in tests/flow/test_damage.py; options of recipes that nobody has
(dolma) in tests/corpus/model/test_reading.py; an export of half of the rows (dolma) in tests/flow/test_identity.py.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.errors import AuditFailed, FlorilegiumError
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard, write_shard
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import WORDS, library, prose, write_jsonl, write_recipes
from tests.corpus.deduplication.test_layers import LAYERED, built, rows_of

SURVIVORS, FAMILIES = Partition("deduplicated", "notes@dev"), Partition("families", "notes@dev")
PRINTS = Partition("fingerprints", "notes@dev", "words5-14x8")


def rows(texts: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": name, "text": text, "license": "MIT"} for name, text in texts.items()]


def statuses(found: Library) -> dict[str, str]:
    return {name: row["status"] for name, row in rows_of(found, "deduplicated", "notes", "notes").items()}


def one_file(folder: Path, texts: dict[str, str]) -> Library:
    return library(MemoryStore(), write_recipes(folder / "r", str(write_jsonl(folder / "all.jsonl", rows(texts)))))


@pytest.mark.parametrize("count", [1023, 1024, 1025])
def test_unrelated_documents_all_survive_at_any_size(count: int, tmp_path: Path) -> None:
    """datatrove's Bloom filter masks its indexes by its size: at a power of two it drops 199 of 200."""
    draw = random.Random(count)
    texts = {f"d{n}": " ".join(f"{draw.choice(WORDS)}{draw.randrange(10**6)}" for _ in range(30)) for n in range(count)}
    assert Counter(statuses(one_file(tmp_path, texts)).values()) == {"survivor": count}


def test_a_shard_without_copies_passes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """datatrove's exact substrings lose every shard in which nothing was found."""
    monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
    write_jsonl(tmp_path / "raw/a.jsonl", rows({"a": prose(1), "b": prose(2)}))
    write_jsonl(tmp_path / "raw/b.jsonl", rows({"c": prose(3), "d": prose(3)}))
    found = library(MemoryStore(), write_recipes(tmp_path / "r", str(tmp_path / "raw")))
    manifest = found.build(SURVIVORS).manifest
    assert [file.rows for file in manifest.files] == [2, 2]
    assert Counter(statuses(found).values()) == {"survivor": 3, "suppressed": 1}
    assert {statuses(found)[name] for name in "ab"} == {"survivor"}


def test_files_that_arrive_or_move_between_stages_change_nobody_else(tmp_path: Path) -> None:
    """datatrove removes by task and index: a file more between its stages deleted 5 unique documents."""
    texts = {f"d{n}": prose(n) for n in range(20)} | {f"e{n}": prose(n) for n in range(0, 20, 4)}
    found = one_file(tmp_path, texts)
    found.build(PRINTS)
    every = rows(texts | {"f3": prose(3), "g": prose(77)})
    random.Random(1).shuffle(every)
    for number in range(4):
        write_jsonl(tmp_path / f"more/{9 - number}.jsonl", every[number::4])
    moved = write_recipes(tmp_path / "r", str(tmp_path / "more"))
    late = library(found.store, moved)
    assert statuses(late) == statuses(library(MemoryStore(), moved))
    assert Counter(statuses(late).values()) == {"survivor": 21, "suppressed": 6}


@pytest.mark.parametrize("damage", ["lost", "cut", "turned"])
@pytest.mark.parametrize(("partition", "then"), [(PRINTS, FAMILIES), (FAMILIES, SURVIVORS)])
def test_a_side_table_that_does_not_cover_its_documents_stops_the_run(
    partition: Partition, then: Partition, damage: str, tmp_path: Path
) -> None:
    """dolma keeps all documents whose attributes are missing, and all but the first where they are cut short."""
    found = one_file(tmp_path, {f"d{n}": prose(n % 7) for n in range(10)})
    found.build(SURVIVORS)
    (file,) = refs.load_manifest(found.store, refs.resolve(found.store, partition)).files
    table = read_shard(found.store, file)
    other = {"lost": None, "cut": table.slice(0, 4), "turned": pa.concat_tables([table.slice(5), table.slice(0, 5)])}
    body = None
    if (changed := other[damage]) is not None:
        body = found.store.get(write_shard(found.store, changed, access="public", documents=file.documents).path)
    found.store.delete([file.path])
    if body:
        found.store.put(file.path, body)
    found.store.delete([entry.path for entry in found.store.list("builds/")])
    with pytest.raises(FlorilegiumError, match=file.path):
        found.build(then, upstream=False)


def test_no_option_turns_duplicates_off(tmp_path: Path) -> None:
    """dolma finds no duplicate any more once `min_words` is said."""
    plain = "members: [{source: old, policy: plain}]"
    every = (
        f"{plain}\nover: kept\nsame_url: true\nscope: source\nprefer: [newest, longest, license, source]\n"
        "near: {similarity: 0.7, verify: all, chains: report, cohesion: 0.4, max_family: 5}\n"
        "fingerprints: {shingles: characters, ngram: 12, bands: 20, rows: 5, hashing: xxh32, sketch: 512}\n"
    )
    found = built(tmp_path, old=plain, every=every, both=LAYERED)
    alone, optioned = (rows_of(found, "deduplicated", name, "old") for name in ("old", "every"))
    assert Counter(row["status"] for row in optioned.values()) == Counter(row["status"] for row in alone.values())
    assert Counter(row["kind"] for row in optioned.values()) == Counter(row["kind"] for row in alone.values())
    assert sum(row["status"] == "suppressed" for row in optioned.values()) == 2


def test_a_limit_of_one_is_a_limit_of_one(tmp_path: Path) -> None:
    """dolma's mixer keeps every duplicate where a limit says 1.0 and the deduper has written 1."""
    found = one_file(tmp_path, {"one": "word", "two": "two words", "long": prose(1)})
    kept = []
    for limit in ("1", "1.0"):
        policy = tmp_path / "r/policies/plain.yaml"
        policy.write_text(f"name: plain\nrules:\n  - {{rule: words, max: {limit}}}\n")
        kept.append(library(found.store, tmp_path / "r").build(Partition("filtered", "notes@dev+plain")).manifest)
    assert kept[0].id == kept[1].id
    assert kept[0].profile["kept"]["documents"] == 1


def test_a_source_that_would_vanish_is_not_published(tmp_path: Path) -> None:
    """marin wiped out whole sources, and DCLM's filter, updated twice, nine tenths of a corpus."""
    place = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "a.jsonl", rows({"a": prose(1), "b": prose(2)}))))
    copies = write_jsonl(tmp_path / "b.jsonl", rows({"c": prose(1), "d": prose(2)}))
    source = (place / "sources/notes.yaml").read_text()
    (place / "sources/copies.yaml").write_text(
        source.replace("name: notes", "name: copies").replace("a.jsonl", copies.name)
    )
    with (place / "corpora/notes.yaml").open("a") as file:
        file.write("  - {source: copies, policy: plain}\n")
    found = library(MemoryStore(), place, auditor=GreatExpectationsAuditor())
    with pytest.raises(AuditFailed, match="suppressed_share_within_bound"):
        found.build(SURVIVORS)
    assert refs.latest(found.store, SURVIVORS) is None
