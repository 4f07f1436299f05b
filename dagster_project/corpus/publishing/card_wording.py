"""How the facts of a source are said to a person, in any medium: groups of the record, a summary, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.catalog.languages import named
from dagster_project.corpus.publishing.sentences import Code, Command, Sentence, command
from dagster_project.corpus.publishing.wording import counted, size

GROUPS: Mapping[str, Mapping[str, str]] = {
    "What it is": {
        "publisher": "Publisher",
        "creators": "Creators",
        "homepage": "Homepage",
        "contact": "Contact",
        "country": "Country",
        "domain": "Domain",
        "languages": "Languages, as registered",
        "origin": "Origin of the text",
        "derived_from": "Derived from",
        "trust": "Trust",
        "notes": "Notes",
    },
    "License and terms": {
        "license": "License of the content",
        "license_evidence": "Where that is said",
        "license_verified_by": "Verified by",
        "license_verified_on": "Verified on",
        "collection_license": "License of the collection",
        "terms": "Terms of use",
        "redistribution": "Redistribution",
        "commercial": "Commercial use",
        "access": "Access class",
        "opt_out": "Where rights holders object",
        "personal_data": "Personal data expected",
    },
    "Collection and reading": {
        "method": "Method of collection",
        "start": "Collected from",
        "end": "Collected until",
        "format": "Format",
        "extractor": "Extractor of main content",
        "base_url": "Address of the tree",
        "language_model": "Model that identifies languages",
        "columns": "Columns",
        "retain": "Raw objects are kept by",
        "schedule": "Schedule (cron)",
        "fresh_hours": "Hours after which it is late",
        "max_bad_records": "Dead letters allowed, as a share",
        "policy": "Policy of its own corpus",
    },
}
SETTINGS = ("base_url", "schedule", "policy")  # left empty they say something, so that nothing is unknown
PAGES = ("html", "warc")
ASKED = ("license", "license_evidence", "license_verified_by", "contact", "personal_data", "redistribution")


def groups(facts: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    """The record in groups of (label, value); None where nobody knows."""
    registry = {**facts["registry"], **facts["registry"]["collection"]}
    return {
        title: [(label, _value(name, registry[name])) for name, label in fields.items() if _applies(name, registry)]
        for title, fields in GROUPS.items()
    }


def _applies(name: str, registry: Mapping[str, Any]) -> bool:
    if name == "derived_from":
        return bool(registry[name])
    return name != "extractor" or registry["format"] in PAGES


def _value(name: str, value: Any) -> Any:
    if name == "languages":
        value = [named(tag) for tag in value]
    if name == "columns":
        value = [f"{column} from {field}" for column, field in value.items() if field]
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or None
    return "none" if value is None and name in SETTINGS else value


def summary(facts: Mapping[str, Any]) -> list[str]:
    """The source in a few plain sentences."""
    snapshot, statistics = facts["snapshot"], facts["statistics"]
    if snapshot is None:
        return ["No snapshot of this source stands in the store: what follows is its registry record alone."]
    dead = snapshot["records"] - snapshot["documents"]
    said = [
        f"Its newest snapshot holds {counted(snapshot['documents'], 'document')} with {size(snapshot['text_bytes'])} "
        f"of text, from {counted(snapshot['records'], 'record')} in {counted(snapshot['raw_objects'], 'raw object')}.",
        f"{counted(dead, 'record')} became no document, for the reasons below." if dead else "Every record became one.",
    ]
    if statistics:
        words, languages = counted(statistics["words"], "word"), counted(len(statistics["languages"]), "language")
        said.append(f"A model identified {languages} in its {words}.")
    return said


def attention(facts: Mapping[str, Any], command: Command = command) -> list[str | Sentence]:
    """What needs a person, most pressing first."""
    registry, snapshot, licensed = facts["registry"], facts["snapshot"], facts["licensed"]
    missing = [label.lower() for name, label in _labels().items() if name in ASKED and registry[name] is None]
    unknown = licensed["classes"].get("unknown", 0) if licensed else 0
    reserved = sum(snapshot["reservations"].values()) if snapshot else 0
    undated = snapshot["dates"]["published"].get("unknown", 0) if snapshot else 0
    build = {stage: Code(command("build", f"{stage}/{facts['key']}")) for stage in ("licensed", "statistics")}
    said: list[tuple[bool, str | Sentence]] = [
        (bool(unknown), f"{counted(unknown, 'document')} without a license that our table knows."),
        (bool(reserved), f"{counted(reserved, 'reservation')} against some use stand in its pages."),
        (
            snapshot is not None and licensed is None,
            Sentence("Licenses are not concluded: run ", build["licensed"], "."),
        ),
        (
            snapshot is not None and facts["statistics"] is None,
            Sentence("Nobody counted: run ", build["statistics"], "."),
        ),
        (bool(undated), f"{counted(undated, 'document')} without a date of publication."),
        (bool(missing), f"Nobody has stated: {', '.join(missing)}."),
    ]
    return [text for applies, text in said if applies]


def years(found: Sequence[int] | None) -> str:
    """The first and the last year."""
    if not found:
        return "unknown"
    return f"{found[0]}" if found[0] == found[-1] else f"{found[0]}–{found[-1]}"


def _labels() -> dict[str, str]:
    return {name: label for fields in GROUPS.values() for name, label in fields.items()}
