"""The signals of contamination: what a document repeats in integers and spans, and a model that cannot tell it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.contamination.index import Settings, index_of
from dagster_project.corpus.contamination.items import Item
from dagster_project.corpus.contamination.stored import as_facts, from_facts, load_index, store_index
from dagster_project.corpus.engine.blocks import blocks
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.scorers.artifacts import Artifact
from dagster_project.corpus.scorers.scorer import Loading
from dagster_project.corpus.signals.contamination import SCHEMA, measure
from dagster_project.corpus.storage.memory import MemoryStore

QUESTION = "how many of the old wooden bridges over the river were built before the great flood"
ITEMS = [Item("quiz", "bridges", QUESTION, "three of them"), Item("exam", "x", "who wrote the first letter", None)]


@pytest.fixture
def artifact(memory_store: MemoryStore) -> Artifact:
    stored = store_index(memory_store, index_of(ITEMS, Settings()), "public")
    assert from_facts(memory_store, as_facts(stored)) == stored
    return Artifact(None, Loading("benchmark"), stored)


def documents(*texts: str) -> pa.Table:
    ids = pa.array([bytes([number] * 16) for number in range(len(texts))], pa.binary(16))
    return pa.table({"doc_id": ids, "text": pa.array(texts, pa.string())})


def test_a_row_for_every_document(artifact: Artifact) -> None:
    texts = ("nothing", f"«{QUESTION}» Who wrote the first letter?", "", f"{' '.join(QUESTION.split()[2:])}, three…")
    (block,) = blocks(documents(*texts))
    table, profile = measure(block, {}, artifact)
    assert table.schema.equals(SCHEMA)
    nothing, both, empty, part = table.to_pylist()
    names = ("contaminated_items", "contaminated_ngrams", "contaminated_words", "largest_overlap")
    assert [nothing[name] for name in names] == [empty[name] for name in names] == [0, 0, 0, 0]
    assert [both[name] for name in names] == [2, 4, 16 + 5, 1_000_000]
    assert [part[name] for name in names] == [1, 3, 15, 3 * 1_000_000 // 7]
    assert nothing["contaminated"] == []
    spans = [(span["benchmark"], span["item"], span["kind"]) for span in both["contaminated"]]
    assert spans == [("exam", "x", "whole"), ("quiz", "bridges", "ngram"), ("quiz", "bridges", "whole")]
    for row, text in zip((both, part), (texts[1], texts[3]), strict=True):
        for span in row["contaminated"]:
            found = text.encode()[span["start"] : span["end"]].decode().lower()
            assert found in (QUESTION, "who wrote the first letter", text.removesuffix("…"))
    assert profile["contaminated"] == {
        "exam": {"documents": 1, "spans": 1, "words": 5, "items": {"x": 1}},
        "quiz": {"documents": 2, "spans": 3, "words": 16 + 15, "items": {"bridges": 2}},
    }


def test_no_document_at_all(artifact: Artifact) -> None:
    (block,) = blocks(documents())
    table, profile = measure(block, {}, artifact)
    assert (table.num_rows, table.schema.equals(SCHEMA)) == (0, True)
    assert profile["contaminated"]["quiz"] == {"documents": 0, "spans": 0, "words": 0, "items": {}}


def test_a_model_is_nothing_to_search_for(tmp_path: Path) -> None:
    (block,) = blocks(documents("x"))
    with pytest.raises(Refused, match="name an artifact of kind benchmark"):
        measure(block, {}, Artifact(None, Loading("fasttext")))


def test_one_index_in_the_memory_of_a_process(artifact: Artifact) -> None:
    assert artifact.index is not None
    assert load_index(artifact.index) is load_index(artifact.index)
