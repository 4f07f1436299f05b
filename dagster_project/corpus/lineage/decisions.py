"""The chain of decisions on one document, from its raw object to the shards of a mix: each with what decided, under
which recipe and which version of the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.lineage.overview import Overview
from dagster_project.corpus.model.canonical import digest
from dagster_project.corpus.model.manifests import Manifest


def decisions_of(seen: Overview, mixed: Manifest, traced: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry for each version that decided on a document, in the order of the flow. `recipe` is the digest of the
    recipe; `says` is the part of it that decided."""
    return [_told(seen, *said) for said in _said(mixed, traced)]


Said = tuple[str, str, str, dict[str, Any]]  # partition, version id, decision, what more is known


def _said(mixed: Manifest, traced: Mapping[str, Any]) -> Iterator[Said]:
    snapshot, concluded = traced["snapshot"], traced["license"]["concluded"]
    raw = {"object": traced["raw"]["object"], "position": traced["raw"]["position"]}
    yield snapshot["partition"], snapshot["id"], "kept as a document", raw
    if concluded:
        key = snapshot["partition"].partition("/")[2]
        by = {"rule": concluded["kind"], "value": concluded["value"]}
        yield f"licensed/{key}", concluded["licensed"], f"licensed as {concluded['expression']}", by
    for verdict in traced["verdicts"]:
        decision = "kept" if verdict["keep"] else "removed"
        says = next((step for step in verdict["rules"] if _name(step) == verdict["rule"]), None)
        found = {"rule": verdict["rule"], "value": verdict["value"], "says": says}
        yield verdict["partition"], verdict["id"], decision, found
    for item in traced["passages"]:
        yield item["partition"], item["id"], item["status"], {"value": item["cut_bytes"]}
    for family in traced["families"]:
        found = {"rule": family["kind"], "value": family["similarity"], "survivor": family["survivor"]}
        yield family["partition"], family["id"], family["status"], found
    members = traced["members"]
    taken = f"taken {len(members)} times" if len(members) > 1 else "taken" if members else "not taken"
    components = sorted({member["component"] for member in members})
    said = [item for item in mixed.identity.recipe.get("components", ()) if item["name"] in components]
    yield traced["mix"]["partition"], mixed.id, taken, {"rule": ", ".join(components) or None, "says": said or None}


def _told(seen: Overview, partition: str, version: str, decision: str, more: Mapping[str, Any]) -> dict[str, Any]:
    manifest = seen.manifest(version)
    return {
        "stage": manifest.stage,
        "partition": partition,
        "id": version,
        "code_version": manifest.identity.code_version,
        "recipe": digest(manifest.identity.recipe),
        "decision": decision,
        "rule": None,
        "value": None,
        **more,
    }


def _name(step: Mapping[str, Any]) -> str:
    return str(step.get("name") or step["rule"])
