"""The statistics of a small corpus in three languages, number by number; and the same from one file or eight."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dagster_project.corpus.building.library import Built
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.statistics import counting
from dagster_project.corpus.statistics.counting import Counted
from dagster_project.corpus.statistics.languages import SCHEMA, brief, profile, read_statistics, rows_of
from dagster_project.corpus.statistics.tallies import FACETS, TALLY, added_totals, ranked, total
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.s3 import S3Store
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library, write_jsonl
from tests.corpus.statistics.samples import read_of

STATISTICS = Partition("statistics", "tales@dev")
TEXTS = {
    "en": "The old house by the river was sold to a family who had always wanted to live there, number {}.",
    "de": "Das alte Haus am Fluss wurde an eine Familie verkauft, die schon immer dort wohnen wollte, Nummer {}.",
    "ja": "川沿いの古い家は、ずっとそこに住みたいと思っていた家族に売られました。番号は{}です。",
    "und": "12345 67890 -- 2 + 2 = 4 ... {}",
}
ENGLISH_WORDS = 22  # of each English text: a comma and a period are words of their own
RECIPE = """
name: tales
format: jsonl
location: {location!r}
license: CC-BY-4.0
license_evidence: a sentence on its front page
max_bad_records: 1
columns: {{key: id, url: url, language: lang, license: license, published_at: date}}
"""
# language, number of documents, and what all of them say
SAID: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("en", 3, {"license": "MIT", "url": "https://www.example.org/{}", "lang": "en-GB", "date": "2021-05-06"}),
    ("en", 2, {"license": "GPL-3.0-only", "url": "https://blog.example.com/{}", "lang": "de", "date": "2019-12-31"}),
    ("en", 1, {"lang": "fr"}),
    ("de", 2, {"license": "MIT", "url": "https://example.org/{}", "lang": "DE", "date": "2021-01-01"}),
    ("de", 2, {"license": "MIT", "url": "https://www.example.org/de/{}"}),
    ("ja", 2, {"url": "https://example.com/{}", "lang": "ja"}),
    ("und", 1, {"license": "MIT"}),
)


def documents() -> list[dict[str, Any]]:
    named = [(language, said) for language, count, said in SAID for _ in range(count)]
    return [
        {
            "id": f"t{n}",
            "text": TEXTS[language].format(n),
            **said,
            **({"url": said["url"].format(n)} if "url" in said else {}),
        }
        for n, (language, said) in enumerate(named)
    ]


def recipes(folder: Path, location: Path) -> Path:
    path = folder / "recipes" / "sources" / "tales.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(RECIPE.format(location=str(location)).lstrip(), encoding="utf-8")
    return folder / "recipes"


def build(folder: Path, location: Path, auditor: Any = None) -> tuple[MemoryStore, Built]:
    store = MemoryStore()
    return store, library(store, recipes(folder, location), auditor=auditor).build(STATISTICS)


def spread(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """The same documents in another order and eight files."""
    rows = random.Random(5).sample(rows, len(rows))
    for number in range(8):
        write_jsonl(folder / f"{7 - number}.jsonl", rows[number::8])
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryStore, Built]:
    folder = tmp_path_factory.mktemp("statistics")
    return build(folder, write_jsonl(folder / "all.jsonl", documents()), GreatExpectationsAuditor())


@pytest.fixture(scope="module")
def rows(built: tuple[MemoryStore, Built]) -> dict[str, dict[str, Any]]:
    table = read_statistics(built[0], "tales@dev")
    assert table is not None
    assert table.schema.equals(SCHEMA)
    assert table.column("language").to_pylist() == ["en", "de", "ja", "und"]  # by documents, then by code
    return {row["language"]: row for row in table.to_pylist()}


def test_sizes(rows: dict[str, dict[str, Any]]) -> None:
    texts = [TEXTS["en"].format(number) for number in range(6)]
    assert (rows["en"]["documents"], rows["en"]["with_url"], rows["en"]["boilerplate_characters"]) == (6, 5, 0)
    assert rows["en"]["text_bytes"] == sum(len(text.encode()) for text in texts)
    assert rows["en"]["words"] == 6 * ENGLISH_WORDS
    assert [rows[language]["documents"] for language in ("de", "ja", "und")] == [4, 2, 1]


def test_licenses_with_their_class(rows: dict[str, dict[str, Any]]) -> None:
    words = {language: row["words"] // row["documents"] for language, row in rows.items()}
    assert rows["en"]["licenses"] == [
        {"license": "MIT", "class": "permissive", "documents": 3, "words": 3 * words["en"]},
        {"license": "GPL-3.0-only", "class": "copyleft", "documents": 2, "words": 2 * words["en"]},
        {"license": "CC-BY-4.0", "class": "permissive", "documents": 1, "words": words["en"]},
    ]
    assert [(item["license"], item["documents"]) for item in rows["ja"]["licenses"]] == [("CC-BY-4.0", 2)]


def test_dates(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["en"]["published_years"] == [
        {"year": 2019, "documents": 2},
        {"year": 2021, "documents": 3},
        {"year": None, "documents": 1},
    ]
    assert rows["en"]["published_confidences"] == [
        {"confidence": "declared", "documents": 5},
        {"confidence": "unknown", "documents": 1},
    ]
    assert rows["ja"]["collected_years"] == [{"year": None, "documents": 2}]
    assert rows["ja"]["collected_confidences"] == [{"confidence": "unknown", "documents": 2}]


def test_addresses(rows: dict[str, dict[str, Any]]) -> None:
    named = {
        language: [(item["domain"], item["documents"]) for item in row["domains"]] for language, row in rows.items()
    }
    assert named == {
        "en": [("example.org", 3), ("example.com", 2)],
        "de": [("example.org", 4)],
        "ja": [("example.com", 2)],
        "und": [],
    }
    assert rows["de"]["domains"][0]["words"] == rows["de"]["words"]
    assert [row["hosts"] for row in rows.values()] == [2, 2, 1, 0]
    assert [row["other_domains"] for row in rows.values()] == [0, 0, 0, 0]


def test_declared_languages_that_disagree(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["en"]["declared"] == [{"declared": "de", "documents": 2}, {"declared": "fr", "documents": 1}]
    assert [rows[language]["declared"] for language in ("de", "ja", "und")] == [[], [], []]


def test_the_profile_and_the_audit(built: tuple[MemoryStore, Built]) -> None:
    manifest, outcomes = built[1].manifest, built[1].outcomes
    assert manifest.profile["documents"] == 13
    assert manifest.profile["languages"] == {"de": 4, "en": 6, "ja": 2, "und": 1}
    assert manifest.profile["licenses"] == {"CC-BY-4.0": 3, "GPL-3.0-only": 2, "MIT": 8}
    assert manifest.profile["published"] == {"declared": 7, "unknown": 6}
    assert (manifest.profile["disagreeing"], manifest.profile["negative_counts"]) == (3, 0)
    assert [item.check for item in outcomes if not item.passed] == ["declared_languages_agree"]  # 3 of 13 do not
    assert manifest.facts["languages"][0] == {
        **{"language": "en", "documents": 6, "license": "MIT", "domain": "example.org"},
        "words": 6 * ENGLISH_WORDS,
    }
    assert {item.partition for item in manifest.inputs} == {
        *(f"{stage}/tales@dev" for stage in ("snapshots", "licensed")),
        *(f"signals/tales@dev/{group}" for group in ("counts", "language", "addresses")),
    }
    assert [entry.path for entry in built[0].list("scratch/")] == []


def test_output_changes_only_with_a_code_version(built: tuple[MemoryStore, Built]) -> None:
    """What the rows are, whatever they were counted from: when it changes, CODE_VERSION must change with it."""
    identity = built[1].manifest.identity
    assert (identity.code_version, identity.logical_digest[:16]) == ("1", "b984221ff7a5c4df")


def test_one_file_or_eight_shards(
    built: tuple[MemoryStore, Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeze, "SHARD_TEXT_BYTES", 1)
    monkeypatch.setattr(counting, "BUCKET_DOCUMENTS", 4)
    store, split = build(tmp_path, spread(tmp_path / "many", documents()))
    assert len(refs.load_manifest(store, split.manifest.inputs[0].id).files) == 8
    assert split.manifest.id == built[1].manifest.id


def test_another_address_is_another_version(built: tuple[MemoryStore, Built], tmp_path: Path) -> None:
    rows = documents()
    rows[0]["url"] = "https://elsewhere.example/"
    _, other = build(tmp_path, write_jsonl(tmp_path / "all.jsonl", rows))
    assert other.manifest.identity.logical_digest != built[1].manifest.identity.logical_digest


@pytest.mark.embedded
def test_two_workers_on_a_real_store(
    built: tuple[MemoryStore, Built], tmp_path: Path, s3_store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeze, "SHARD_TEXT_BYTES", 1)
    folder = recipes(tmp_path, spread(tmp_path / "many", documents()))
    alone, both = library(s3_store, folder), library(s3_store, folder, workers=2)
    for needed in alone.needed(STATISTICS)[:-1]:
        alone.build(needed, upstream=False)
    with contextlib.closing(both.engine):
        assert both.build(STATISTICS, upstream=False).manifest.id == built[1].manifest.id
    assert [entry.path for entry in s3_store.list("scratch/")] == []


def test_a_snapshot_without_documents_has_statistics_without_rows(tmp_path: Path) -> None:
    store, empty = build(tmp_path, write_jsonl(tmp_path / "all.jsonl", []))
    table = read_statistics(store, "tales@dev")
    assert table is not None
    assert table.num_rows == 0
    assert empty.manifest.profile["documents"] == 0


def test_what_is_not_built_is_none() -> None:
    assert read_statistics(MemoryStore(), "tales@dev") is None


def test_licenses_beyond_the_limit_stand_together_and_last() -> None:
    place = list(FACETS).index("license")
    tallies = [
        {
            "facet": place,
            "language": "en",
            "value": f"LicenseRef-{n:04d}",
            "class": "unknown",
            "documents": 2,
            "words": 5,
        }
        for n in range(1003)
    ]
    document = {
        **dict.fromkeys(("declared", "host", "domain", "published_at", "collected_at")),
        **dict.fromkeys(("text_bytes", "boilerplate_characters", "with_url", "words"), 1),
        **{"language": "en", "license": "MIT", "license_class": "permissive"},
        **{f"{date}_confidence": "unknown" for date in ("published", "collected")},
    }
    totals = added_totals([total(read_of([document] * 2006))])
    table = rows_of(Counted(totals, ranked(pa.Table.from_pylist(tallies, TALLY))))
    (row,) = table.to_pylist()
    assert len(row["licenses"]) == 1001
    assert row["licenses"][-1] == {"license": "other", "class": None, "documents": 6, "words": 15}
    assert sum(profile(table)["licenses"].values()) == row["documents"] == 2006
    assert brief(row)["license"] == "LicenseRef-0000"
