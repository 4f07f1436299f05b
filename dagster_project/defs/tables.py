"""What a version did with its documents, as small tables for the asset page: funnel, licenses, languages, inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_project.corpus.deduplication.weights import WHOLE
from dagster_project.corpus.model.manifests import Manifest

Row = dict[str, str | int | float | bool]
Profile = Mapping[str, Any]
MOST_ROWS = 40
MOST_NAMES = 5  # told of each count of a snapshot
# what a snapshot counts of its documents: the name in its profile, and what is shown
COUNTED: Mapping[str, str] = {
    "dead_letters": "dead letters",
    "declared_languages": "declared language",
    "evidence": "license evidence",
    "reservations": "reservations",
    "collected": "collected, confidence",
    "published": "published, confidence",
}


def table(rows: Sequence[Row]) -> dg.TableMetadataValue:
    """At most MOST_ROWS rows, and how many there are beyond; all with all fields, as Dagster demands."""
    fields = list(dict.fromkeys(name for row in rows for name in row))
    shown = list(rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        shown.append({fields[0]: f"… and {len(rows) - MOST_ROWS:,} more"})
    return dg.MetadataValue.table([dg.TableRecord({name: row.get(name, "") for name in fields}) for row in shown])


def funnel_of(manifest: Manifest) -> list[Row]:
    """Where the documents of a version came from and went, in words and numbers."""
    profile = manifest.profile
    if manifest.stage == "filtered":
        removed = profile.get("removed", {})
        profile = {**profile, "removed": {name: removed[name] for name in cascade_of(manifest) if name in removed}}
    return FUNNELS[manifest.stage](profile) if manifest.stage in FUNNELS else []


def licenses_of(profile: Profile) -> list[Row]:
    """Documents by license, most first."""
    counted = {name: _documents(count) for name, count in _licenses(profile).items()}
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"documents": number, "license": name or "none"} for name, number in ranked]  # expressions are long


def languages_of(facts: Profile) -> list[Row]:
    """The languages of a snapshot, as its statistics tell them."""
    rows = facts.get("languages", ())
    documents = sum(row["documents"] for row in rows)
    return [
        {
            "language": row["language"],
            "documents": row["documents"],
            "words": row["words"],
            "share": round(row["documents"] / documents, 4) if documents else 0.0,
            "top license": row["license"] or "",
            "top domain": row["domain"] or "",
        }
        for row in rows
    ]


def counts_of(profile: Profile) -> list[Row]:
    """What a snapshot counted of its documents and of what could not become one, the most frequent names of each."""
    rows: list[Row] = []
    for name, shown in COUNTED.items():
        counted = sorted(profile.get(name, {}).items(), key=lambda item: (-item[1], item[0]))
        rows += [_count(shown, value, number) for value, number in counted[:MOST_NAMES]]
        if rest := sum(number for _, number in counted[MOST_NAMES:]):
            rows.append(_count(shown, "all others", rest))
    if boilerplate := profile.get("boilerplate_characters", 0):
        rows.append(_count("boilerplate", "characters", boilerplate))
    return rows


def reading_of(facts: Profile) -> list[Row]:
    """How many raw objects a snapshot was read from, and of how many the shards of an earlier one were reused."""
    counted = facts.get("reading", {}).items()
    return [{"were": name, "objects": count["objects"], "bytes": count["bytes"]} for name, count in counted]


def rules_of(manifest: Manifest) -> list[Row]:
    """The rules of verdicts in the order of their cascade: removed as the first to fail, and failed at all."""
    removed, fired = manifest.profile.get("removed", {}), manifest.profile.get("fired", {})
    return [
        {
            "rule": name,
            "removed": removed[name]["documents"],
            "words": removed[name]["words"],
            "bytes": removed[name]["bytes"],
            "failed in all": fired.get(name, 0),
        }
        for name in cascade_of(manifest)
        if name in removed
    ]


def edits_of(profile: Profile) -> list[Row]:
    """What the edits of a policy take from the documents that it keeps; of a policy without edits, nothing."""
    edited = profile.get("edited")
    if not edited:
        return []
    return [{"changed documents": edited["documents"], "words less": edited["words"], "bytes less": edited["bytes"]}]


def cascade_of(manifest: Manifest) -> list[str]:
    """The names of the rules in their order, which counts in a manifest have lost."""
    steps = manifest.identity.recipe.get("rules", ()) if manifest.stage == "filtered" else ()
    return [str(step.get("name", step["rule"])) for step in steps]


def inputs_of(manifest: Manifest) -> list[Row]:
    """The versions that this one was built from."""
    return [{"input": item.partition, "version": item.id[:12]} for item in manifest.inputs]


def _snapshots(profile: Profile) -> list[Row]:
    dead = profile.get("dead_letters", {})
    refused = [_step(f"dead letters: {reason}", -number) for reason, number in dead.items()]
    return [_step("records", profile.get("records", 0)), *refused, _step("documents", profile.get("documents", 0))]


def _filtered(profile: Profile) -> list[Row]:
    removed = [_weighed(f"removed by {rule}", counts, -1) for rule, counts in profile.get("removed", {}).items()]
    return [_step("documents", profile.get("rows", 0)), *removed, _weighed("kept", profile.get("kept", {}))]


def _deduplicated(profile: Profile) -> list[Row]:
    status, copies = profile.get("status", {}), profile.get("copies", {})
    suppressed = [_step(f"{kind} copies", -number) for kind, number in copies.items()]
    return [
        _step("documents", profile.get("rows", 0)),
        _step("rejected by their policy", -status.get("rejected", 0)),
        *([_step("taken down", -status["withdrawn"])] if "withdrawn" in status else []),
        *suppressed,
        _step("survivors", status.get("survivor", 0)),
    ]


def _passages(profile: Profile) -> list[Row]:
    sources = profile.get("by_source", {})
    return [
        {
            "source": source,
            "survivors": found["status"].get("survivor", 0),
            "emptied": found["status"].get("emptied", 0),
            "bytes": found["bytes"],
            "repeated bytes": found["repeated_bytes"],
            "repeated lines": found["repeated_lines"],
            "cut bytes": found["cut_bytes"],
        }
        for source, found in sources.items()
    ]


def _weights(profile: Profile) -> list[Row]:
    effective = {name: number // WHOLE for name, number in profile.get("effective", {}).items()}
    return [_weighed("survivors", profile.get("survivors", {})), _weighed("effective", effective)]


def _mixed(profile: Profile) -> list[Row]:
    asked = profile.get("asked", {})
    rows = [_component(name, asked.get(name, {}), taken) for name, taken in profile.get("by_component", {}).items()]
    return [
        *rows,
        {"component": "all", "available": "", "documents": profile.get("rows", 0), "words": profile.get("words", 0)},
    ]


def _published(profile: Profile) -> list[Row]:
    return [_weighed("members", {"documents": profile.get("rows", 0), "words": profile.get("words", 0)})]


def _component(name: str, asked: Profile, taken: Profile) -> Row:
    available = asked.get("available", {}).get("documents", 0)
    return {"component": name, "available": available, "documents": taken["documents"], "words": taken["words"]}


def _count(name: str, value: str, number: int) -> Row:
    return {"of": name, "value": value[:200], "count": number}


def _step(name: str, documents: int) -> Row:
    return {"step": name, "documents": documents}


def _weighed(name: str, counts: Profile, sign: int = 1) -> Row:
    return {"step": name, "documents": sign * counts.get("documents", 0), "words": sign * counts.get("words", 0)}


def _licenses(profile: Profile) -> Mapping[str, Any]:
    found: Mapping[str, Any] = profile.get("licenses") or profile.get("by_license") or {}
    return found


def _documents(count: Any) -> int:
    return int(count["documents"] if isinstance(count, Mapping) else count)


FUNNELS: Mapping[str, Callable[[Profile], list[Row]]] = {
    "snapshots": _snapshots,
    "filtered": _filtered,
    "deduplicated": _deduplicated,
    "passages": _passages,
    "weights": _weights,
    "mixed": _mixed,
    "published": _published,
}
