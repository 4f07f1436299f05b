"""Portraits and verbatim spans on the real store: after builds, over edits, layers and worker processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.engine.local import LocalEngine
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.portraits import drawing
from dagster_project.corpus.portraits.asking import Portrait, spans_in
from dagster_project.corpus.portraits.drawing import draw
from dagster_project.corpus.portraits.matching import matches
from dagster_project.corpus.portraits.portrait import forget, part_path, read_header
from dagster_project.corpus.portraits.spans import Least
from dagster_project.corpus.portraits.texts import shards_of
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.corpus.storage.stores import Store
from tests.corpora import library, prose, write_jsonl
from tests.corpus.deduplication.test_layers import write

pytestmark = pytest.mark.embedded
SECRET = "write to someone.else@oldmill.org about it"
RECIPES = {
    "sources/{name}.yaml": """
name: {name}
version: "1"
format: jsonl
location: PLACE/{name}/*.jsonl
license: MIT
license_evidence: signed off by the tests
columns: {{text: text, key: id}}
""",
    "policies/plain.yaml": "name: plain\nrules:\n  - {{edit: redact, settings: {{kinds: [email]}}}}\n",
    "corpora/old.yaml": 'name: old\nversion: "1"\nmembers: [{{source: web, policy: plain}}]\n',
    "corpora/all.yaml": """
name: all
version: "1"
base: old
members: [{{source: blogs, policy: plain}}]
passages: {{cut: true, length: 100}}
""",
    "mixes/all.yaml": """
name: all
version: "1"
budget: {{documents: 40}}
components: [{{name: all, corpus: all}}]
shard_words: 500
rendering: {{templates: [{{name: host, text: "Here begins a document of some length: {{text}}"}}]}}
""",
}
SHARED = prose(900, 60)


def rows(name: str) -> list[dict[str, str]]:
    first = 0 if name == "web" else 100
    found = [{"id": f"{name}{number}", "text": prose(first + number)} for number in range(12)]
    found[3]["text"] += "\n" + SECRET * 3
    found[5]["text"] += "\n" + SHARED
    return found


@pytest.fixture
def built(s3_store: S3Store, tmp_path: Path) -> Library:
    for name in ("web", "blogs"):
        for part in range(3):
            write_jsonl(tmp_path / name / f"{part}.jsonl", rows(name)[part::3])
        for path, text in RECIPES.items():
            write(tmp_path / path.format(name=name), text.format(name=name).replace("PLACE", str(tmp_path)))
    found = library(s3_store, tmp_path)
    found.answers = True
    found.build(Partition("published", "all@1"))
    return found


def newest(found: Library, stage: str) -> Manifest:
    return found.planner.newest(Partition(stage, "all@1"))


def longest(store: Store, found: Library, stage: str, text: str) -> int:
    spans = spans_in(store, found.engine, newest(found, stage), text)
    return max((span.grams for span in spans), default=0)


def test_portraits_stand_after_a_build_and_show_what_is_exported(built: Library) -> None:
    store = built.store
    headers = {
        stage: read_header(store, newest(built, stage).id) for stage in ("published", "deduplicated", "passages")
    }
    assert headers["passages"] is None  # made when it is asked for
    assert headers["published"] is not None
    assert headers["deduplicated"] is not None
    assert headers["deduplicated"].documents == 24  # of both layers
    for stage in ("published", "deduplicated", "passages"):
        for number in (2, 107):
            assert longest(store, built, stage, prose(number)) >= len(prose(number)) // 50 - 1
        assert longest(store, built, stage, SECRET * 3) < 2  # the edited view is portrayed
        assert longest(store, built, stage, prose(55)) < 3
    template = [file for shard in shards_of(store, newest(built, "published")) for file in shard.read(store)]
    assert all(text.startswith("Here begins") for table in template for text in table.column("text").to_pylist())


def test_workers_and_parts_change_no_byte(built: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "EACH", 60)
    store, manifest = built.store, newest(built, "published")
    found = []
    with closing(LocalEngine(2)) as engine:
        for worker in (engine, built.engine):
            forget(store, manifest.id)
            header = draw(store, worker, manifest)
            assert len(header.parts) > 2
            found.append((header, [store.get(part_path(manifest.id, number)) for number in range(len(header.parts))]))
        assert found[0] == found[1]
        assert max(span.grams for span in Portrait(store, header).spans([prose(4)])[0]) > 5
        shards = shards_of(store, manifest)
        texts = [prose(4)[100:400], "nothing of this was ever said by anyone " * 3]
        both = [matches(store, worker, shards, texts, Least(60)) for worker in (engine, built.engine)]
    assert both[0] == both[1]
    assert [(match.text, match.start, match.end, match.documents) for match in both[0].found] == [(0, 0, 300, 1)]
    assert not list(store.list("scratch/"))


def test_planted_spans_are_found_where_they_stand(built: Library) -> None:
    store = built.store
    texts = [f"He said: {prose(number)[7:150]} and went." for number in range(6)] + [SHARED[:200]]
    mixed = matches(store, built.engine, shards_of(store, newest(built, "published")), texts, Least())
    corpus = matches(store, built.engine, shards_of(store, newest(built, "deduplicated")), texts, Least())
    for found in (mixed, corpus):
        for number in range(6):
            (match,) = (item for item in found.found if item.text == number)
            assert texts[number][match.start : match.end].strip() == prose(number)[7:150].strip()
            assert match.first.source == "web@1"
        (shared,) = (item for item in found.found if item.text == 6)
        assert (shared.start, shared.end) == (0, 200)
    assert (shared.documents, shared.first.source) == (2, "web@1")
