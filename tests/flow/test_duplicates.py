"""Copies explained on the real server: two layers, two workers, and the same answers as in memory."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from dagster_project.corpus.deduplication.duplicate_facts import duplicate_facts
from dagster_project.corpus.deduplication.explaining import explain
from dagster_project.corpus.deduplication.near_texts import Answer, NearTexts, near_text
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from tests.corpora import prose
from tests.corpus.deduplication.layered import Corpus

COPY = "\nAnd one more sentence to be found."
OLD = {**{f"a{n}": prose(n, 240) for n in range(30)}, **{f"a{n}-near": prose(n, 240) + COPY for n in range(0, 30, 3)}}
NEW = {**{f"b{n}": prose(n, 240) for n in range(20, 50)}, **{f"b{n}-near": prose(n, 240) + COPY for n in range(30, 40)}}


def answers(corpus: Corpus, workers: int) -> dict[str, Any]:
    with contextlib.closing(LocalEngine(workers)) as engine:
        facts = duplicate_facts(engine, corpus.store, corpus.name, corpus.manifest, 5)
    families = [explain(corpus.store, corpus.layers, corpus.places[name], 20) for name in ("a21", "b21", "b40", "b30")]
    asked = f"{prose(24, 240)}\nThis stands nowhere else."
    near = [near_text(corpus.store, corpus.layers, asked, 9), NearTexts.of(corpus.store, corpus.layers).ask(asked, 9)]
    return {"facts": facts, "families": families, "near": [told(corpus, answer) for answer in near]}


def told(corpus: Corpus, answer: Answer) -> list[tuple[str, str, float]]:
    return [(corpus.names[item.doc_id], item.kind, item.similarity) for item in answer.near]


@pytest.mark.embedded
def test_the_server_and_memory_tell_the_same(s3_store: S3Store, tmp_path: Path) -> None:
    here = answers(Corpus(tmp_path / "here", store=MemoryStore(), old=OLD, new=NEW), workers=1)
    there = answers(Corpus(tmp_path / "there", store=s3_store, old=OLD, new=NEW), workers=2)
    assert here == there
    facts = there["facts"]
    assert (facts["documents"], facts["families"]) == (len(OLD) + len(NEW), 27)
    assert facts["sizes"] == [{"from": 2, "families": 27, "documents": 57}]
    assert [family["size"] for family in there["families"]] == [3, 3, 1, 2]
    assert {name for name, _, _ in there["near"][0]} == {"a24", "a24-near", "b24"}
    assert there["near"][0] == there["near"][1]
