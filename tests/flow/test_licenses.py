"""From what a crawled page says of its license to a conclusion, and corrections that read nothing again."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.licenses import licensed
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.model.raw import Batch, RawPart
from dagster_project.corpus.model.recipes import SourceRecipe
from dagster_project.corpus.sources import registry
from dagster_project.corpus.sources.warc import Warc
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from tests.corpora import library
from tests.corpus.sources.warcs import WORDS, answer, record, warcinfo

CC = "https://creativecommons.org/licenses"
RESERVED = "LicenseRef-All-Rights-Reserved"
# page → (head, article, footer) and the license that follows
PAGES = {
    "by-sa": ("", '<a rel="license" href="http://creativecommons.org/licenses/by-sa/3.0/de/deed.de">CC</a>', ""),
    "by-nc": ("", f'<a href="{CC}/by-nc/4.0/">some rights</a>', ""),
    "footer": ("", "", f"<A REL=LICENSE HREF={CC.upper()}/BY-SA/4.0/>CC</A>"),
    "two": (
        f'<link rel="license" href="{CC}/by/4.0/">',
        "",
        f'<a rel=license href="{CC}/by-nc-nd/2.5/scotland/">x</a>',
    ),
    "names-version-not": ("", f'<a rel="license" href="{CC}/by-sa/">CC</a>', ""),
    "notice": ('<meta name="copyright" content="© 2024 Example. All rights reserved.">', "", ""),
    "both": (f'<meta name="copyright" content="All rights reserved."><link rel="license" href="{CC}/by/4.0/">', "", ""),
    "own-terms": ('<link rel="license" href="/terms.html">', "", ""),
    "in-a-comment": ("", f'<!-- <a rel="license" href="{CC}/by/4.0/"> -->', ""),
    "silent": ("", "", ""),
}
CONCLUDED = {
    "by-sa": "CC-BY-SA-3.0-DE",
    "by-nc": "CC-BY-NC-4.0",
    "footer": "CC-BY-SA-4.0",
    "two": "CC-BY-4.0 AND LicenseRef-CC-BY-NC-ND-2.5-SCOTLAND",
    "names-version-not": "NOASSERTION",
    "notice": RESERVED,
    "both": "CC-BY-4.0",
    "own-terms": "NOASSERTION",
    "in-a-comment": "NOASSERTION",
    "silent": "NOASSERTION",
}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[RawPart]:
    """Every part of a raw object that was read."""
    found: list[RawPart] = []

    class Counted(Warc):
        def read(self, recipe: SourceRecipe, part: RawPart) -> Iterator[Batch]:
            found.append(part)
            yield from super().read(recipe, part)

    monkeypatch.setitem(registry.SOURCES, "warc", Counted())
    return found


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A source of one crawl."""
    pages = [
        record(number, answer(_page(*parts)), url=f"http://site.test/{name}")
        for number, (name, parts) in enumerate(PAGES.items(), 1)
    ]
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(map(gzip.compress, [warcinfo(), *pages])))
    path = tmp_path / "sources" / "web.yaml"
    path.parent.mkdir()
    path.write_text("name: web\nformat: warc\nlocation: crawl.warc.gz\n")
    return path


def _page(head: str, article: str, footer: str) -> bytes:
    text = f"<main><article><h1>Title</h1><p>{WORDS * 4}</p>{article}</article></main><footer>{footer}</footer>"
    return f"<!doctype html><html><head>{head}</head><body>{text}</body></html>".encode()


def licenses(found: Library) -> dict[str, str]:
    built = {stage: found.build(Partition(stage, "web@dev")).manifest for stage in ("snapshots", "licensed")}
    rows = {stage: [read_shard(found.store, file) for file in built[stage].files] for stage in built}
    urls = [url for table in rows["snapshots"] for url in table.column("url").to_pylist()]
    concluded = [license for table in rows["licensed"] for license in table.column("license").to_pylist()]
    return {url.removeprefix("http://site.test/"): license for url, license in zip(urls, concluded, strict=True)}


def test_a_page_keeps_exactly_the_license_that_it_states(recipe: Path) -> None:
    assert licenses(library(MemoryStore(), recipe.parent.parent)) == CONCLUDED


def test_a_corrected_registry_or_table_concludes_again_and_reads_nothing(
    recipe: Path, reads: list[RawPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = MemoryStore(), recipe.parent.parent
    licenses(library(store, folder))
    snapshot = Partition("snapshots", "web@dev")
    first, before = library(store, folder).build(snapshot).manifest.id, len(reads)
    assert before > 0
    recipe.write_text(recipe.read_text() + "license: MIT\nlicense_evidence: seen\ncollection_license: ODbL-1.0\n")
    corrected = licenses(library(store, folder))
    assert (corrected["silent"], corrected["by-sa"]) == ("MIT", "CC-BY-SA-3.0-DE")
    monkeypatch.setattr(licensed, "CODE_VERSION", "of a corrected table")
    assert licenses(library(store, folder)) == corrected
    assert library(store, folder).build(snapshot).manifest.id == first
    assert len(reads) == before
