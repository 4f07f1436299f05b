"""Real input ingested whole: crawls in ten languages, JSON Lines, Parquet. Skipped where it is not there.

It lies beside the checkout, in ../shared/data, or where FLORILEGIUM_REAL_INPUT says.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.statistics.languages import read_statistics
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from tests.corpora import library

INPUT = Path(os.environ.get("FLORILEGIUM_REAL_INPUT", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not INPUT.is_dir(), reason=f"there is no {INPUT}")

RECIPES = {
    "debian-handbook": ("warc", "warc/handbook-*.warc.gz", "GPL-2.0-or-later OR CC-BY-SA-3.0", ""),
    "debian-reference": ("warc", "warc/reference-*.warc.gz", "GPL-2.0-or-later", ""),
    "debian-policy": ("warc", "warc/policy-*.warc.gz", "GPL-2.0-or-later", ""),
    "developers-reference": ("warc", "warc/devref-*.warc.gz", "GPL-2.0-or-later", ""),
    "manpages": (
        "jsonl",
        "jsonl/manpages.jsonl.zst",
        "NOASSERTION",
        "{shape: dolma, language: metadata.lang_declared}",
    ),
    "perldoc": (
        "parquet",
        "parquet/perldoc.parquet",
        "Artistic-1.0-Perl OR GPL-1.0-or-later",
        "{key: id, url: url, license: license}",
    ),
}


# by the SPDX tags in the first comments of the roff sources; the rest says nothing that could be read
TAGGED = {
    "BSD-3-Clause": 5,
    "BSD-4-Clause-UC": 3,
    "GPL-1.0-or-later": 21,
    "GPL-2.0-only": 16,
    "GPL-2.0-or-later": 315,
    "Linux-man-pages-copyleft": 177,
    "MIT": 3,
    "NOASSERTION": 4006,
}


def write(folder: Path) -> Path:
    """A recipe per source."""
    (folder / "sources").mkdir(parents=True)
    for name, (format, location, license, columns) in RECIPES.items():
        lines = [f"name: {name}", "version: '1'", f"format: {format}", f"location: {INPUT / location}"]
        lines += [f"license: {license}", "license_evidence: the README beside the data"]
        lines += [f"columns: {columns}"] if columns else []
        (folder / "sources" / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Every source, with its statistics and all they need."""
    found = library(MemoryStore(), write(tmp_path_factory.mktemp("real")))
    for name in RECIPES:
        found.build(Partition("statistics", f"{name}@1"))
        found.build(Partition("signals", f"{name}@1", "consent"))
    return found


def manifest(built: Library, stage: str, name: str) -> Manifest:
    return refs.load_manifest(built.store, refs.resolve(built.store, Partition(stage, f"{name}@1")))


@pytest.mark.parametrize(
    ("name", "documents", "dead"),
    [
        ("debian-handbook", 1281, {"HTTP status": 1}),
        ("debian-reference", 49, {}),
        ("debian-policy", 28, {}),
        ("developers-reference", 13, {}),
        ("manpages", 4546, {}),
        ("perldoc", 987, {}),
    ],
)
def test_every_record_is_a_document_or_a_dead_letter(
    built: Library, name: str, documents: int, dead: dict[str, int]
) -> None:
    profile = manifest(built, "snapshots", name).profile
    assert (profile["documents"], profile["dead_letters"]) == (documents, dead)


def test_the_handbook_speaks_its_ten_languages(built: Library) -> None:
    counted = manifest(built, "statistics", "debian-handbook").profile["languages"]
    assert {language for language, documents in counted.items() if documents > 50} == {
        *"en de es fr ja pt ru zh ar it".split()
    }


def test_a_404_for_robots_txt_is_kept_beside_the_documents(built: Library) -> None:
    assert [manifest(built, "snapshots", name).profile["site_files"] for name in RECIPES] == [1, 1, 1, 1, 0, 0]


def test_what_manual_pages_say_of_their_license_is_heard(built: Library) -> None:
    assert manifest(built, "licensed", "manpages").profile["licenses"] == TAGGED


def test_statistics_cover_every_document(built: Library) -> None:
    for name in RECIPES:
        rows = read_statistics(built.store, f"{name}@1")
        assert rows is not None
        assert sum(rows.column("documents").to_pylist()) == manifest(built, "snapshots", name).rows
