"""A certificate held against the store: its signature is asked elsewhere, its facts here, one sentence for each that
does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.building.certificates import FORMAT, TITLE
from dagster_project.corpus.building.remaining import members_among
from dagster_project.corpus.erasing.replacements import find_replacement
from dagster_project.corpus.model.errors import MissingObject, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.statements.statements import statements_of, withdrawn_for
from dagster_project.corpus.storage.refs import load_manifest
from dagster_project.corpus.storage.stores import Store
from dagster_project.corpus.takedowns.register import read_register


def complaints(store: Store, told: Any) -> list[str]:
    """What of a certificate is not, or no longer, as it says; Refused for what is no certificate."""
    if not isinstance(told, Mapping) or told.get("certificate") != TITLE or told.get("format") != FORMAT:
        raise Refused("this is no certificate of this release: give the file that `takedown certificate` wrote")
    try:
        return [*_of_request(store, told), *_of_objects(store, told), *_of_versions(store, told), *_of_hits(told)]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"the certificate lacks a part ({error}): give the file as it was written") from None


def _of_request(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    if told["store"] != store.location:
        yield f"it is of the store {told['store']}, and this is {store.location}"
    try:
        entry = read_register(store).named(told["request"]["entry"])
    except Refused:
        yield f"the register has no entry {told['request']['entry']}"
        return
    if entry.decision != told["decision"]["decision"]:
        yield f"the decision is {entry.decision} by now, and the certificate says {told['decision']['decision']}"


def _of_objects(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    for item in told["objects"]:
        found = find_replacement(store, item["old"])
        new = found.new.sha256 if found and found.new else None
        if found is None or new != item["new"]:
            yield f"what replaced {item['path']} is not on record as the certificate has it"
        elif store.size(item["path"]) is not None:
            yield f"{item['path']} stands again: apply the takedown again with --erase"


def _of_versions(store: Store, told: Mapping[str, Any]) -> Iterator[str]:
    removed = [bytes.fromhex(item["doc_id"]) for item in told["removed"]]
    entry = told["request"]["entry"]
    for item in told["versions"]:
        if entry not in withdrawn_for(statements_of(store, item["old"])):
            yield f"{item['partition']}#{item['old'][:12]} is not withdrawn for this request"
    for item in told["check"]:
        name = f"{item['partition']}#{item['version'][:12]}"
        mixed = _manifest(store, item["version"])
        if mixed is None:
            yield f"{name} does not stand in this store"
        elif found := members_among(store, mixed, removed):
            yield f"{name} holds {len(found)} of the removed documents"


def _of_hits(told: Mapping[str, Any]) -> Iterator[str]:
    for item in told["check"]:
        bad = sum(not hit["is_explained"] for hit in item["hits"])
        if bad or item["still_members"]:
            yield f"{item['partition']}: {bad} hits are not explained, {len(item['still_members'])} documents remained"
    if bad := sum(not item["is_explained"] for item in told["portrait"]["spans"]):
        yield f"{bad} spans that a portrait claims are not explained"


def _manifest(store: Store, version: str) -> Manifest | None:
    try:
        return load_manifest(store, version)
    except MissingObject:
        return None
