"""Versions judged by suites: once for each version, suite and bounds, and again when a suite changed.

Judging reads a manifest and writes a record of the outcomes; nothing is built and nothing is published. What a version
was promised when it was published (its bounds) stands in the record of that judgement, so that it can be judged again
when its recipe, its raw objects or its inputs are gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.outcomes import Auditor, Outcome
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.storage import refs
from dagster_project.corpus.storage.refs import Ref
from dagster_project.corpus.storage.stores import Store


@dataclass(frozen=True)
class Judgement:
    """How a published version was judged. `current` says whether by the suite as it is now."""

    partition: Partition
    ref: Ref
    manifest: Manifest
    bounds: Mapping[str, Any]
    outcomes: Sequence[Outcome]
    current: bool

    @property
    def failed(self) -> list[Outcome]:
        """Failed expectations that would keep the version from being published."""
        return [item for item in self.outcomes if not item.passed and item.severity == "error"]

    @property
    def warned(self) -> list[Outcome]:
        return [item for item in self.outcomes if not item.passed and item.severity != "error"]


def judged(store: Store, auditor: Auditor, manifest: Manifest, bounds: Mapping[str, Any]) -> tuple[str, list[Outcome]]:
    """(key, outcomes) of the stage's suite on a version. What was judged before is found again."""
    key = _key(auditor, manifest, bounds)
    if record := refs.find_build(store, key):
        return key, _outcomes(record)
    outcomes = list(auditor.audit(manifest, bounds))
    said = [asdict(outcome) for outcome in outcomes]
    refs.record_build(store, key, {"outcomes": said, "bounds": bounds})
    return key, outcomes


def judgement_of(store: Store, auditor: Auditor, partition: Partition, version: str | None = None) -> Judgement:
    """The last judgement on record: by the suite as it is now, else the one with which the version was published."""
    ref, manifest, record = _published(store, partition, version)
    now = refs.find_build(store, _key(auditor, manifest, record["bounds"]))
    return Judgement(partition, ref, manifest, record["bounds"], _outcomes(now or record), now is not None)


def last_outcomes(store: Store, auditor: Auditor, ref: Ref) -> list[Outcome]:
    """What the last judgement of a publication came to, as `judgement_of` finds it; of one that names none, nothing."""
    audit = ref.run.get("audit")
    record = refs.find_build(store, audit) if audit else None
    if record is None:
        return []
    key = _key(auditor, refs.load_manifest(store, ref.id), record.get("bounds", {}))
    return _outcomes(record if key == audit else refs.find_build(store, key) or record)


def judged_again(store: Store, auditor: Auditor, partition: Partition, version: str | None = None) -> Judgement:
    """A published version by the suite as it is now, put on record; nothing is rebuilt."""
    ref, manifest, record = _published(store, partition, version)
    _, outcomes = judged(store, auditor, manifest, record["bounds"])
    return Judgement(partition, ref, manifest, record["bounds"], outcomes, True)


def _published(store: Store, partition: Partition, version: str | None) -> tuple[Ref, Manifest, Mapping[str, Any]]:
    """A publication, its manifest, and the record of the judgement with which it was published."""
    wanted = refs.resolve(store, partition, version)
    ref = [item for item in refs.history(store, partition) if item.id == wanted][-1]
    audit = ref.run.get("audit")
    record = refs.find_build(store, audit) if audit else None
    if record is None or "bounds" not in record:
        raise Refused(
            f"{partition}#{wanted[:12]} has no record of what it was promised: build it again under a new version"
        )
    return ref, refs.load_manifest(store, wanted), record


def _key(auditor: Auditor, manifest: Manifest, bounds: Mapping[str, Any]) -> str:
    return digest(["audit", manifest.id, manifest.profile, auditor.suite_digest(manifest.stage), bounds])


def _outcomes(record: Mapping[str, Any]) -> list[Outcome]:
    return [Outcome(**item) for item in record["outcomes"]]
