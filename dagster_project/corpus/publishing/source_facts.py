"""All that is known of a source in one JSON document: its registry record, its newest snapshot, what was counted of it.

What nobody knows is null. The location is left out: it says where the bytes lay for one user, and nothing about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dagster_project.corpus.catalog.measured import Entry, Measured, ranked, years_of
from dagster_project.corpus.model.recipes import as_data

FORMAT = 1
UNKNOWNS: tuple[Any, ...] = ("", "unknown", "NOASSERTION", [], ())
LEFT_OUT = ("location",)
DATES = ("published", "collected")
LISTED = 10  # licenses and domains of one language


def source_facts(entry: Entry) -> dict[str, Any]:
    """The facts of a source; `snapshot`, `licensed` and `statistics` are null where they are not built."""
    measured = entry.measured
    registry = {name: value for name, value in as_data(entry.recipe).items() if name not in LEFT_OUT}
    return {
        "format": FORMAT,
        "key": measured.key if measured else entry.recipe.key,
        "registry": _known(registry),
        "unknown": [name for name in sorted(registry) if registry[name] in UNKNOWNS],
        "snapshot": _snapshot(measured) if measured else None,
        "licensed": _licensed(measured) if measured and measured.licensed else None,
        "statistics": _statistics(entry, measured) if measured and measured.statistics else None,
        "versions": _versions(measured) if measured else [],
    }


def _known(registry: Mapping[str, Any]) -> dict[str, Any]:
    """The record with null where nobody knows; lists stay lists."""
    return {
        name: _known(value) if isinstance(value, dict) else None if value in ("", "unknown", "NOASSERTION") else value
        for name, value in registry.items()
    }


def _snapshot(measured: Measured) -> dict[str, Any]:
    snapshot, profile = measured.snapshot, measured.snapshot.profile
    raw = snapshot.facts.get("raw_objects", ())
    return {
        "id": snapshot.id,
        "published": datetime.fromtimestamp(measured.published, UTC).isoformat(timespec="seconds"),
        "raw_objects": len(raw),
        "raw_bytes": sum(item["size"] for item in raw),
        "records": profile["records"],
        "documents": profile["documents"],
        "dead_letters": ranked(profile["dead_letters"]),
        "text_bytes": profile.get("text_bytes", 0),
        "boilerplate_characters": profile.get("boilerplate_characters", 0),
        "with_url": profile.get("with_url", 0),
        "site_files": profile.get("site_files", 0),
        "dates": {date: dict(profile.get(date, {})) for date in DATES},
        "license_evidence": ranked(profile.get("evidence", {})),
        "declared_languages": ranked(profile.get("declared_languages", {})),
        "structure": ranked(profile.get("structure", {})),
        "reservations": ranked(profile.get("reservations", {})),
    }


def _licensed(measured: Measured) -> dict[str, Any]:
    assert measured.licensed is not None
    return {name: ranked(measured.licensed.profile[name]) for name in ("licenses", "classes", "kinds")}


def _statistics(entry: Entry, measured: Measured) -> dict[str, Any]:
    return {
        "words": entry.words,
        "years": {date: years_of(measured.languages, date) for date in DATES},
        "languages": [_language(row) for row in measured.languages],
    }


def _language(row: Mapping[str, Any]) -> dict[str, Any]:
    """One language: its sums, and the licenses and domains with most documents."""
    years = {date: list(years_of([row], date)) for date in DATES}
    return {
        **{name: row[name] for name in ("language", "documents", "words", "text_bytes", "hosts")},
        "licenses": {item["license"]: item["documents"] for item in row["licenses"][:LISTED]},
        "domains": {item["domain"]: item["documents"] for item in row["domains"][:LISTED]},
        **{f"{date}_years": [min(found), max(found)] if found else None for date, found in years.items()},
    }


def _versions(measured: Measured) -> list[dict[str, Any]]:
    built = (measured.snapshot, measured.licensed, measured.statistics)
    return [
        {"stage": item.stage, "id": item.id, "code_version": item.identity.code_version, "rows": item.rows}
        for item in built
        if item
    ]
