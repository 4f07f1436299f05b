"""The small tables of the asset page: counts of a snapshot, languages of its statistics; bounded, largest first."""

from __future__ import annotations

import dagster as dg

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.model.partitions import Partition
from dagster_project.defs.metadata import metadata_of
from dagster_project.defs.tables import MOST_NAMES, MOST_ROWS, counts_of, languages_of
from dagster_project.defs.versions import standing_of


def test_counts_of_a_snapshot_are_told_by_name_the_largest_first() -> None:
    profile = {
        "dead_letters": {"not JSON": 2},
        "declared_languages": {"en": 5, "none": 7},
        "published": {"unknown": 12},
        "boilerplate_characters": 90,
        "structure": {"heading": 3},
    }
    assert [tuple(row.values()) for row in counts_of(profile)] == [
        ("dead letters", "not JSON", 2),
        ("declared language", "none", 7),
        ("declared language", "en", 5),
        ("published, confidence", "unknown", 12),
        ("boilerplate", "characters", 90),
    ]


def test_counts_of_a_snapshot_are_bounded() -> None:
    many = {f"x{number:03d}" + "y" * 500: 1 for number in range(200)}
    rows = counts_of(dict.fromkeys(("dead_letters", "declared_languages", "evidence", "reservations"), many))
    assert len(rows) == 4 * (MOST_NAMES + 1) <= MOST_ROWS
    assert rows[MOST_NAMES] == {"of": "dead letters", "value": "all others", "count": 200 - MOST_NAMES}
    assert max(len(str(row["value"])) for row in rows) == 200


def test_languages_with_their_share() -> None:
    facts = {
        "languages": [
            {"language": "en", "documents": 3, "words": 60, "license": "MIT", "domain": "example.org"},
            {"language": "und", "documents": 1, "words": 1, "license": "MIT", "domain": None},
        ]
    }
    assert languages_of(facts) == [
        {
            "language": "en",
            "documents": 3,
            "words": 60,
            "share": 0.75,
            "top license": "MIT",
            "top domain": "example.org",
        },
        {"language": "und", "documents": 1, "words": 1, "share": 0.25, "top license": "MIT", "top domain": ""},
    ]


def test_the_pages_of_a_snapshot_and_its_statistics_show_them(library: Library) -> None:
    built = library.build(Partition("statistics", "tiny@dev"))
    shown = metadata_of(library.store, standing_of([built]))
    assert {"languages", "licenses", "inputs", "plot", "version"} <= set(shown)
    assert isinstance(shown["languages"], dg.TableMetadataValue)
    assert sum(int(record.data["documents"]) for record in shown["languages"].records) == 10  # type: ignore[call-overload]
    snapshot = library.build(Partition("snapshots", "tiny@dev"))
    counts = metadata_of(library.store, standing_of([snapshot]))["counts"]
    assert {"declared language", "published, confidence"} <= {record.data["of"] for record in counts.records}
