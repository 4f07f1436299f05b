"""The few numbers of a version that are worth following: Dagster plots them over time and over partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.manifests import Manifest
from dagster_project.defs.versions import Standing

Profile = Mapping[str, Any]
GIGABYTE = 1e9
SHARE_DIGITS = 6


def trends_of(standing: Standing, manifests: Sequence[Manifest]) -> dict[str, int | float]:
    """Documents, what is kept of them, copies, words, tokens, and what a gigabyte of text cost; what a stage has not
    is left out."""
    profile: dict[str, Any] = {}
    for manifest in manifests:
        profile |= manifest.profile
    found: dict[str, int | float] = {"documents": _documents(standing.stage, profile, manifests[0].rows)}
    found |= _shares(standing.stage, profile)
    found |= {name: profile[name] for name in ("words", "tokens") if isinstance(profile.get(name), int)}
    return found | _cost(standing, profile)


def _documents(stage: str, profile: Profile, rows: int) -> int:
    """Those that go on from here: of verdicts what is kept, of a deduplicated corpus its survivors."""
    if stage == "filtered":
        return int(profile.get("kept", {}).get("documents", 0))
    if stage == "deduplicated":
        return int(profile.get("status", {}).get("survivor", 0))
    return rows


def _shares(stage: str, profile: Profile) -> dict[str, float]:
    if stage == "filtered":
        return _share("kept share", profile.get("kept", {}).get("documents", 0), profile.get("rows", 0))
    if stage == "deduplicated":
        copies, survivors = sum(profile.get("copies", {}).values()), profile.get("status", {}).get("survivor", 0)
        return _share("duplicate share", copies, copies + survivors)
    if stage == "snapshots":
        dead = sum(profile.get("dead_letters", {}).values())
        return _share("dead letter share", dead, profile.get("records", 0))
    return {}


def _share(name: str, part: int, whole: int) -> dict[str, float]:
    return {name: round(part / whole, SHARE_DIGITS)} if whole else {}


def _cost(standing: Standing, profile: Profile) -> dict[str, float]:
    """Seconds of all workers by gigabyte of text, where the profile says how much text it was."""
    text = profile.get("text_bytes") or profile.get("bytes") or _judged_bytes(profile)
    seconds = sum(float(ref.run.get("seconds", 0)) * int(ref.run.get("workers", 1)) for _, ref in standing.parts)
    return {"core seconds per GB": round(seconds / (text / GIGABYTE), 1)} if isinstance(text, int) and text else {}


def _judged_bytes(profile: Profile) -> int:
    """Of verdicts: what they kept and what each rule removed."""
    counted = [profile.get("kept", {}), *profile.get("removed", {}).values()]
    return sum(item.get("bytes", 0) for item in counted if isinstance(item, Mapping))
