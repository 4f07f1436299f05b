"""Raw objects that snapshots were read from: those that can be reached are hashed again."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.corpus.model.errors import FlorilegiumError
from dagster_project.corpus.model.raw import RawObject
from dagster_project.corpus.sources.registry import source_for
from dagster_project.corpus.verification.problems import Report
from dagster_project.corpus.verification.versions import Below

SAME, CHANGED, OUT_OF_REACH = "same", "changed", "out of reach"


@dataclass(frozen=True)
class RawTask:
    """One raw object as a snapshot recorded it, and the format by which it was read."""

    item: RawObject
    format: str


def raw_tasks(below: Below) -> list[RawTask]:
    """A task for every raw object, each once."""
    found = {
        RawTask(
            RawObject(item["uri"], item["size"], item["modified_ns"], item["sha256"]), _format(version.manifest.facts)
        )
        for version in below.versions
        if version.stage == "snapshots"
        for item in version.manifest.facts.get("raw_objects", ())
    }
    return sorted(found, key=lambda task: (task.item.uri, str(task.item.sha256)))


def _format(facts: object) -> str:
    return str(facts["source"]["format"]) if isinstance(facts, dict) else ""


def check_raw(task: RawTask) -> str:
    """Whether an object still is what was read; sources change, so that another content is no damage."""
    try:
        found = source_for(task.format).checksum(task.item)
    except (FlorilegiumError, OSError):
        return OUT_OF_REACH
    return SAME if found == task.item.sha256 else CHANGED


def note(report: Report, task: RawTask, found: str) -> None:
    if found == SAME:
        report.raw.same += 1
    elif found == CHANGED:
        report.raw.changed.append(task.item.uri)
    else:
        report.raw.out_of_reach += 1
