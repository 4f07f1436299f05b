"""Families of whole corpora: against brute force, in layers, with chains, scopes and URLs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library, prose, write_jsonl, write_recipes


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().replace(".", " ").split()
    return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryStore, dict[str, str]]:
    """40 originals; of every third an exact copy, of every fourth a close one; five equal texts of four words."""
    folder: Path = tmp_path_factory.mktemp("families")
    texts = {f"o{n}": prose(n, 240) for n in range(40)}
    texts |= {f"x{n}": prose(n, 240) for n in range(0, 40, 3)}
    texts |= {f"n{n}": prose(n, 240) + "\nAnd one more sentence to be found." for n in range(0, 40, 4)}
    texts |= {f"s{n}": "four words and nothing" for n in range(5)}
    rows = [{"id": name, "text": text, "license": "MIT"} for name, text in texts.items()]
    store = MemoryStore()
    recipes = write_recipes(folder / "r", str(write_jsonl(folder / "all.jsonl", rows)))
    library(store, recipes).build(Partition("deduplicated", "notes@dev"))
    return store, texts


def rows_of(store: MemoryStore, stage: str) -> pa.Table:
    partition = next(item for item in refs.published(store, stage))
    manifest = refs.load_manifest(store, refs.resolve(store, partition))
    return pa.concat_tables([read_shard(store, file) for file in manifest.files])


def test_families_are_those_of_brute_force(corpus: tuple[MemoryStore, dict[str, str]]) -> None:
    store, texts = corpus
    names = dict(
        zip(*[rows_of(store, "snapshots").column(name).to_pylist() for name in ("doc_id", "locator")], strict=True)
    )
    families = rows_of(store, "families").to_pylist()
    found: dict[bytes, set[str]] = {}
    for row in families:
        found.setdefault(row["family"] or row["doc_id"], set()).add(names[row["doc_id"]])
    expected: dict[str, set[str]] = {}
    for name, text in texts.items():
        for head in expected:
            one, other = shingles(texts[head]), shingles(text)
            if text == texts[head] or (one and len(one & other) / len(one | other) > 0.85):
                expected[head].add(name)
                break
        else:
            expected[name] = {name}
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, expected.values()))


def test_short_texts_are_told_apart_by_digest_alone(corpus: tuple[MemoryStore, dict[str, str]]) -> None:
    store, _ = corpus
    sizes = rows_of(store, "families").column("family_size").to_pylist()
    assert sizes.count(5) == 5


def test_every_suppressed_document_has_exactly_one_survivor_that_exists(
    corpus: tuple[MemoryStore, dict[str, str]],
) -> None:
    store, texts = corpus
    rows = rows_of(store, "deduplicated").to_pylist()
    status = {row["doc_id"]: row["status"] for row in rows}
    assert len(status) == len(texts)
    for row in rows:
        assert (row["survivor"] is None) == (row["status"] == "rejected")
        if row["status"] == "survivor":
            assert row["survivor"] == row["doc_id"]
        if row["status"] == "suppressed":
            assert status[row["survivor"]] == "survivor"
            assert row["kind"] == "near" or (row["kind"] in ("exact", "normalized") and row["similarity"] == 1.0)
            assert row["survivor_source"] == "notes@dev"
            assert row["survivor_license"] == "MIT"
    assert sum(value == "rejected" for value in status.values()) == 5
